// The connections of an audit.
#include "seed/audit_session.h"

#include <stdio.h>

bool audit_session_insist(struct session *session, const char *action, const char *sql) {
    while (!failure_stopped(session->failure)) {
        bool busy = false;
        if (session_run_unless_busy(session, action, &busy, "%s", sql)) {
            return true;
        }
        if (!busy || !session_run(session, action, "ROLLBACK")) {
            return false;
        }
    }
    return false;
}

PGresult *audit_session_query(struct session *session, const char *action, const char *query) {
    // A transaction of several statements yields no rows; a cursor keeps them for afterwards.
    char sql[1024];
    int length =
        snprintf(sql, sizeof sql, SESSION_BEGIN "DECLARE answer NO SCROLL CURSOR WITH HOLD FOR %s; COMMIT", query);
    if (length < 0 || (size_t)length >= sizeof sql) {
        failure_set(session->failure, "cannot %s: the statement is too long", action);
        return NULL;
    }
    if (!audit_session_insist(session, action, sql)) {
        return NULL;
    }
    PGresult *rows = session_query(session, action, "FETCH ALL FROM answer");
    if (rows != NULL && !session_run(session, action, "CLOSE answer")) {
        PQclear(rows);
        return NULL;
    }
    return rows;
}
