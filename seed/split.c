// Makes several segments of one while servers read and write.
//
// A trigger notes the key of every review of the old segment that is written. Then each part is copied and indexed, from a
// snapshot taken after the trigger was there, so that whatever the copy lacks is noted. The notes are worked off: the review is
// copied again as it is now. When few are left, one short transaction locks the old segment, works off the rest, and puts the
// parts in its place. A server that meets the lock waits for it, is told that the old table is gone, and asks for the segments.
#include "seed/split.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "seed/crew.h"

#define SPLIT_SCHEMA "review_split"

enum {
    // So many notes at most are worked off while everybody waits: some milliseconds.
    NOTES_AT_LAST = 500,
    SETTINGS_ROOM = DATABASE_SCHEMA_ROOM + 128
};

struct split {
    struct database *database;
    const char *dsn;
    const struct leaf *old;
    const struct leaf *parts;
    uint32_t part_count;
    // A part's share of the reviews, for the eye.
    uint64_t part_reviews;
    struct session *sessions;
    struct progress progress;
    char settings[SETTINGS_ROOM];
};

bool split_clean(struct database *database) {
    return session_insist(
        &database->session, "remove what an earlier split has left", "DROP SCHEMA IF EXISTS " SPLIT_SCHEMA " CASCADE");
}

// From the commit of this on, every change is noted: making the trigger waits for those who are writing.
static bool watch(struct split *split) {
    char sql[1024];
    snprintf(sql, sizeof sql,
        "CREATE SCHEMA " SPLIT_SCHEMA "; "
        "CREATE TABLE " SPLIT_SCHEMA ".note (product_id integer, review_id bigint) WITH (autovacuum_enabled = off); "
        "CREATE FUNCTION " SPLIT_SCHEMA ".write_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path = " SPLIT_SCHEMA ", pg_temp AS $note$ BEGIN "
        "IF TG_OP <> 'INSERT' THEN INSERT INTO note VALUES (OLD.product_id, OLD.review_id); END IF; "
        "IF TG_OP <> 'DELETE' THEN INSERT INTO note VALUES (NEW.product_id, NEW.review_id); END IF; "
        "RETURN NULL; END $note$; "
        "CREATE TRIGGER split_note AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW "
        "EXECUTE FUNCTION " SPLIT_SCHEMA ".write_note()",
        split->old->name);
    return session_insist(&split->database->session, "watch the segment", sql);
}

static void copy_part(void *owner, uint32_t thread, uint32_t task) {
    struct split *split = owner;
    struct session *session = &split->sessions[thread];
    const struct leaf *part = &split->parts[task];
    char action[LEAF_NAME_ROOM + 16];
    snprintf(action, sizeof action, "copy to %s", part->name);
    bool right = session_run(session, action, "BEGIN") && leaf_create(session, part, action) &&
                 session_run(session, action,
                     "INSERT INTO %s SELECT * FROM %s WHERE product_id >= %u AND product_id < %" PRIu32 "::bigint "
                     "ORDER BY product_id, review_id",
                     part->name, split->old->name, part->first_product, part->end_product);
    if (right) {
        progress_add(&split->progress, split->part_reviews, 0);
    }
    if (right && leaf_build_indexes(session, part, action, &split->progress, split->part_reviews) &&
        session_run(session, action, "COMMIT") && session_run(session, action, "VACUUM (ANALYZE) %s", part->name)) {
        progress_add_step(&split->progress, split->part_reviews);
    }
}

static void interrupt_copies(void *owner) {
    struct split *split = owner;
    for (uint32_t i = 0; i < split->part_count; i++) {
        session_cancel(&split->sessions[i]);
    }
}

static bool copy_parts(struct split *split) {
    struct failure *failure = split->database->session.failure;
    split->sessions = calloc(split->part_count, sizeof *split->sessions);
    if (split->sessions == NULL) {
        return failure_set(failure, "no memory for %u connections", split->part_count);
    }
    bool open = true;
    for (uint32_t i = 0; i < split->part_count && open; i++) {
        open = session_open(&split->sessions[i], split->dsn, split->settings, failure);
    }
    if (open) {
        struct crew crew = {.failure = failure,
            .progress = &split->progress,
            .owner = split,
            .work = copy_part,
            .interrupt = interrupt_copies,
            .thread_count = split->part_count,
            .task_count = split->part_count};
        crew_run(&crew);
    }
    for (uint32_t i = 0; i < split->part_count; i++) {
        session_close(&split->sessions[i]);
    }
    free(split->sessions);
    split->sessions = NULL;
    return !failure_stopped(failure);
}

// Works off the notes that can be seen, in the running transaction. What is written meanwhile is noted again.
static bool work_off_notes(struct split *split) {
    struct session *session = &split->database->session;
    const char *action = "catch up with the changes";
    bool right = session_run(session, action,
        "DROP TABLE IF EXISTS pg_temp.taken; "
        "CREATE TEMPORARY TABLE taken AS WITH gone AS (DELETE FROM " SPLIT_SCHEMA
        ".note RETURNING product_id, review_id) "
        "SELECT DISTINCT product_id, review_id FROM gone; ANALYZE taken");
    for (uint32_t i = 0; i < split->part_count && right; i++) {
        const struct leaf *part = &split->parts[i];
        right = session_run(session, action,
            "DELETE FROM %1$s AS old USING taken WHERE old.product_id = taken.product_id AND old.review_id = taken.review_id; "
            "INSERT INTO %1$s SELECT new.* FROM taken JOIN %2$s AS new USING (product_id, review_id) "
            "WHERE product_id >= %3$u AND product_id < %4$" PRIu32 "::bigint",
            part->name, split->old->name, part->first_product, part->end_product);
    }
    return right;
}

