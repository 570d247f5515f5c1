// Reads of the DB actor: requests for one statement on one segment wait together in a lot, and a flush turns a lot into one
// query. A request that asks what another one asks that is still waiting joins it: however many want a product at a time, it
// is asked for once. (It never joins one that was sent: that one's answer may be older than a write that this client knows
// of.) Queries of several lots, up to a batch of requests, share a group: with many segments the lots are small, and what a
// group costs PostgreSQL (a transaction, a flush of its output) should not be paid for each. While all connections are at
// work, lots grow until they fill a batch; so batches grow with the load and nothing waits for a timer.

#include "actors/db_state.h"

#include "core/clock.h"
#include "core/loop.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "pg/product_page.h"

#include <stdlib.h>

enum {
    // A lot with no more jobs is asked one by one.
    SINGLES_MAX = 3
};

// What a read asks, in one number: equal keys have equal answers. A list's page and count are within 9,999 and 100.
static uint64_t read_key_of(const struct job *job) {
    enum {
        KIND_SHIFT = 56,
        PRODUCT_SHIFT = 21,
        PAGE_SHIFT = 7
    };
    const struct list_request *list = &job->ask.list;
    switch (job->operation) {
    case OPERATION_REVIEW_LIST:
        return (uint64_t)(list->sort + 1) << KIND_SHIFT | (uint64_t)list->product_id << PRODUCT_SHIFT |
               (uint64_t)list->page << PAGE_SHIFT | (uint64_t)list->count;
    case OPERATION_META_GET: return (uint64_t)(SORT_COUNT + 1) << KIND_SHIFT | (uint64_t)job->ask.key.product_id;
    default: return (uint64_t)(SORT_COUNT + 2) << KIND_SHIFT | (uint64_t)job->ask.key.review_id;
    }
}

// Where the table of waiting reads has the job of this key, or its slot ends.
static struct job **waiting_place(struct db_actor *db, uint64_t key) {
    // Fibonacci hashing (D. Knuth, The Art of Computer Programming, volume 3, 6.4).
    struct job **place = &db->waiting_reads[(key * 11400714819323198485ULL) >> 54 & (WAITING_SLOTS - 1)];
    while (*place != NULL && (*place)->read_key != key) {
        place = &(*place)->same_slot;
    }
    return place;
}

static void waits_no_more(struct db_actor *db, struct job *job) {
    struct job **place = waiting_place(db, job->read_key);
    if (*place == job) {
        *place = job->same_slot;
    }
}

static struct read_queue *queue_for(struct db_actor *db, enum lane lane) {
    return lane == LANE_SLOW ? &db->slow_reads : &db->reads;
}

static struct read_lot *lot_of(struct read_queue *reads, enum statement statement, int leaf) {
    size_t index = statement_has_leaf(statement) ? (size_t)leaf * STATEMENT_COUNT + statement : (size_t)statement;
    if (index >= reads->lot_count) {
        size_t count = (index / STATEMENT_COUNT + 1) * STATEMENT_COUNT;
        reads->lots = memory_resize(reads->lots, count * sizeof *reads->lots);
        memset(reads->lots + reads->lot_count, 0, (count - reads->lot_count) * sizeof *reads->lots);
        reads->lot_count = count;
    }
    if (reads->lots[index] == NULL) {
        reads->lots[index] = memory_allocate(1, sizeof *reads->lots[index]);
        reads->lots[index]->statement = statement;
        reads->lots[index]->leaf = leaf;
    }
    return reads->lots[index];
}

static void lot_queues_up(struct read_queue *reads, struct read_lot *lot) {
    lot->is_waiting = true;
    lot->next = NULL;
    if (reads->last_waiting == NULL) {
        reads->first_waiting = lot;
    } else {
        reads->last_waiting->next = lot;
    }
    reads->last_waiting = lot;
}

static struct read_lot *first_lot_leaves(struct read_queue *reads) {
    struct read_lot *lot = reads->first_waiting;
    reads->first_waiting = lot->next;
    if (reads->first_waiting == NULL) {
        reads->last_waiting = NULL;
    }
    lot->is_waiting = false;
    return lot;
}

static void start_queue(struct db_actor *db, struct read_queue *reads, enum lane lane) {
    unsigned most = db->settings.slice.depth[lane];
    reads->lane = lane;
    reads->depth = (struct pipeline_depth){most, most};
}

void read_start(struct db_actor *db) {
    start_queue(db, &db->reads, LANE_READ);
    start_queue(db, &db->slow_reads, LANE_SLOW);
    pages_start(db);
}

static void join(struct db_actor *db, struct job *first, struct job *job) {
    metrics_add(db->actor.metrics, METRIC_READS_JOINED, 0, job_count(job));
    struct job *last = job;
    while (last->joined != NULL) {
        last = last->joined;
    }
    last->joined = first->joined;
    first->joined = job;
}

