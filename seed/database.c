// The database as a whole.
//
// Segments are made in the schema review_seed, out of everybody's sight, each in a transaction of its own. When all are
// there, one transaction moves them beside review, attaches them and copies the totals: a reader sees all or nothing, and
// a run that was killed leaves an empty database and a schema that the next run drops.
#include "seed/database.h"

#include <stdio.h>

enum database_state database_look(struct database *database) {
    struct session *session = &database->session;
    PGresult *place = session_query(session, "look for the tables",
        "SELECT quote_ident(nspname), (SELECT count(*) FROM pg_index WHERE indrelid = review.oid) "
        "FROM pg_class AS review JOIN pg_namespace AS schema ON schema.oid = relnamespace "
        "WHERE review.oid = to_regclass('review') AND to_regclass('product_meta') IS NOT NULL");
    if (place == NULL) {
        return DATABASE_UNKNOWN;
    }
    if (PQntuples(place) == 0) {
        PQclear(place);
        failure_set(session->failure, "the database has no table review: run reviewd --migrate first");
        return DATABASE_UNKNOWN;
    }
    snprintf(database->schema, sizeof database->schema, "%s", PQgetvalue(place, 0, 0));
    database->index_count = (uint32_t)(PQgetvalue(place, 0, 1)[0] - '0');
    PQclear(place);
    PGresult *rows = session_query(
        session, "look for reviews", "SELECT EXISTS (SELECT FROM review) OR EXISTS (SELECT FROM product_meta)");
    if (rows == NULL) {
        return DATABASE_UNKNOWN;
    }
    bool filled = PQgetvalue(rows, 0, 0)[0] == 't';
    PQclear(rows);
    return filled ? DATABASE_FILLED : DATABASE_EMPTY;
}

bool database_lock(struct database *database) {
    return session_run(&database->session, "keep other loads out (is one running?)",
        "SET lock_timeout = '5s'; SELECT pg_advisory_lock(hashtext('reviewd-seed')); SET lock_timeout = 0");
}

bool database_prepare(struct database *database) {
    return session_run(&database->session, "prepare the load",
        "DROP SCHEMA IF EXISTS " DATABASE_STAGE " CASCADE; CREATE SCHEMA " DATABASE_STAGE "; "
        // Unlogged: if the server restarts, this run fails anyway.
        "CREATE UNLOGGED TABLE " DATABASE_STAGE ".product_meta (LIKE %s.product_meta)",
        database->schema);
}

static bool publish_segment(struct database *database, const struct segment *segment, bool last) {
    char end[16] = "NULL";
    if (!last) {
        snprintf(end, sizeof end, "%u", segment->end_product);
    }
    return session_run(&database->session, "attach a segment",
        "ALTER TABLE " DATABASE_STAGE ".review_%04u SET SCHEMA %s; "
        "SELECT segment_attach('review_%04u', %u, %s); "
        "ALTER TABLE review_%04u DROP CONSTRAINT " DATABASE_STAGE "_range",
        segment->number, database->schema, segment->number, segment->first_product, end, segment->number);
}

bool database_publish(struct database *database, const struct plan *plan) {
    struct session *session = &database->session;
    if (!session_run(session, "lock the tables for the last step",
            "BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL lock_timeout = '60s'; "
            "LOCK TABLE review, product_meta IN ACCESS EXCLUSIVE MODE")) {
        return false;
    }
    enum database_state state = database_look(database);
    if (state != DATABASE_EMPTY) {
        // Of no effect when database_look() has told why.
        return failure_set(
            session->failure, "somebody else has added reviews meanwhile: they stay, this load is dropped");
    }
    bool right = session_run(session, "drop the empty segments",
        "DO $$ DECLARE leaf regclass; BEGIN "
        "FOR leaf IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'review'::regclass "
        "LOOP EXECUTE format('DROP TABLE %%s', leaf); END LOOP; END $$");
    for (uint32_t i = 0; i < plan->segment_count && right; i++) {
        right = publish_segment(database, &plan->segments[i], i + 1 == plan->segment_count);
    }
    return right &&
           session_run(session, "fill product_meta",
               "INSERT INTO product_meta SELECT * FROM " DATABASE_STAGE ".product_meta ORDER BY product_id") &&
           session_run(session, "finish", "DROP SCHEMA " DATABASE_STAGE " CASCADE; COMMIT");
}

bool database_analyze(struct database *database) {
    return session_run(&database->session, "vacuum product_meta", "VACUUM (ANALYZE) product_meta") &&
           session_run(&database->session, "analyze review", "ANALYZE review");
}

void database_abandon(struct database *database) {
    PGconn *connection = database->session.connection;
    if (PQtransactionStatus(connection) != PQTRANS_IDLE) {
        PQclear(PQexec(connection, "ROLLBACK"));
    }
    // If the connection is gone, the next run does it.
    PQclear(PQexec(connection, "DROP SCHEMA IF EXISTS " DATABASE_STAGE " CASCADE"));
}
