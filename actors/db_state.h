// What the files of the DB actor share: db.c (the actor and its jobs), db_read.c (batches of reads) and db_write.c
// (transactions of writes), db_segments.c (follows and looks after the segments).
#ifndef REVIEWD_ACTORS_DB_STATE_H
#define REVIEWD_ACTORS_DB_STATE_H

#include "actors/db.h"
#include "actors/job.h"
#include "pg/parameters.h"
#include "pg/slice.h"
#include "pg/sqlstate.h"
#include "proto/problem.h"

enum {
    // A request is tried again after a failure that may pass this often (DESIGN: serialization failures and deadlocks).
    ATTEMPTS_MAX = 3,
    // db_settings.batch at most
    BATCH_MAX = 1024
};

// The first member of every query in flight, so that a result finds its kind.
struct query {
    enum statement statement;
};

// The reads that wait for one statement on one leaf.
struct read_lot {
    struct job_queue jobs;
    struct read_lot *next; // among the lots that have jobs
    bool is_waiting;
    enum statement statement;
    int leaf;
};

struct read_queue {
    struct read_lot **lots; // by leaf * STATEMENT_COUNT + statement; made when first used
    size_t lot_count;
    struct read_lot *first_waiting;
    struct read_lot *last_waiting;
};

struct write_queue {
    struct job_queue changes; // ADD and REPORT: they lock a product's totals first
    struct job_queue votes;   // HELPFUL: they lock reviews only
};

struct db_actor {
    struct actor actor;
    struct db_settings settings;
    const struct directory *directory;
    struct slice *slice;
    struct segment_map map;
    unsigned routed_version; // of the map, when the waiting jobs were routed
    struct read_queue reads;
    struct write_queue writes;
    struct job_queue
        held; // jobs that met a leaf which is no longer theirs: they wait for the segments to be read again
    struct job_list unanswered; // by arrival
    size_t unanswered_count;
    struct parameters parameters; // scratch
    struct event *tick;
    bool tick_is_pending;
    bool segments_asked; // because of `held`
    struct event *segments_timer;
    struct query keep_ahead;
    unsigned overfull; // segments, when last seen
    uint32_t incidents;
};

// db.c: the jobs.

// Sends the reply (which it takes over) as the job's answer; drops it when the job was answered before.
void db_answer(struct db_actor *db, struct job *job, struct message *reply);
// The same with a problem.
void db_answer_problem(struct db_actor *db, struct job *job, enum problem problem, const char *detail);
// An empty reply for the job, with room for `capacity` bytes.
struct message *db_new_reply(const struct job *job, uint32_t capacity);
// The job is with nobody any more. It must have been answered.
void db_drop(struct db_actor *db, struct job *job);
// Says that a lane has no room for this waiting job: after too long a wait another connection is opened.
void db_note_waiting(struct db_actor *db, enum lane lane, const struct job *job);
// Puts a job into the queue for its statement and leaf.
void db_enqueue(struct db_actor *db, struct job *job);
// Takes a job back from a query that failed with this error code: it is queued again or answered.
void db_take_back(struct db_actor *db, struct job *job, const char *sqlstate, const char *message);

// db_read.c
void read_enqueue(struct db_actor *db, struct job *job);
void read_flush(struct db_actor *db);
void read_result(struct db_actor *db, struct query *tag, const PGresult *result);
void read_lost(struct db_actor *db, struct query *tag);
// Takes all waiting jobs out, for new routing.
void read_take_all(struct db_actor *db, struct job_queue *out);
void read_free(struct db_actor *db);

// db_segments.c
void segments_start(struct db_actor *db);
void segments_stop(struct db_actor *db);
// Sends the waiting jobs where their products live now, and asks again for those that met a leaf which is gone.
void segments_flush(struct db_actor *db);
// A connection has read the segments; whether they are usable.
bool segments_read(struct db_actor *db, const PGresult *result);
// The answer to db->keep_ahead.
void segments_result(struct db_actor *db, const PGresult *result);

// db_write.c
void write_enqueue(struct db_actor *db, struct job *job);
void write_flush(struct db_actor *db);
void write_result(struct db_actor *db, struct query *tag, const PGresult *result);
void write_group_done(struct db_actor *db, void *group);
void write_group_lost(struct db_actor *db, void *group);
void write_take_all(struct db_actor *db, struct job_queue *out);

#endif
