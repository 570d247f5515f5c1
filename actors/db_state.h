// What the files of the DB actor share: db.c (the actor and its jobs), db_read.c (batches of reads), db_answer.c (results of
// reads to replies), db_pages.c (stored pages of products), db_write.c (transactions of writes), db_segments.c (follows and looks
// after the segments), db_budget.c (compares the connections of all nodes with what PostgreSQL admits).
#ifndef REVIEWD_ACTORS_DB_STATE_H
#define REVIEWD_ACTORS_DB_STATE_H

#include "actors/db.h"
#include "actors/job.h"
#include "actors/lane_growth.h"
#include "actors/pipeline_depth.h"
#include "actors/queue_wait.h"
#include "actors/service_time.h"
#include "pg/parameters.h"
#include "pg/slice.h"
#include "pg/sqlstate.h"
#include "proto/problem.h"

enum {
    // A request is tried again after a failure that may pass this often (DESIGN: serialization failures and deadlocks).
    ATTEMPTS_MAX = 3,
    // db_settings.batch at most
    BATCH_MAX = 1024,
    WAITING_SLOTS = 1024, // of the table of waiting reads; a power of two
    PRODUCT_SLOTS = 4096, // of the table of products with writes in flight; a power of two
    PAGE_STORE_MAX = 32,  // pages that are stored together, at most,
    PAGE_STORE_BYTES = 512 * 1024
};

// The first member of every query in flight, so that a result finds its kind.
struct query {
    enum statement statement;
};

// Reads of one statement, and one segment if the statement has one.
struct read_query {
    struct query query;
    int leaf;
    int count;
    bool is_last;       // of those that were sent together
    struct job *jobs[]; // each with those that joined it
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
    size_t job_count; // in all lots
    struct queue_wait wait;
    struct pipeline_depth depth;
    enum lane lane;
};

struct write_queue {
    struct job_queue changes; // ADD and REPORT: they lock a product's totals first
    struct job_queue votes;   // HELPFUL
    struct queue_wait changes_wait;
    struct queue_wait votes_wait;
    bool votes_are_next;             // the two take turns, so that neither waits for as long as the other is busy
    struct service_time transaction; // how long one takes
    struct service_time one;         // and one write, as far as PostgreSQL does them side by side
    size_t transaction_count;        // in flight
    size_t sent_count;               // writes in them
    // By a hash of the product: how many writes for it are in flight. The next ones wait for them here, where they are joined,
    // and not in PostgreSQL for a lock.
    uint16_t in_flight[PRODUCT_SLOTS];
};

// Pages of products that wait to be stored, by product, and those that are being stored.
struct page_store {
    struct query query;
    int in_flight;
    int count;
    struct waiting_page {
        int32_t product_id;
        int64_t epoch;
        int64_t version;
        size_t offset; // in `bytes`
        size_t length;
    } pages[PAGE_STORE_MAX];
    struct buffer bytes;
    uint64_t paused_until_ns; // because some could not be stored
};

struct db_actor {
    struct actor actor;
    struct db_settings settings;
    const struct directory *directory;
    struct slice *slice;
    struct lane_growth growth[LANE_COUNT];
    struct segment_map map;
    unsigned routed_version; // of the map, when the waiting jobs were routed
    struct read_queue reads;
    struct read_queue slow_reads;
    struct job *waiting_reads[WAITING_SLOTS]; // unsent, by read_key; those of one slot are linked by same_slot
    struct page_store page_store;
    unsigned page_era;              // ends with each lost connection, behind which may be another server
    uint64_t pages_paused_until_ns; // because some could not be read
    struct write_queue writes;
    struct job_queue
        held; // jobs that met a leaf which is no longer theirs: they wait for the segments to be read again
    struct job_list unanswered; // by arrival
    size_t unanswered_count;
    struct parameters parameters; // scratch
    struct buffer body;           // scratch
    struct buffer page;           // scratch
    struct event *tick;
    uint64_t tick_due_ns; // 0: not pending
    bool segments_asked;  // because of `held`
    struct event *segments_timer;
    struct query keep_ahead;
    struct query budget;
    bool was_ready;     // a connection, when one last changed
    bool budget_is_due; // to be asked for
    unsigned overfull;  // segments, when last seen
    uint32_t incidents;
};

// db.c: the jobs.

