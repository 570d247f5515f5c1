// timestamp.c against libc's calendar, and against what must be refused.
#include "proto/timestamp.h"

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#include <time.h>

#define MS_PER_DAY INT64_C(86400000)

static struct view format(int64_t ms, char *text) {
    timestamp_format(ms, text);
    return (struct view){text, TIMESTAMP_LENGTH};
}

// What libc makes of the same moment.
static struct view reference(int64_t ms, char *text, size_t size) {
    struct tm tm;
    time_t seconds = (time_t)(ms / 1000);
    gmtime_r(&seconds, &tm);
    char head[64];
    strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, size, "%s.%03dZ", head, (int)(ms % 1000));
    return view_of(text);
}

static bool round_trips(int64_t ms) {
    char text[TIMESTAMP_LENGTH];
    char expected[80];
    int64_t back = -1;
    return view_equal(format(ms, text), reference(ms, expected, sizeof expected)) &&
           timestamp_parse((struct view){text, sizeof text}, &back) && back == ms;
}

static void test_every_day_round_trips(void) {
    const int64_t end_ms = INT64_C(7289654400000); // 2201-01-01
    unsigned days = 0;
    unsigned good = 0;
    for (int64_t ms = 0; ms < end_ms; ms += MS_PER_DAY) {
        days++;
        good += round_trips(ms) && round_trips(ms + MS_PER_DAY - 1);
    }
    CU_ASSERT_EQUAL(days, 84371);
    CU_ASSERT_EQUAL(good, days);
}

static void test_any_moment_round_trips(void) {
    uint64_t random = 1;
    for (int i = 0; i < 100000; i++) {
        int64_t ms = (int64_t)(random_next(&random) % (uint64_t)(TIMESTAMP_MAX_MS + 1));
        if (!round_trips(ms)) {
            CU_FAIL_FATAL("a moment did not round trip");
        }
    }
    CU_ASSERT(round_trips(TIMESTAMP_MIN_MS));
    CU_ASSERT(round_trips(TIMESTAMP_MAX_MS));
    char text[TIMESTAMP_LENGTH];
    CU_ASSERT(view_equal(format(TIMESTAMP_MAX_MS, text), VIEW("9999-12-31T23:59:59.999Z")));
    CU_ASSERT(view_equal(format(INT64_C(1735207925740), text), VIEW("2024-12-26T10:12:05.740Z")));
}

static void test_every_form_is_read(void) {
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00Z", 0},
        {"1970-01-01T00:00", 0},
        {"1970-01-01T00:00:01", 1000},
        {"1970-01-01T00:00:01Z", 1000},
        {"1970-01-01T00:00:01.5Z", 1500},
        {"1970-01-01T00:00:01.05", 1050},
        {"1970-01-01T00:00:01.005Z", 1005},
        {"1970-01-01T00:00:01.0059999999999999999999999999Z", 1005},
        {"1970-01-01T00:00:59.999Z", 59999},
        {"1970-01-01T01:00+01:00", 0},
        {"1970-01-01T00:00-01:00", 3600000},
        {"1970-01-01T00:00:00.25-00:30", 1800250},
        {"1970-01-02T00:00+00:00", MS_PER_DAY},
        {"1970-01-02T00:00-00:00", MS_PER_DAY},
        {"1970-01-02T23:59+23:59", MS_PER_DAY},
        {"2024-12-26T15:42:05.740+05:30", INT64_C(1735207925740)},
        {"2024-02-29", INT64_C(1709164800000)},
        {"2000-02-29", INT64_C(951782400000)},
        {"9999-12-31T23:59:59.999", TIMESTAMP_MAX_MS},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = -1;
        bool is_read = timestamp_parse(view_of(cases[i].text), &ms);
        if (!is_read || ms != cases[i].ms) {
            fprintf(stderr, "%s: %s, %lld\n", cases[i].text, is_read ? "read" : "refused", (long long)ms);
        }
        CU_ASSERT(is_read && ms == cases[i].ms);
    }
}

static void test_all_else_is_refused(void) {
    static const char *const cases[] = {"", "1", "2024", "2024-12", "2024-12-", "2024-1-01", "2024-12-1", "20241226",
        "1969-12-31", "10000-01-01", "0000-01-01", "2024-00-10", "2024-13-10", "2024-01-00", "2024-01-32", "2024-04-31",
        "2024-06-31", "2024-09-31", "2024-11-31", "2024-02-30", "2023-02-29", "2100-02-29", "2200-02-29", "2024-12-26T",
        "2024-12-26t10:12", "2024-12-26 10:12", "2024-12-26Z", "2024-12-26+01:00", "2024-12-26T10",
        "2024-12-26T10:", "2024-12-26T10:1", "2024-12-26T1:12", "2024-12-26T24:00", "2024-12-26T10:60",
        "2024-12-26T10:12:", "2024-12-26T10:12:60", "2024-12-26T10:12:5", "2024-12-26T10:12:05.",
        "2024-12-26T10:12:05.Z", "2024-12-26T10:12:05,5Z", "2024-12-26T10:12.5Z", "2024-12-26T10:12z",
        "2024-12-26T10:12ZZ", "2024-12-26T10:12Z ", " 2024-12-26", "2024-12-26T10:12+1:00", "2024-12-26T10:12+0100",
        "2024-12-26T10:12+01", "2024-12-26T10:12+24:00", "2024-12-26T10:12+01:60", "2024-12-26T10:12+-1:00",
        "2024-12-26T10:12:05.5.5Z", "+024-12-26", "-024-12-26", "2024-+1-26", "2024-12- 6", "1970-01-01T00:00+00:01",
        "9999-12-31T23:59-00:01", "2024-W01-1", "Thu, 26 Dec 2024", "1735207925740", "2024-12-26T10:12:05.740Zjunk"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms;
        bool is_read = timestamp_parse(view_of(cases[i]), &ms);
        if (is_read) {
            fprintf(stderr, "\"%s\" was read\n", cases[i]);
        }
        CU_ASSERT_FALSE(is_read);
    }
    int64_t ms;
    CU_ASSERT_FALSE(timestamp_parse((struct view){0}, &ms));
    CU_ASSERT_FALSE(timestamp_parse(VIEW("2024-12-26\0"), &ms));
}

// Every day number of every month of all years is read if and only if the calendar has it.
static void test_the_calendar_is_the_gregorian(void) {
    unsigned wrong = 0;
    for (int year = 1970; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 28; day <= 31; day++) {
                char text[40];
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
                time_t seconds = timegm(&tm); // turns the 30th of February into a day of March
                int64_t ms;
                bool is_read = timestamp_parse(view_of(text), &ms);
                wrong += is_read != (tm.tm_mday == day) || (is_read && ms != (int64_t)seconds * 1000);
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"every day round trips", test_every_day_round_trips},
        {"any moment round trips", test_any_moment_round_trips},
        {"every form is read", test_every_form_is_read},
        {"all else is refused", test_all_else_is_refused},
        {"the calendar is the Gregorian", test_the_calendar_is_the_gregorian},
        CU_TEST_INFO_NULL,
    };
    return unit_run("timestamp", tests);
}
