// The log: its lines, its levels, and what it does when nobody reads.

#include "core/log.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char text[1 << 20];

// Everything that can be read from the pipe, terminated.
static size_t read_all(int descriptor) {
    size_t length = 0;
    for (ssize_t more; (more = read(descriptor, text + length, sizeof text - 1 - length)) > 0;) {
        length += (size_t)more;
    }
    text[length] = '\0';
    return length;
}

static void test_a_line_has_its_fields(void) {
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    struct log *log = log_open(ends[1], LOG_INFO, 16);
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    log_event(log, LOG_INFO, "db-0", "connected", "backend=%d", 4711);
    log_event(log, LOG_WARNING, "db-1", "odd", "reason=\"%s\"", "two\nlines\x1b[31m");
    log_event(log, LOG_DEBUG, "db-2", "invisible", "%s", "");
    log_event(log, LOG_ERROR, "db-3", "bare", "%s", "");
    log_close(log);
    close(ends[1]);
    read_all(ends[0]);
    close(ends[0]);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " level=info actor=db-0 event=\"connected\" backend=4711\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " level=warning actor=db-1 event=\"odd\" reason=\"two?lines?[31m\"\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "invisible"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " level=error actor=db-3 event=\"bare\""));
    int year;
    int ms;
    CU_ASSERT_EQUAL(sscanf(text, "time=%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%3dZ ", &year, &ms), 2);
}

static void test_a_long_line_is_cut(void) {
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    struct log *log = log_open(ends[1], LOG_INFO, 16);
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    char long_text[5000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    log_event(log, LOG_INFO, "db-0", "long", "text=%s", long_text);
    log_close(log);
    close(ends[1]);
    size_t length = read_all(ends[0]);
    close(ends[0]);
    CU_ASSERT_TRUE(length > 500 && length <= 1024);
    CU_ASSERT_EQUAL(text[length - 1], '\n');
}

// While nobody reads the pipe, events neither block nor are lost without trace.
static void test_drops_are_counted(void) {
    enum {
        EVENTS = 20000
    };
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    struct log *log = log_open(ends[1], LOG_INFO, 64);
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    for (int i = 0; i < EVENTS; i++) {
        log_event(log, LOG_INFO, "db-0", "flood", "number=%d", i);
    }
    uint64_t dropped = log_dropped(log);
    CU_ASSERT_TRUE(dropped > 0);
    fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
    log_event(log, LOG_INFO, "db-0", "after", "%s", "");
    log_close(log);
    close(ends[1]);
    read_all(ends[0]);
    close(ends[0]);
    unsigned long long reported = 0;
    unsigned long long lines = 0;
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        unsigned long long count;
        const char *drop = strstr(line, "event=\"lines dropped\" count=");
        if (drop != NULL && drop < strchr(line, '\n') &&
            sscanf(drop, "event=\"lines dropped\" count=%llu", &count) == 1) {
            reported += count;
        } else {
            lines++;
        }
    }
    CU_ASSERT_TRUE(reported >= dropped);
    CU_ASSERT_EQUAL(lines + reported, EVENTS + 1);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"a line has its fields", test_a_line_has_its_fields},
        {"a long line is cut", test_a_long_line_is_cut},
        {"drops are counted and reported", test_drops_are_counted},
        CU_TEST_INFO_NULL,
    };
    return unit_run("log", tests);
}