// Sends the reply (which it takes over) as the job's answer; drops it when the job was answered before.
void db_answer(struct db_actor *db, struct job *job, struct message *reply);
// Answers the job, and those that joined it, with a problem.
void db_answer_problem(struct db_actor *db, struct job *job, enum problem problem, const char *detail);
// The same with a 500, whose number is in the log with the code and message of what went wrong.
void db_answer_incident(struct db_actor *db, struct job *job, const char *sqlstate, const char *message);
// Gives a reply the envelope by which it answers the job, which has a request still.
void db_address(struct message *reply, const struct job *job);
// An empty reply for the job, with room for `capacity` bytes.
struct message *db_new_reply(const struct job *job, uint32_t capacity);
// The job, with those that joined it, is with nobody any more. All must have been answered.
void db_drop(struct db_actor *db, struct job *job);
// Says that a lane has no room for this waiting job: after too long a wait more connections are tried.
void db_note_waiting(struct db_actor *db, enum lane lane, const struct job *job);
// Whether an unanswered job has waited for longer than it may.
bool db_is_overdue(const struct db_actor *db, const struct job *job);
// Whether a new job would have waited for longer than queue_limit_ms before it is sent, behind so many of a queue. (That a write may wait
// for less where PostgreSQL is slow is not foreseen.)
bool db_would_wait_long(const struct db_actor *db, const struct job *job, const struct queue_wait *wait, size_t before);
// Puts a job into the queue for its statement and leaf. One that nobody waits for any more is dropped: whoever comes next would be
// taken to be behind one that has waited too long.
void db_enqueue(struct db_actor *db, struct job *job);
// The same with all jobs of `jobs`, which were in other queues before.
void db_enqueue_all(struct db_actor *db, struct job_queue *jobs);
// The same with a job that was sent already.
void db_ask_again(struct db_actor *db, struct job *job);
// Takes a job back from a query that failed with this error code: it is queued again or answered, and those that joined it too.
void db_take_back(struct db_actor *db, struct job *job, const char *sqlstate, const char *message);

// db_read.c
void read_start(struct db_actor *db);
void read_enqueue(struct db_actor *db, struct job *job);
void read_flush(struct db_actor *db);
void read_result(struct db_actor *db, struct query *tag, const PGresult *result);
void read_lost(struct db_actor *db, struct query *tag);
// Takes all waiting jobs out, for new routing.
void read_take_all(struct db_actor *db, struct job_queue *out);
// Whether reads like this one wait for so long already that it would not be sent in time.
bool read_is_behind(const struct db_actor *db, const struct job *job);
// Whether so many wait that this one would wait for too long, too.
bool read_would_wait_long(struct db_actor *db, const struct job *job);
void read_free(struct db_actor *db);

// db_answer.c: answers the jobs of a query that succeeded, each with those that joined it. All have been answered afterwards.
void answer_lists(struct db_actor *db, struct read_query *query, const PGresult *result);
void answer_metas(struct db_actor *db, struct read_query *query, const PGresult *result);
void answer_reviews(struct db_actor *db, struct read_query *query, const PGresult *result);
// Answers a list and those that joined it with a body that is ready.
void answer_body(struct db_actor *db, struct job *job, struct view body);

// db_pages.c
void pages_start(struct db_actor *db);
void pages_free(struct db_actor *db);
// Decides before a read waits whether it asks for a page: sets `page`.
void pages_look(struct db_actor *db, struct job *job);
// Answers the lists whose page is good; the others become lists to be read from their reviews.
void pages_answer(struct db_actor *db, struct read_query *query, const PGresult *result);
// Answers a list that missed its page with the rows of one, and has the page stored.
void pages_render(struct db_actor *db, struct job *job, const PGresult *result, int first_row, int end_row);
// Pages could not be read: lists do without for a while.
void pages_pause(struct db_actor *db, const PGresult *result);
// Sends pages that wait to be stored.
void pages_flush(struct db_actor *db);
// The answer to db->page_store.query; or its connection is no more.
void pages_stored(struct db_actor *db, const PGresult *result);
void pages_store_lost(struct db_actor *db);
// A connection was lost: what was read until now is not stored, because the next server may not have it.
void pages_end_era(struct db_actor *db);

// db_segments.c
void segments_start(struct db_actor *db);
void segments_stop(struct db_actor *db);
// Sends the waiting jobs where their products live now, and asks again for those that met a leaf which is gone.
void segments_flush(struct db_actor *db);
// A connection has read the segments; whether they are usable.
bool segments_read(struct db_actor *db, const PGresult *result);
// The answer to db->keep_ahead.
void segments_result(struct db_actor *db, const PGresult *result);

// db_budget.c
void budget_start(struct db_actor *db);
// A connection has changed.
void budget_changed(struct db_actor *db);
// Asks, when it is due and a connection is there.
void budget_flush(struct db_actor *db);
// The answer to db->budget.
void budget_result(struct db_actor *db, const PGresult *result);

// db_write.c
void write_enqueue(struct db_actor *db, struct job *job);
void write_flush(struct db_actor *db);
void write_result(struct db_actor *db, struct query *tag, const PGresult *result);
void write_group_done(struct db_actor *db, void *group);
void write_group_lost(struct db_actor *db, void *group);
bool write_is_behind(struct db_actor *db, const struct job *job);
bool write_would_wait_long(struct db_actor *db, const struct job *job);
void write_take_all(struct db_actor *db, struct job_queue *out);

#endif
