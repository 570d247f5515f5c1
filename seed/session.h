// One connection to PostgreSQL for statements that take their time. One thread at a time; session_cancel() is for any.
#ifndef REVIEWD_SEED_SESSION_H
#define REVIEWD_SEED_SESSION_H

#include <libpq-fe.h>

#include "seed/failure.h"

struct session {
    PGconn *connection;
    PGcancel *cancel;
    struct failure *failure;
};

// Connects, with `settings` (SQL, one or more SET statements). False with the failure told; session_close() it anyway.
MUST_CHECK bool session_open(struct session *session, const char *dsn, const char *settings, struct failure *failure);
void session_close(struct session *session);

// Asks the server to end the statement that runs, if one does.
void session_cancel(struct session *session);

// Whatever the database has as its default: each statement sees what is committed before it, so also what was while the one before
// it waited for a lock.
#define SESSION_BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED; "

// Runs SQL made from the format. False with the failure "cannot ACTION: …" told.
MUST_CHECK bool session_run(struct session *session, const char *action, const char *format, ...) PRINTF_LIKE(3, 4);

// The same, but a lock that was not to be had in time (lock_timeout) is no failure: it sets *busy, and is false as well.
MUST_CHECK bool session_run_unless_busy(
    struct session *session, const char *action, bool *busy, const char *format, ...) PRINTF_LIKE(4, 5);

enum {
    // So often a lock is tried for, 100 ms each time and with a pause of 100 ms, before a table counts as in use all the time.
    SESSION_BUSY_TRIES = 600
};

// Runs SQL in a transaction that needs locks which others may hold: again and again, so that nobody waits behind it for long.
MUST_CHECK bool session_insist(struct session *session, const char *action, const char *sql);

// The first half of that: BEGIN, SQL that locks what nobody else needs (each statement ended by a semicolon) and may wait for it,
// and SQL that takes the locks.
MUST_CHECK bool session_begin_insisting(
    struct session *session, const char *action, const char *first_sql, const char *sql);

// The pause between two tries.
void session_pause(void);

// session_run() for a query: its rows, to be released with PQclear(), or null.
MUST_CHECK PGresult *session_query(struct session *session, const char *action, const char *format, ...)
    PRINTF_LIKE(3, 4);

// The text as a literal for SQL, to be released with PQfreemem(); null with the failure told.
MUST_CHECK char *session_literal(struct session *session, const char *text);

// COPY … FROM STDIN: begin, send as often as needed, end. `expected` is how many rows the server must have taken.
MUST_CHECK bool session_copy_begin(struct session *session, const char *action, const char *format, ...)
    PRINTF_LIKE(3, 4);
MUST_CHECK bool session_copy_send(struct session *session, struct view bytes);
MUST_CHECK bool session_copy_end(struct session *session, const char *action, uint64_t expected);

#endif
