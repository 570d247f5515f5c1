#include "core/log.h"

#include "core/clock.h"
#include "core/mailbox.h"
#include "core/memory.h"
#include "core/waker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 1024
};

struct log {
    struct mailbox mailbox;
    struct waker waker;
    pthread_t thread;
    int descriptor;
    enum log_level level;
    _Atomic bool closing;     // set by log_close
    _Atomic uint64_t dropped; // by producers
    _Atomic uint64_t written; // by the log's thread
};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static void write_all(int descriptor, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(descriptor, bytes, length);
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {descriptor, POLLOUT, 0};
            (void)poll(&writable, 1, 1000);
        } else if (errno != EINTR) {
            return; // nowhere left to say so
        }
    }
}

static size_t format_time(char *out, size_t room) {
    int64_t now_ms = clock_wall_ms();
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm utc;
    gmtime_r(&now_s, &utc);
    size_t length = strftime(out, room, "time=%Y-%m-%dT%H:%M:%S", &utc);
    return length + (size_t)snprintf(out + length, room - length, ".%03dZ", (int)(now_ms % 1000));
}

static void report_drops(struct log *log, uint64_t *reported) {
    uint64_t dropped = atomic_load_explicit(&log->dropped, memory_order_relaxed);
    if (dropped == *reported) {
        return;
    }
    char line[LINE_MAX_BYTES];
    size_t length = format_time(line, sizeof line);
    length += (size_t)snprintf(line + length, sizeof line - length,
        " level=warning actor=log event=\"lines dropped\" count=%llu\n", (unsigned long long)(dropped - *reported));
    write_all(log->descriptor, line, length);
    *reported = dropped;
}

static void write_waiting(struct log *log, uint64_t *reported) {
    for (struct message *line; (line = mailbox_pop(&log->mailbox)) != NULL;) {
        write_all(log->descriptor, line->payload, line->length);
        atomic_fetch_add_explicit(&log->written, 1, memory_order_relaxed);
        message_free(line);
    }
    report_drops(log, reported);
}

static void *run(void *argument) {
    struct log *log = argument;
    uint64_t reported = 0;
    for (;;) {
        // acquire: pairs with the release in log_close; what was pushed before it is seen below.
        bool closing = atomic_load_explicit(&log->closing, memory_order_acquire);
        write_waiting(log, &reported);
        if (closing) {
            return NULL;
        }
        waker_arm(&log->waker);
        if (!mailbox_has_mail(&log->mailbox)) {
            struct pollfd readable = {log->waker.descriptor, POLLIN, 0};
            (void)poll(&readable, 1, 1000); // the time limit is for drops that no later line announces
        }
        waker_disarm(&log->waker);
        waker_clear(&log->waker);
    }
}

struct log *log_open(int descriptor, enum log_level level, size_t queue) {
    struct log *log = memory_allocate_aligned(1, sizeof *log);
    log->descriptor = descriptor;
    log->level = level;
    if (!waker_open(&log->waker)) {
        free(log);
        return NULL;
    }
    mailbox_open(&log->mailbox, queue);
    int error = pthread_create(&log->thread, NULL, run, log);
    if (error != 0) {
        mailbox_close(&log->mailbox);
        waker_close(&log->waker);
        free(log);
        errno = error;
        return NULL;
    }
    pthread_setname_np(log->thread, "log");
    return log;
}

void log_close(struct log *log) {
    atomic_store_explicit(&log->closing, true, memory_order_release);
    waker_wake(&log->waker);
    pthread_join(log->thread, NULL);
    mailbox_close(&log->mailbox);
    waker_close(&log->waker);
    free(log);
}

static size_t clamp(int length, size_t room) {
    if (length < 0) {
        return 0;
    }
    return (size_t)length < room ? (size_t)length : room - 1;
}

void log_event(struct log *log, enum log_level level, const char *actor, const char *event, const char *fields, ...) {
    if (level < log->level) {
        return;
    }
    char line[LINE_MAX_BYTES];
    size_t room = sizeof line - 1; // for the newline
    size_t length = format_time(line, room);
    length += clamp(snprintf(line + length, room - length, " level=%s actor=%s event=\"%s\"%s", level_names[level],
                        actor, event, fields[0] == '\0' ? "" : " "),
        room - length);
    va_list arguments;
    va_start(arguments, fields);
    length += clamp(vsnprintf(line + length, room - length, fields, arguments), room - length);
    va_end(arguments);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 127) {
            line[i] = '?';
        }
    }
    line[length++] = '\n';

    struct message *message = message_new((uint32_t)length);
    message_append(&message, line, length);
    if (!mailbox_push(&log->mailbox, message)) {
        message_free(message);
        atomic_fetch_add_explicit(&log->dropped, 1, memory_order_relaxed);
        return;
    }
    waker_wake(&log->waker);
}

uint64_t log_written(const struct log *log) {
    return atomic_load_explicit(&log->written, memory_order_relaxed);
}

uint64_t log_dropped(const struct log *log) {
    return atomic_load_explicit(&log->dropped, memory_order_relaxed);
}
