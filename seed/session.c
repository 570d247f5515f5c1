// One connection to PostgreSQL.
#include "seed/session.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    SQL_MAX_LENGTH = 16384
};

// What libpq says, without the line's end.
static bool complain(struct session *session, const char *action, const PGresult *result) {
    const char *message = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    if (message == NULL) {
        message = PQerrorMessage(session->connection);
    }
    return failure_set(session->failure, "cannot %s: %.*s%s%s", action, (int)strcspn(message, "\n"), message,
        detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

// The first row-less or row-ful result of the SQL if it is as wanted; null with the failure told.
static PGresult *execute(struct session *session, const char *action, const char *sql, ExecStatusType wanted) {
    PGresult *result = PQexec(session->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    // A SELECT of a function that returns nothing is as good as a command.
    if (status == wanted || (wanted == PGRES_COMMAND_OK && status == PGRES_TUPLES_OK)) {
        return result;
    }
    (void)complain(session, action, result);
    PQclear(result);
    return NULL;
}

bool session_open(struct session *session, const char *dsn, const char *settings, struct failure *failure) {
    session->failure = failure;
    session->cancel = NULL;
    session->connection = PQconnectdb(dsn);
    if (PQstatus(session->connection) != CONNECTION_OK) {
        return complain(session, "connect", NULL);
    }
    session->cancel = PQgetCancel(session->connection);
    if (session->cancel == NULL || PQsetClientEncoding(session->connection, "UTF8") != 0) {
        return complain(session, "set up the connection", NULL);
    }
    return session_run(session, "set up the connection",
        "SET client_min_messages = warning; SET statement_timeout = 0; SET lock_timeout = 0; "
        "SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0; "
        // The server notices within a second when this process was killed, even in the middle of an index.
        "SET client_connection_check_interval = '1s'; %s",
        settings);
}

void session_close(struct session *session) {
    if (session->cancel != NULL) {
        PQfreeCancel(session->cancel);
    }
    PQfinish(session->connection);
    session->cancel = NULL;
    session->connection = NULL;
}

void session_cancel(struct session *session) {
    char error[256];
    if (session->cancel != NULL) {
        // If it fails, the statement ends later by itself.
        (void)PQcancel(session->cancel, error, sizeof error);
    }
}

static PGresult *execute_format(struct session *session, const char *action, ExecStatusType wanted, const char *format,
    va_list arguments) PRINTF_LIKE(4, 0);

static PGresult *execute_format(
    struct session *session, const char *action, ExecStatusType wanted, const char *format, va_list arguments) {
    char sql[SQL_MAX_LENGTH];
    int length = vsnprintf(sql, sizeof sql, format, arguments);
    if (length < 0 || (size_t)length >= sizeof sql) {
        failure_set(session->failure, "cannot %s: the statement is too long", action);
        return NULL;
    }
    return execute(session, action, sql, wanted);
}

bool session_run(struct session *session, const char *action, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    PGresult *result = execute_format(session, action, PGRES_COMMAND_OK, format, arguments);
    va_end(arguments);
    PQclear(result);
    return result != NULL;
}

bool session_run_unless_busy(struct session *session, const char *action, bool *busy, const char *format, ...) {
    char sql[SQL_MAX_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof sql) {
        return failure_set(session->failure, "cannot %s: the statement is too long", action);
    }
    PGresult *result = PQexec(session->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool right = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    // Lock not available, deadlock detected: whoever else wants the table comes first.
    *busy = sqlstate != NULL && (strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "40P01") == 0);
    if (!right && !*busy) {
        (void)complain(session, action, result);
    }
    PQclear(result);
    return right;
}

void session_pause(void) {
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

bool session_begin_insisting(struct session *session, const char *action, const char *first_sql, const char *sql) {
    for (uint32_t i = 0; i < SESSION_BUSY_TRIES && !failure_stopped(session->failure); i++) {
        bool busy = false;
        if (session_run_unless_busy(
                session, action, &busy, SESSION_BEGIN "%sSET LOCAL lock_timeout = '100ms'; %s", first_sql, sql)) {
            return true;
        }
        if (!busy || !session_run(session, action, "ROLLBACK")) {
            return false;
        }
        session_pause();
    }
    return failure_set(session->failure, "cannot %s: the tables are in use all the time", action);
}

bool session_insist(struct session *session, const char *action, const char *sql) {
    return session_begin_insisting(session, action, "", sql) && session_run(session, action, "COMMIT");
}

PGresult *session_query(struct session *session, const char *action, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    PGresult *result = execute_format(session, action, PGRES_TUPLES_OK, format, arguments);
    va_end(arguments);
    return result;
}

char *session_literal(struct session *session, const char *text) {
    char *literal = PQescapeLiteral(session->connection, text, strlen(text));
    if (literal == NULL) {
        (void)complain(session, "write a text into a statement", NULL);
    }
    return literal;
}

bool session_copy_begin(struct session *session, const char *action, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    PGresult *result = execute_format(session, action, PGRES_COPY_IN, format, arguments);
    va_end(arguments);
    PQclear(result);
    return result != NULL;
}

// Not told at once when it fails: session_copy_end() fetches the server's reason.
bool session_copy_send(struct session *session, struct view bytes) {
    return PQputCopyData(session->connection, bytes.data, (int)bytes.length) == 1;
}

bool session_copy_end(struct session *session, const char *action, uint64_t expected) {
    const char *abandon = failure_stopped(session->failure) ? "stopped" : NULL;
    int ended = PQputCopyEnd(session->connection, abandon);
    PGresult *result = ended == 1 ? PQgetResult(session->connection) : NULL;
    bool right = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!right) {
        (void)complain(session, action, result);
    } else if (strtoull(PQcmdTuples(result), NULL, 10) != expected) {
        right = failure_set(
            session->failure, "cannot %s: the server took %s rows of %" PRIu64, action, PQcmdTuples(result), expected);
    }
    PQclear(result);
    while (ended == 1 && (result = PQgetResult(session->connection)) != NULL) {
        PQclear(result);
    }
    return right;
}
