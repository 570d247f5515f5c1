// The stage.
//
// Its table `run` has one row, which says whose stage it is and how far it got; `segment` has a row a segment that is made,
// written in the transaction that made it. So a segment is there whole, or not at all, whenever a run is killed. All is logged
// (or, with wal_level = minimal, synced before the commit): it also outlives a crash of the server.
#include "seed/stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const PHASES[] = {
    [STAGE_READING] = "reading", [STAGE_LOADING] = "loading", [STAGE_PUBLISHED] = "published"};

bool stage_drop(struct stage *stage) {
    return session_run(
        &stage->database->session, "drop the schema " STAGE_SCHEMA, "DROP SCHEMA IF EXISTS " STAGE_SCHEMA " CASCADE");
}

bool stage_reset(struct stage *stage) {
    struct session *session = &stage->database->session;
    uint32_t last_number = 0;
    if (!stage_drop(stage) || !database_last_number(stage->database, &last_number)) {
        return false;
    }
    stage->phase = STAGE_READING;
    stage->first_number = last_number + 1;
    stage->planned_records = 0;
    char *literal = session_literal(session, stage->identity);
    bool right = literal != NULL &&
                 session_run(session, "prepare the load",
                     "BEGIN; CREATE SCHEMA " STAGE_SCHEMA "; "
                     "CREATE TABLE " STAGE_SCHEMA
                     ".run (identity text, phase text, first_number bigint, records bigint, note text); "
                     "CREATE TABLE " STAGE_SCHEMA ".segment (segment integer PRIMARY KEY, done boolean NOT NULL); "
                     "CREATE TABLE " STAGE_SCHEMA ".product_meta (LIKE %s.product_meta); "
                     "INSERT INTO " STAGE_SCHEMA ".run VALUES (md5(%s), '%s', %u, 0, NULL); COMMIT",
                     stage->database->schema, literal, PHASES[STAGE_READING], stage->first_number);
    PQfreemem(literal);
    return right;
}

static void take_run(struct stage *stage, const PGresult *run) {
    for (uint32_t i = STAGE_READING; i < COUNT_OF(PHASES); i++) {
        if (strcmp(PQgetvalue(run, 0, 0), PHASES[i]) == 0 && PQgetvalue(run, 0, 3)[0] == 't') {
            stage->phase = (enum stage_phase)i;
        }
    }
    stage->first_number = (uint32_t)strtoul(PQgetvalue(run, 0, 1), NULL, 10);
    stage->planned_records = strtoull(PQgetvalue(run, 0, 2), NULL, 10);
}

static bool read_run(struct stage *stage) {
    struct session *session = &stage->database->session;
    char *literal = session_literal(session, stage->identity);
    if (literal == NULL) {
        return false;
    }
    PGresult *run = session_query(session, "look for an unfinished load",
        "SELECT phase, first_number, records, identity = md5(%s) FROM " STAGE_SCHEMA ".run", literal);
    PQfreemem(literal);
    if (run != NULL && PQntuples(run) == 1) {
        take_run(stage, run);
    }
    PQclear(run);
    return run != NULL;
}

bool stage_look(struct stage *stage, struct database *database, const char *identity) {
    *stage = (struct stage){.database = database, .identity = identity, .phase = STAGE_FOREIGN};
    PGresult *found = session_query(&database->session, "look for an unfinished load",
        "SELECT to_regnamespace('" STAGE_SCHEMA "') IS NOT NULL, to_regclass('" STAGE_SCHEMA ".run') IS NOT NULL");
    if (found == NULL) {
        return false;
    }
    bool there = PQgetvalue(found, 0, 0)[0] == 't';
    bool readable = PQgetvalue(found, 0, 1)[0] == 't';
    PQclear(found);
    if (!there) {
        stage->phase = STAGE_ABSENT;
    }
    return !readable || read_run(stage);
}

bool stage_begin_loading(struct stage *stage, uint64_t records) {
    stage->phase = STAGE_LOADING;
    stage->planned_records = records;
    return session_run(&stage->database->session, "begin loading",
        "UPDATE " STAGE_SCHEMA ".run SET phase = '%s', records = %" PRIu64, PHASES[STAGE_LOADING], records);
}

bool stage_find_segments(struct stage *stage, enum stage_segment *segments, uint32_t segment_count) {
    PGresult *rows = session_query(
        &stage->database->session, "look for finished segments", "SELECT segment, done FROM " STAGE_SCHEMA ".segment");
    for (int i = 0; rows != NULL && i < PQntuples(rows); i++) {
        unsigned long segment = strtoul(PQgetvalue(rows, i, 0), NULL, 10);
        if (segment < segment_count) {
            segments[segment] = PQgetvalue(rows, i, 1)[0] == 't' ? SEGMENT_DONE : SEGMENT_MADE;
        }
    }
    PQclear(rows);
    return rows != NULL;
}

bool stage_mark(struct session *session, uint32_t segment, enum stage_segment how_far, const char *action) {
    return session_run(session, action,
        "INSERT INTO " STAGE_SCHEMA
        ".segment AS s VALUES (%u, %s) ON CONFLICT (segment) DO UPDATE SET done = excluded.done",
        segment, how_far == SEGMENT_DONE ? "true" : "false");
}

bool stage_keep_number(struct session *session, int64_t *number) {
    PGresult *note = session_query(session, "take a note",
        "UPDATE " STAGE_SCHEMA ".run SET note = coalesce(note, '%" PRIi64 "') RETURNING note", *number);
    if (note == NULL) {
        return false;
    }
    if (PQntuples(note) == 1) {
        *number = strtoll(PQgetvalue(note, 0, 0), NULL, 10);
    }
    PQclear(note);
    return true;
}
