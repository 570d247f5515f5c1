// The database as a whole.
#include "seed/database.h"

#include <stdio.h>
#include <stdlib.h>

#include "seed/leaf.h"
#include "seed/stage.h"

bool database_open(struct database *database, const char *dsn, struct failure *failure) {
    struct session *session = &database->session;
    if (!session_open(session, dsn, "", failure)) {
        return false;
    }
    PGresult *place = session_query(session, "look for the tables",
        "SELECT quote_ident(nspname), (SELECT count(*) FROM pg_index WHERE indrelid = review.oid), "
        "to_regclass('product_page') IS NOT NULL "
        "FROM pg_class AS review JOIN pg_namespace AS schema ON schema.oid = relnamespace "
        "WHERE review.oid = to_regclass('review') AND to_regclass('product_meta') IS NOT NULL");
    if (place == NULL) {
        return false;
    }
    bool found = PQntuples(place) == 1;
    bool recent = found && PQgetvalue(place, 0, 2)[0] == 't';
    if (recent) {
        snprintf(database->schema, sizeof database->schema, "%s", PQgetvalue(place, 0, 0));
        database->index_count = (uint32_t)(PQgetvalue(place, 0, 1)[0] - '0');
    }
    PQclear(place);
    return recent || failure_set(failure, "the database has %s: run reviewd --migrate first",
                         found ? "an older schema" : "no table review");
}

void database_close(struct database *database) {
    session_close(&database->session);
}

enum database_state database_look(struct database *database) {
    PGresult *rows = session_query(&database->session, "look for reviews",
        "SELECT EXISTS (SELECT FROM review) OR EXISTS (SELECT FROM product_meta)");
    if (rows == NULL) {
        return DATABASE_UNKNOWN;
    }
    bool filled = PQgetvalue(rows, 0, 0)[0] == 't';
    PQclear(rows);
    return filled ? DATABASE_FILLED : DATABASE_EMPTY;
}

bool database_lock(struct database *database) {
    return session_run(&database->session, "keep other loads out (is one running, or a change of the segments?)",
        "SET lock_timeout = '5s'; SELECT pg_advisory_lock(hashtext('reviewd-seed')); "
        // segment_keep_ahead() looks for this one.
        "SELECT pg_advisory_lock(hashtext('reviewd-segments')); SET lock_timeout = 0");
}

bool database_last_number(struct database *database, uint32_t *number) {
    PGresult *next = session_query(&database->session, "number the segments",
        "SELECT substr(segment_next_name(), length('review_') + 1)::integer - 1");
    if (next == NULL) {
        return false;
    }
    *number = (uint32_t)strtoul(PQgetvalue(next, 0, 0), NULL, 10);
    PQclear(next);
    return true;
}

// Afterwards nothing but the loaded segments is there, and what comes behind them.
static bool publish_segments(struct database *database, const struct plan *plan, uint32_t first_number) {
    struct session *session = &database->session;
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct segment *segment = &plan->segments[i];
        struct leaf leaf = {.first_product = i == 0 ? 1 : segment->first_product, .end_product = segment->end_product};
        leaf_name(leaf.name, first_number + i);
        if (!leaf_attach(session, &leaf, STAGE_SCHEMA, database->schema)) {
            return false;
        }
    }
    uint32_t end_product = plan->segments[plan->segment_count - 1].end_product;
    char next[LEAF_NAME_ROOM];
    leaf_name(next, first_number + plan->segment_count);
    return end_product > INT32_MAX ||
           session_run(session, "add a segment ahead", "SELECT segment_create('%s'), segment_attach('%s', %u, NULL)",
               next, next, end_product);
}

static bool drop_segments(struct database *database) {
    return session_run(&database->session, "drop the old segments",
               "DO $$ DECLARE leaf regclass; BEGIN "
               "FOR leaf IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'review'::regclass "
               "LOOP EXECUTE format('DROP TABLE %%s', leaf); END LOOP; END $$") &&
           session_run(&database->session, "empty product_meta", "TRUNCATE product_meta, product_page");
}

bool database_publish(struct database *database, const struct plan *plan, uint32_t first_number, bool replace) {
    struct session *session = &database->session;
    if (!session_begin_insisting(session, "lock the tables for the last step", LEAVES_LOCK(STAGE_SCHEMA),
            "SET LOCAL synchronous_commit = on; LOCK TABLE review, product_meta, product_page IN ACCESS EXCLUSIVE MODE")) {
        return false;
    }
    enum database_state state = database_look(database);
    if (state == DATABASE_UNKNOWN || (state == DATABASE_FILLED && !replace)) {
        // Of no effect when database_look() has told why.
        return failure_set(session->failure, "somebody else has added reviews meanwhile: they stay. "
                                             "Load with --replace to have the loaded ones instead");
    }
    return drop_segments(database) && publish_segments(database, plan, first_number) &&
           session_run(session, "fill product_meta",
               "INSERT INTO product_meta SELECT * FROM " STAGE_SCHEMA ".product_meta ORDER BY product_id") &&
           session_run(session, "make all stored pages void", "SELECT product_version_renew()") &&
           session_run(session, "finish", "UPDATE " STAGE_SCHEMA ".run SET phase = 'published'; COMMIT");
}

bool database_analyze(struct database *database) {
    return session_run(&database->session, "vacuum product_meta", "VACUUM (ANALYZE) product_meta");
}
