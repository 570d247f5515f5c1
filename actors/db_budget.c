// The budget of connections in the DB actor: as soon as a connection is there, after the start and after PostgreSQL was away, one
// DB actor of a server asks what PostgreSQL admits. A sum of all nodes that does not fit is an error in the log, and no reason to
// end: connections open on demand, and those that fit serve.

#include "actors/db_state.h"

#include "core/metrics.h"
#include "pg/budget.h"

void budget_start(struct db_actor *db) {
    db->budget.statement = STATEMENT_BUDGET;
}

void budget_flush(struct db_actor *db) {
    if (!db->budget_is_due || !slice_is_ready(db->slice)) {
        return;
    }
    struct connection *connection = slice_pick(db->slice, LANE_READ);
    if (connection == NULL) {
        return;
    }
    db->budget_is_due = false;
    parameters_reset(&db->parameters);
    connection_prepare(connection, STATEMENT_BUDGET, 0);
    connection_send(connection, STATEMENT_BUDGET, 0, &db->parameters, &db->budget);
    connection_end_group(connection, NULL);
}

void budget_changed(struct db_actor *db) {
    bool is_ready = slice_is_ready(db->slice);
    db->budget_is_due |= db->settings.reports_segments && is_ready && !db->was_ready;
    db->was_ready = is_ready;
}

void budget_result(struct db_actor *db, const PGresult *result) {
    char text[BUDGET_TEXT_BYTES];
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        log_event(db->actor.log, LOG_WARNING, db->actor.name, "cannot check the budget of connections",
            "sqlstate=%s reason=\"%s\"", PQresultErrorField(result, PG_DIAG_SQLSTATE),
            PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    } else if (!budget_compare(result, db->settings.nodes, db->settings.connections, text)) {
        log_event(db->actor.log, LOG_ERROR, db->actor.name, "too many connections", "reason=\"%s\"", text);
    }
}
