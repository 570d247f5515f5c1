// Reads of the DB actor: requests for one statement on one segment wait together in a lot, and a flush turns a lot into one
// query. Queries of several lots, up to a batch of requests, share a group: with many segments the lots are small, and what a
// group costs PostgreSQL (a transaction, a flush of its output) should not be paid for each. While all connections are busy,
// lots grow; so batches grow with the load and nothing waits for a timer.

#include "actors/db_state.h"

#include "core/clock.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "pg/result.h"
#include "proto/reply.h"

#include <stdlib.h>

struct read_query {
    struct query query;
    int leaf;
    int count;
    struct job *jobs[];
};

enum {
    // A lot with no more jobs is asked one by one.
    SINGLES_MAX = 3,
    // What a review takes in a reply, roughly: the first guess at a reply's size.
    REVIEW_BYTES = 640
};

static struct read_lot *lot_of(struct db_actor *db, enum statement statement, int leaf) {
    struct read_queue *reads = &db->reads;
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

void read_enqueue(struct db_actor *db, struct job *job) {
    // Before the first connection the segments are not known; such jobs wait as if for leaf 0 and are routed again.
    struct read_lot *lot = lot_of(db, job->statement, job->leaf == NO_LEAF ? 0 : job->leaf);
    job_queue_push(&lot->jobs, job);
    if (!lot->is_waiting) {
        lot_queues_up(&db->reads, lot);
    }
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

// The statement that does the same for a single key with less work, if there is one.
static enum statement statement_for_one(enum statement statement) {
    switch (statement) {
    case STATEMENT_LIST_RELEVANT: return STATEMENT_LIST_RELEVANT_ONE;
    case STATEMENT_LIST_NEWEST: return STATEMENT_LIST_NEWEST_ONE;
    case STATEMENT_LIST_HELPFUL: return STATEMENT_LIST_HELPFUL_ONE;
    default: return statement;
    }
}

// Takes up to so many jobs that still want an answer; null if there are none.
static struct read_query *take_jobs(struct db_actor *db, struct read_lot *lot, size_t limit) {
    size_t room = lot->jobs.count < limit ? lot->jobs.count : limit;
    struct read_query *query = memory_allocate(1, sizeof *query + room * sizeof query->jobs[0]);
    query->query.statement = lot->statement;
    query->leaf = lot->leaf;
    while ((size_t)query->count < room) {
        struct job *job = job_queue_pop(&lot->jobs);
        if (job == NULL) {
            break;
        }
        if (job->request == NULL) {
            db_drop(db, job);
        } else {
            query->jobs[query->count++] = job;
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

static void add_parameters(struct parameters *parameters, const struct read_query *query) {
    const struct list_request *list = &query->jobs[0]->ask.list;
    parameters_reset(parameters);
    switch (query->query.statement) {
    case STATEMENT_META: ADD_ARRAY(parameters, int32, query, job->ask.key.product_id); break;
    case STATEMENT_GET:
        ADD_ARRAY(parameters, int32, query, job->ask.key.product_id);
        ADD_ARRAY(parameters, int64, query, job->ask.key.review_id);
        break;
    case STATEMENT_LIST_RELEVANT_ONE:
    case STATEMENT_LIST_NEWEST_ONE:
    case STATEMENT_LIST_HELPFUL_ONE:
        parameters_add_int32(parameters, list->product_id);
        parameters_add_int32(parameters, list->count);
        parameters_add_int32(parameters, list->page * list->count);
        break;
    default:
        ADD_ARRAY(parameters, int32, query, job->ask.list.product_id);
        ADD_ARRAY(parameters, int32, query, job->ask.list.count);
        ADD_ARRAY(parameters, int32, query, job->ask.list.page * job->ask.list.count);
        break;
    }
}

static void send_query(struct db_actor *db, struct connection *connection, struct read_query *query) {
    uint64_t now_ns = clock_now_ns();
    for (int i = 0; i < query->count; i++) {
        struct job *job = query->jobs[i];
        job->sent = true;
        job->sent_ns = now_ns;
        metrics_record(db->actor.metrics, METRIC_QUEUE_DURATION, 0, now_ns - job->request->accepted_ns);
    }
    metrics_add(db->actor.metrics, METRIC_BATCH_KEYS, LANE_READ, (uint64_t)query->count);
    add_parameters(&db->parameters, query);
    connection_send(connection, query->query.statement, query->leaf, &db->parameters, query);
}

// Takes a batch of jobs out of as many lots as it needs; returns the number of queries that makes.
static size_t take_batch(struct db_actor *db, struct read_query **queries) {
    struct read_queue *reads = &db->reads;
    size_t query_count = 0;
    size_t room = db->settings.batch;
    while (room > 0 && reads->first_waiting != NULL) {
        struct read_lot *lot = first_lot_leaves(reads);
        // So few are cheaper one by one, by the statement that has no join.
        struct read_query *query = take_jobs(db, lot, lot->jobs.count <= SINGLES_MAX ? 1 : room);
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

void read_flush(struct db_actor *db) {
    while (db->reads.first_waiting != NULL) {
        struct connection *connection = slice_pick(db->slice, LANE_READ);
        if (connection == NULL) {
            db_note_waiting(db, LANE_READ, db->reads.first_waiting->jobs.first);
            return;
        }
        struct read_query *queries[BATCH_MAX];
        size_t count = take_batch(db, queries);
        for (size_t i = 0; i < count; i++) {
            connection_prepare(connection, queries[i]->query.statement, queries[i]->leaf);
        }
        for (size_t i = 0; i < count; i++) {
            send_query(db, connection, queries[i]);
        }
        if (count > 0) {
            metrics_add(db->actor.metrics, METRIC_BATCHES, LANE_READ, 1);
            connection_end_group(connection, NULL);
        }
    }
}

static void answer_lists(struct db_actor *db, struct read_query *query, const PGresult *result) {
    int rows = PQntuples(result);
    uint32_t *counts = memory_allocate((size_t)query->count, sizeof *counts);
    struct message **replies = memory_allocate((size_t)query->count, sizeof(struct message *));
    for (int row = 0; row < rows; row++) {
        int place = result_place(result, row, query->count);
        if (place >= 0) {
            counts[place]++;
        }
    }
    for (int i = 0; i < query->count; i++) {
        const struct list_request *ask = &query->jobs[i]->ask.list;
        if (query->jobs[i]->request != NULL) {
            replies[i] = db_new_reply(query->jobs[i], 64 + counts[i] * REVIEW_BYTES);
            reply_pack_list(&replies[i], &(struct reply_list){ask->product_id, ask->page, ask->count, counts[i]});
        }
    }
    for (int row = 0; row < rows; row++) {
        int place = result_place(result, row, query->count);
        if (place >= 0 && replies[place] != NULL) {
            struct review review;
            result_review(result, row, &review);
            reply_pack_review(&replies[place], &review);
        }
    }
    for (int i = 0; i < query->count; i++) {
        if (replies[i] != NULL) {
            db_answer(db, query->jobs[i], replies[i]);
        }
    }
    free(counts);
    free(replies);
}

// The job that a row answers, if it still wants to be.
static struct job *job_of_row(const struct read_query *query, const PGresult *result, int row) {
    int place = result_place(result, row, query->count);
    return place >= 0 && query->jobs[place]->request != NULL ? query->jobs[place] : NULL;
}

static void answer_metas(struct db_actor *db, struct read_query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct job *job = job_of_row(query, result, row);
        if (job != NULL) {
            struct review_meta meta;
            result_meta(result, row, &meta);
            struct message *reply = db_new_reply(job, 256);
            reply_pack_meta(&reply, &meta);
            db_answer(db, job, reply);
        }
    }
    for (int i = 0; i < query->count; i++) { // products without reviews have no row
        struct job *job = query->jobs[i];
        if (job->request != NULL) {
            struct message *reply = db_new_reply(job, 256);
            reply_pack_meta(&reply, &(struct review_meta){.product_id = job->ask.key.product_id});
            db_answer(db, job, reply);
        }
    }
}

static void answer_reviews(struct db_actor *db, struct read_query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct job *job = job_of_row(query, result, row);
        if (job != NULL) {
            struct review review;
            result_review(result, row, &review);
            struct message *reply = db_new_reply(job, REVIEW_BYTES);
            reply_pack_kind(&reply, REPLY_REVIEW);
            reply_pack_review(&reply, &review);
            db_answer(db, job, reply);
        }
    }
    for (int i = 0; i < query->count; i++) {
        db_answer_problem(db, query->jobs[i], PROBLEM_NOT_FOUND, "There is no such review.");
    }
}

static void drop_query(struct db_actor *db, struct read_query *query) {
    for (int i = 0; i < query->count; i++) {
        db_drop(db, query->jobs[i]);
    }
    free(query);
}

// Another query of the group has failed, and this one was not run.
static void enqueue_again(struct db_actor *db, struct read_query *query) {
    for (int i = 0; i < query->count; i++) {
        query->jobs[i]->sent = false;
        db_enqueue(db, query->jobs[i]);
    }
    free(query);
}

void read_result(struct db_actor *db, struct query *tag, const PGresult *result) {
    struct read_query *query = (struct read_query *)tag;
    if (PQresultStatus(result) == PGRES_PIPELINE_ABORTED) {
        enqueue_again(db, query);
        return;
    }
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        for (int i = 0; i < query->count; i++) {
            db_take_back(db, query->jobs[i], PQresultErrorField(result, PG_DIAG_SQLSTATE),
                PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        }
        free(query);
        return;
    }
    metrics_record(db->actor.metrics, METRIC_DATABASE_DURATION, LANE_READ, clock_now_ns() - query->jobs[0]->sent_ns);
    switch (tag->statement) {
    case STATEMENT_META: answer_metas(db, query, result); break;
    case STATEMENT_GET: answer_reviews(db, query, result); break;
    default: answer_lists(db, query, result); break;
    }
    drop_query(db, query);
}

void read_lost(struct db_actor *db, struct query *tag) {
    struct read_query *query = (struct read_query *)tag;
    for (int i = 0; i < query->count; i++) {
        struct job *job = query->jobs[i];
        job->sent = false;
        // A read may be asked again, but only once: what killed one connection may kill the next.
        if (job->request != NULL && !job->lost && slice_is_available(db->slice)) {
            job->lost = true;
            metrics_add(db->actor.metrics, METRIC_DB_RETRIES, 0, 1);
            db_enqueue(db, job);
        } else {
            db_answer_problem(db, job, PROBLEM_DATABASE_UNAVAILABLE, "The connection to the database was lost.");
            db_drop(db, job);
        }
    }
    free(query);
}

void read_take_all(struct db_actor *db, struct job_queue *out) {
    while (db->reads.first_waiting != NULL) {
        struct read_lot *lot = first_lot_leaves(&db->reads);
        for (struct job *job; (job = job_queue_pop(&lot->jobs)) != NULL;) {
            job_queue_push(out, job);
        }
    }
}

void read_free(struct db_actor *db) {
    for (size_t i = 0; i < db->reads.lot_count; i++) {
        free(db->reads.lots[i]);
    }
    free(db->reads.lots);
}