// How many notes there are, up to one more than may be left for the end; negative after a failure.
static int count_notes(struct split *split) {
    PGresult *count = session_query(&split->database->session, "count the changes",
        "SELECT count(*) FROM (SELECT FROM " SPLIT_SCHEMA ".note LIMIT %d) AS few", NOTES_AT_LAST + 1);
    int notes = count == NULL ? -1 : atoi(PQgetvalue(count, 0, 0));
    PQclear(count);
    return notes;
}

static bool catch_up(struct split *split) {
    struct session *session = &split->database->session;
    int notes = count_notes(split);
    while (notes > NOTES_AT_LAST) {
        if (!session_run(session, "catch up with the changes", "BEGIN") || !work_off_notes(split) ||
            !session_run(session, "catch up with the changes", "COMMIT")) {
            return false;
        }
        notes = count_notes(split);
    }
    return notes >= 0;
}

// One try to get the locks: first of the parts, which may take long, and then, if few notes have come meanwhile, of what others
// use. False after a failure, or after ROLLBACK with *again set.
static bool lock_tables(struct split *split, bool *again) {
    struct session *session = &split->database->session;
    if (!session_run(session, "lock the new segments", SESSION_BEGIN LEAVES_LOCK(SPLIT_SCHEMA))) {
        return false;
    }
    int notes = count_notes(split);
    if (notes >= 0 && notes <= NOTES_AT_LAST &&
        session_run_unless_busy(session, "lock the segment", again,
            "SET LOCAL lock_timeout = '100ms'; SET LOCAL synchronous_commit = on; "
            "LOCK TABLE ONLY review, ONLY %s IN ACCESS EXCLUSIVE MODE",
            split->old->name)) {
        return true;
    }
    *again |= notes > NOTES_AT_LAST;
    *again = *again && session_run(session, "lock the segment", "ROLLBACK");
    return false;
}

static bool attach_parts(struct split *split) {
    for (uint32_t i = 0; i < split->part_count; i++) {
        if (!leaf_attach(&split->database->session, &split->parts[i], SPLIT_SCHEMA, split->database->schema)) {
            return false;
        }
    }
    return true;
}

static bool change_over(struct split *split) {
    struct session *session = &split->database->session;
    for (uint32_t i = 0; i < SESSION_BUSY_TRIES && !failure_stopped(session->failure); i++) {
        bool again = false;
        // Of what was worked off, nothing is to be read again while everybody waits.
        if (!catch_up(split) ||
            !session_run(session, "catch up with the changes", "VACUUM (TRUNCATE off) " SPLIT_SCHEMA ".note")) {
            return false;
        }
        if (lock_tables(split, &again)) {
            return work_off_notes(split) &&
                   session_run(session, "put the new segments in place",
                       "ALTER TABLE review DETACH PARTITION %1$s; DROP TABLE %1$s", split->old->name) &&
                   attach_parts(split) &&
                   session_run(
                       session, "put the new segments in place", "DROP SCHEMA " SPLIT_SCHEMA " CASCADE; COMMIT");
        }
        if (!again) {
            return false;
        }
        session_pause();
    }
    return failure_set(session->failure, "cannot lock the segment: it is in use all the time");
}

static void run_change_over(void *owner, uint32_t thread, uint32_t task) {
    (void)thread;
    (void)task;
    struct split *split = owner;
    if (!change_over(split)) {
        // Told already; this is of no effect.
        failure_set(split->database->session.failure, "the split failed");
    }
}

static void interrupt_change_over(void *owner) {
    session_cancel(&((struct split *)owner)->database->session);
}

// On a thread of its own, so that an interruption is seen.
static bool finish(struct split *split) {
    struct failure *failure = split->database->session.failure;
    struct crew crew = {.failure = failure,
        .progress = &split->progress,
        .owner = split,
        .work = run_change_over,
        .interrupt = interrupt_change_over,
        .thread_count = 1,
        .task_count = 1};
    crew_run(&crew);
    return !failure_stopped(failure);
}

// After a failure: nothing must go on noting. If the connection is gone, the next command does it.
static void undo(struct split *split) {
    PGconn *connection = split->database->session.connection;
    PQclear(PQexec(connection, "ROLLBACK"));
    PQclear(PQexec(connection, "SET lock_timeout = '10s'; DROP SCHEMA IF EXISTS " SPLIT_SCHEMA " CASCADE"));
}

bool split_segment(struct database *database, const char *dsn, const struct leaf *old, uint64_t reviews,
    const struct leaf *parts, uint32_t part_count) {
    struct split split = {.database = database,
        .dsn = dsn,
        .old = old,
        .parts = parts,
        .part_count = part_count,
        .part_reviews = (reviews + part_count - 1) / part_count};
    snprintf(split.settings, sizeof split.settings,
        "SET search_path = " SPLIT_SCHEMA ", %s; SET synchronous_commit = off; SET maintenance_work_mem = '128MB'",
        database->schema);
    progress_init(&split.progress, split.part_reviews * part_count, database->index_count + 1);
    bool done = split_clean(database) &&
                session_run(&database->session, "set up the connection", "%s", split.settings) && watch(&split) &&
                copy_parts(&split) && finish(&split);
    if (!done) {
        undo(&split);
    }
    return done;
}