void read_enqueue(struct db_actor *db, struct job *job) {
    job->read_key = read_key_of(job);
    struct job **waiting = waiting_place(db, job->read_key);
    if (*waiting != NULL) {
        join(db, *waiting, job);
        return;
    }
    job->same_slot = NULL;
    *waiting = job;
    pages_look(db, job);
    // Before the first connection the segments are not known; such jobs wait as if for leaf 0 and are routed again.
    struct read_queue *reads = queue_for(db, statement_lane(job->statement));
    struct read_lot *lot =
        lot_of(reads, job->page == PAGE_ASKED ? STATEMENT_PAGE : job->statement, job->leaf == NO_LEAF ? 0 : job->leaf);
    job_queue_push(&lot->jobs, job);
    reads->job_count++;
    if (!lot->is_waiting) {
        lot_queues_up(reads, lot);
    }
}

bool read_is_behind(const struct db_actor *db, const struct job *job) {
    const struct read_queue *reads = statement_lane(job->statement) == LANE_SLOW ? &db->slow_reads : &db->reads;
    if (reads->first_waiting == NULL) {
        return false;
    }
    const struct job *first = job_first_unanswered(reads->first_waiting->jobs.first);
    // If all were answered while they waited, they were because they had waited too long.
    return first == NULL || db_is_overdue(db, first);
}

// One that joins another leaves with that one, and costs nothing. Else all kinds of reads are treated alike, as if there were one queue;
// in fact lots take turns, and one of a small lot would wait for less.
bool read_would_wait_long(struct db_actor *db, const struct job *job) {
    const struct read_queue *reads = queue_for(db, statement_lane(job->statement));
    return db_would_wait_long(db, job, &reads->wait, reads->job_count) && *waiting_place(db, read_key_of(job)) == NULL;
}

// The statement that does the same for a single key with less work, if there is one.
static enum statement statement_for_one(enum statement statement) {
    switch (statement) {
    case STATEMENT_LIST_RELEVANT: return STATEMENT_LIST_RELEVANT_ONE;
    case STATEMENT_LIST_NEWEST: return STATEMENT_LIST_NEWEST_ONE;
    case STATEMENT_LIST_HELPFUL: return STATEMENT_LIST_HELPFUL_ONE;
    default: return statement;
    }
}

static struct read_query *new_query(enum statement statement, int leaf, size_t room) {
    struct read_query *query = memory_resize(NULL, sizeof *query + room * sizeof query->jobs[0]);
    *query = (struct read_query){.query.statement = statement, .leaf = leaf};
    return query;
}

// Takes up to so many jobs that still want an answer; null if there are none.
static struct read_query *take_jobs(struct db_actor *db, struct read_queue *reads, struct read_lot *lot, size_t limit) {
    size_t room = lot->jobs.count < limit ? lot->jobs.count : limit;
    struct read_query *query = new_query(lot->statement, lot->leaf, room);
    while ((size_t)query->count < room) {
        struct job *job = job_queue_pop(&lot->jobs);
        if (job == NULL) {
            break;
        }
        reads->job_count--;
        waits_no_more(db, job);
        if (job_is_wanted(job)) {
            query->jobs[query->count++] = job;
        } else {
            db_drop(db, job);
        }
    }
    if (query->count == 0) {
        free(query);
        return NULL;
    }
    if (query->count == 1) {
        query->query.statement = statement_for_one(lot->statement);
    }
    return query;
}

#define ADD_ARRAY(parameters, type, query, expression)                                                                 \
    do {                                                                                                               \
        parameters_begin_##type##_array(parameters, (size_t)(query)->count);                                           \
        for (int i = 0; i < (query)->count; i++) {                                                                     \
            const struct job *job = (query)->jobs[i];                                                                  \
            parameters_add_##type##_element(parameters, expression);                                                   \
        }                                                                                                              \
    } while (false)

// What a list reads of its product's reviews.
static int32_t count_to_read(const struct job *job) {
    return job->page == PAGE_MISSED ? PRODUCT_PAGE_REVIEWS : job->ask.list.count;
}

static int32_t skip_to_read(const struct job *job) {
    return job->page == PAGE_MISSED ? 0 : job->ask.list.page * job->ask.list.count;
}

