// A leveled log of one line an event, written by a thread of its own, so that no actor ever waits for a terminal or a disk.
//
//   time=2026-11-24T07:00:00.123Z level=info actor=db-0 event="connected" backend=4711
//
// Lines wait in a bounded mailbox. When it is full, a line is dropped and counted, and the count is reported as soon as
// lines flow again. Nothing a client sent and nothing secret belongs into a line.
#ifndef REVIEWD_CORE_LOG_H
#define REVIEWD_CORE_LOG_H

#include "core/base.h"

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARNING,
    LOG_ERROR
};

struct log;

// Starts the log's thread, which writes lines of at least `level` to `descriptor` (not closed by the log). `queue`: how
// many lines may wait. Null (errno set) if the thread or its eventfd cannot be had.
MUST_CHECK struct log *log_open(int descriptor, enum log_level level, size_t queue);

// Writes what waits, ends the thread and frees the log. No other thread may use it any more.
void log_close(struct log *log);

// One event of an actor. `fields` is a format that makes the pairs behind the event, for example "backend=%d reason=\"%s\"";
// control characters in the result become '?'. Never blocks. Any thread.
void log_event(struct log *log, enum log_level level, const char *actor, const char *event, const char *fields, ...)
    PRINTF_LIKE(5, 6);

// How many lines were written and how many were dropped so far. Any thread.
uint64_t log_written(const struct log *log);
uint64_t log_dropped(const struct log *log);

#endif