static void add_parameters(struct parameters *parameters, const struct read_query *query) {
    parameters_reset(parameters);
    switch (query->query.statement) {
    case STATEMENT_PAGE:
        ADD_ARRAY(parameters, int32, query, job->ask.list.product_id);
        parameters_add_int16(parameters, PRODUCT_PAGE_FORMAT);
        break;
    case STATEMENT_META: ADD_ARRAY(parameters, int32, query, job->ask.key.product_id); break;
    case STATEMENT_GET:
        ADD_ARRAY(parameters, int32, query, job->ask.key.product_id);
        ADD_ARRAY(parameters, int64, query, job->ask.key.review_id);
        break;
    case STATEMENT_LIST_RELEVANT_ONE:
    case STATEMENT_LIST_NEWEST_ONE:
    case STATEMENT_LIST_HELPFUL_ONE:
    case STATEMENT_LIST_RELEVANT_DEEP:
    case STATEMENT_LIST_NEWEST_DEEP:
    case STATEMENT_LIST_HELPFUL_DEEP:
        parameters_add_int32(parameters, query->jobs[0]->ask.list.product_id);
        parameters_add_int32(parameters, count_to_read(query->jobs[0]));
        parameters_add_int32(parameters, skip_to_read(query->jobs[0]));
        break;
    default:
        ADD_ARRAY(parameters, int32, query, job->ask.list.product_id);
        ADD_ARRAY(parameters, int32, query, count_to_read(job));
        ADD_ARRAY(parameters, int32, query, skip_to_read(job));
        break;
    }
}

static void note_sending(struct job *job, uint64_t now_ns) {
    for (; job != NULL; job = job->joined) {
        job->sent = true;
        job->sent_ns = now_ns;
    }
}

static void send_query(
    struct db_actor *db, struct connection *connection, enum lane lane, struct read_query *query, uint64_t now_ns) {
    for (int i = 0; i < query->count; i++) {
        note_sending(query->jobs[i], now_ns);
    }
    metrics_add(db->actor.metrics, METRIC_BATCH_KEYS, lane, (uint64_t)query->count);
    add_parameters(&db->parameters, query);
    connection_send(connection, query->query.statement, query->leaf, &db->parameters, query);
}

// Jobs of a batch at most. The slow lane has one.
static size_t batch_size(const struct db_actor *db, const struct read_queue *reads) {
    return reads->lane == LANE_SLOW ? 1 : db->settings.batch;
}

// Takes a batch of jobs out of as many lots as it needs; returns the number of queries that makes.
static size_t take_batch(struct db_actor *db, struct read_queue *reads, struct read_query **queries) {
    size_t query_count = 0;
    size_t room = batch_size(db, reads);
    while (room > 0 && reads->first_waiting != NULL) {
        struct read_lot *lot = first_lot_leaves(reads);
        // So few are cheaper one by one, by the statement that has no join.
        bool one_by_one = lot->jobs.count <= SINGLES_MAX && statement_for_one(lot->statement) != lot->statement;
        struct read_query *query = take_jobs(db, reads, lot, one_by_one ? 1 : room);
        if (query != NULL) {
            room -= (size_t)query->count;
            queries[query_count++] = query;
        }
        if (lot->jobs.first != NULL) {
            lot_queues_up(reads, lot);
        }
    }
    return query_count;
}

static void send_batch(struct db_actor *db, struct connection *connection, struct read_queue *reads) {
    struct read_query *queries[BATCH_MAX];
    size_t count = take_batch(db, reads, queries);
    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        connection_prepare(connection, queries[i]->query.statement, queries[i]->leaf);
    }
    queries[count - 1]->is_last = true;
    uint64_t now_ns = clock_now_ns();
    size_t sent = 0;
    for (size_t i = 0; i < count; i++) {
        sent += (size_t)queries[i]->count;
        send_query(db, connection, reads->lane, queries[i], now_ns);
    }
    queue_wait_left(&reads->wait, now_ns, sent);
    metrics_add(db->actor.metrics, METRIC_BATCHES, reads->lane, 1);
    connection_end_group(connection, NULL);
}

// A connection at work is sent whole batches only: there the jobs of a smaller one would wait for those before them all the
// same, and here others can join them. (The rule of J. Nagle for small packets, RFC 896, with batches for packets.)
static bool is_worth_sending(
    const struct db_actor *db, const struct read_queue *reads, const struct connection *connection) {
    unsigned load = connection_load(connection);
    return load == 0 || (load < reads->depth.now && reads->job_count >= batch_size(db, reads));
}

static void flush_queue(struct db_actor *db, struct read_queue *reads) {
    while (reads->first_waiting != NULL) {
        struct connection *connection = slice_pick(db->slice, reads->lane);
        if (connection == NULL || !is_worth_sending(db, reads, connection)) {
            db_note_waiting(db, reads->lane, reads->first_waiting->jobs.first);
            return;
        }
        send_batch(db, connection, reads);
    }
    queue_wait_end(&reads->wait);
}

void read_flush(struct db_actor *db) {
    flush_queue(db, &db->reads);
    flush_queue(db, &db->slow_reads);
}

// Whether pages could not be read though the connection is well: lists are then read from their reviews.
static bool is_without_pages(const struct read_query *query, const PGresult *result) {
    return query->query.statement == STATEMENT_PAGE && PQresultStatus(result) != PGRES_TUPLES_OK &&
           sqlstate_action(PQresultErrorField(result, PG_DIAG_SQLSTATE)) != SQLSTATE_RECONNECT;
}

// The query was not run, because another one of its group has failed, or what it asks is asked in another way.
static void enqueue_again(struct db_actor *db, struct read_query *query) {
    for (int i = 0; i < query->count; i++) {
        db_ask_again(db, query->jobs[i]);
    }
}

// A read whose connection is no more may be asked again, but only once: what killed one connection may kill the next.
static bool ask_once_more(struct db_actor *db, struct job *job) {
    if (!job_is_wanted(job) || job->lost || !slice_is_available(db->slice)) {
        return false;
    }
    job->lost = true;
    metrics_add(db->actor.metrics, METRIC_DB_RETRIES, 0, 1);
    db_ask_again(db, job);
    return true;
}

static void take_back(struct db_actor *db, struct read_query *query, const PGresult *result) {
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool is_lost = sqlstate_action(sqlstate) == SQLSTATE_RECONNECT;
    for (int i = 0; i < query->count; i++) {
        if (!is_lost || !ask_once_more(db, query->jobs[i])) {
            db_take_back(db, query->jobs[i], sqlstate, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        }
    }
}

static void answer(struct db_actor *db, struct read_query *query, const PGresult *result) {
    switch (query->query.statement) {
    case STATEMENT_PAGE: pages_answer(db, query, result); return; // these jobs may have to wait again
    case STATEMENT_META: answer_metas(db, query, result); break;
    case STATEMENT_GET: answer_reviews(db, query, result); break;
    default: answer_lists(db, query, result); break;
    }
    for (int i = 0; i < query->count; i++) {
        db_drop(db, query->jobs[i]);
    }
}

static void note_time(struct db_actor *db, const struct read_query *query, bool succeeded) {
    struct read_queue *reads = queue_for(db, statement_lane(query->query.statement));
    uint64_t took_ns = clock_now_ns() - query->jobs[0]->sent_ns;
    pipeline_depth_note(&reads->depth, took_ns, succeeded, db->settings.queue_limit_ms * NS_PER_MS);
}

void read_result(struct db_actor *db, struct query *tag, const PGresult *result) {
    struct read_query *query = (struct read_query *)tag;
    bool succeeded = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (query->is_last) {
        note_time(db, query, succeeded);
    }
    if (PQresultStatus(result) == PGRES_PIPELINE_ABORTED) {
        enqueue_again(db, query);
    } else if (is_without_pages(query, result)) {
        pages_pause(db, result);
        enqueue_again(db, query);
    } else if (!succeeded) {
        take_back(db, query, result);
    } else {
        struct lane_growth *growth = &db->growth[statement_lane(query->query.statement)];
        if (query->is_last) {
            lane_growth_round(growth);
        }
        if (query->query.statement != STATEMENT_PAGE) { // of these only those that are good are answers
            lane_growth_note(growth, (size_t)query->count);
        }
        answer(db, query, result);
    }
    free(query);
}

void read_lost(struct db_actor *db, struct query *tag) {
    struct read_query *query = (struct read_query *)tag;
    for (int i = 0; i < query->count; i++) {
        if (!ask_once_more(db, query->jobs[i])) {
            db_answer_problem(
                db, query->jobs[i], PROBLEM_DATABASE_UNAVAILABLE, "The connection to the database was lost.");
            db_drop(db, query->jobs[i]);
        }
    }
    free(query);
}

static void take_all(struct db_actor *db, struct read_queue *reads, struct job_queue *out) {
    while (reads->first_waiting != NULL) {
        struct read_lot *lot = first_lot_leaves(reads);
        for (struct job *job; (job = job_queue_pop(&lot->jobs)) != NULL;) {
            reads->job_count--;
            waits_no_more(db, job);
            job_queue_push(out, job);
        }
    }
}

void read_take_all(struct db_actor *db, struct job_queue *out) {
    take_all(db, &db->reads, out);
    take_all(db, &db->slow_reads, out);
}

static void free_lots(struct read_queue *reads) {
    for (size_t i = 0; i < reads->lot_count; i++) {
        free(reads->lots[i]);
    }
    free(reads->lots);
}

void read_free(struct db_actor *db) {
    free_lots(&db->reads);
    free_lots(&db->slow_reads);
    pages_free(db);
    buffer_free(&db->body);
}
