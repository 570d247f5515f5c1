// Writes of the DB actor: those of a turn share a transaction, so that they share a commit; nothing is answered before it.
//
// What waits is divided among the idle connections, but a product's writes are with one of them at a time: two transactions of
// an actor never wait for each other, and votes that come while others of their product are in flight are joined.
//
// A transaction holds either changes (ADD, REPORT: a statement each) or votes, which are joined: one statement for the votes on
// a segment, in which the votes on one review are one.
//
// Why two actors (of any node) can never deadlock: who touches a product's reviews has locked its version before, so nobody
// waits for a review. Totals and versions are locked in one fixed order: by product, and of a product the totals (ADD, REPORT)
// before the version (all). So of two transactions that meet, the one that waits does so for something that is later in this
// order than all that it holds.
//
// If a statement fails, PostgreSQL rolls the whole transaction back. A failed statement of one job is answered alone, the
// votes of a joined one are asked again one by one, and the others go into the next transaction.

#include "actors/db_state.h"

#include "core/clock.h"
#include "core/loop.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "pg/result.h"
#include "proto/reply.h"

#include <stdio.h>
#include <stdlib.h>

struct transaction;

enum {
    // Fewer writes than these are not divided: a transaction costs as much as some of them.
    SPREAD_MIN = 8,
    // So many of those that wait for their own product are passed over to see whether a write would come behind.
    BEHIND_MAX = 64
};

// One statement of a transaction: for one change, for the votes on a segment, or for what these need before (no jobs).
struct write_query {
    struct query query;
    struct transaction *transaction;
    struct job_queue jobs; // by lock_key()
    int leaf;
};

struct transaction {
    uint64_t sent_ns;
    size_t in_flight;           // writes, with its own and those sent together with it, when it was sent
    size_t beside;              // transactions, likewise
    struct write_query *failed; // the query that undid the transaction
    char sqlstate[6];
    char reason[160];
    size_t count;
    struct write_query queries[];
};

static struct job_queue *queue_of(struct write_queue *writes, const struct job *job) {
    return job->statement == STATEMENT_HELPFUL ? &writes->votes : &writes->changes;
}

void write_enqueue(struct db_actor *db, struct job *job) {
    job_queue_push(queue_of(&db->writes, job), job);
}

// The order in which rows are locked: by product; new reviews first, which have no id yet.
static int64_t lock_key(const struct job *job) {
    return job->statement == STATEMENT_ADD ? (int64_t)job->ask.add.product_id << REVIEW_ID_PRODUCT_SHIFT
                                           : job->ask.key.review_id;
}

static int by_lock_key(const void *a, const void *b) {
    int64_t key_a = lock_key(*(struct job *const *)a);
    int64_t key_b = lock_key(*(struct job *const *)b);
    return (key_a > key_b) - (key_a < key_b);
}

static uint16_t *in_flight_place(struct write_queue *writes, const struct job *job) {
    return &writes->in_flight[(uint32_t)job_product_id(job) * 2654435769u >> 16 & (PRODUCT_SLOTS - 1)];
}

// The first job that waits for more than its own product: for `own`, if it is of that place (or null), or for a connection. Null if none of
// the first does.
static const struct job *first_waiting(struct write_queue *writes, const struct job_queue *queue, const uint16_t *own) {
    unsigned looked_at = 0;
    for (const struct job *job = queue->first; job != NULL && looked_at < BEHIND_MAX; job = job->next, looked_at++) {
        const uint16_t *place = in_flight_place(writes, job);
        if (*place == 0 || place == own) {
            return job;
        }
    }
    return NULL;
}

bool write_is_behind(struct db_actor *db, const struct job *job) {
    const struct job *first = first_waiting(&db->writes, queue_of(&db->writes, job), in_flight_place(&db->writes, job));
    // One that was answered while it waited was answered because it had waited too long.
    return first != NULL && (first->request == NULL || db_is_overdue(db, first));
}

static struct queue_wait *wait_of(struct write_queue *writes, const struct job_queue *queue) {
    return queue == &writes->votes ? &writes->votes_wait : &writes->changes_wait;
}

// How many of a queue wait for a connection, and not for their own product, as far as its first ones tell.
static size_t count_waiting(struct write_queue *writes, const struct job_queue *queue) {
    size_t looked_at = 0;
    size_t waiting = 0;
    for (const struct job *job = queue->first; job != NULL && looked_at < BEHIND_MAX; job = job->next, looked_at++) {
        waiting += *in_flight_place(writes, job) == 0;
    }
    return looked_at == 0 ? 0 : queue->count * waiting / looked_at;
}

bool write_would_wait_long(struct db_actor *db, const struct job *job) {
    struct job_queue *queue = queue_of(&db->writes, job);
    const struct queue_wait *wait = wait_of(&db->writes, queue);
    // The second count walks over the queue, and is never the greater one.
    return db_would_wait_long(db, job, wait, queue->count) &&
           db_would_wait_long(db, job, wait, count_waiting(&db->writes, queue));
}

// Takes up to `limit` jobs that still want an answer, of products for which nothing is in flight; the others stay.
static size_t take_jobs(struct db_actor *db, struct job_queue *queue, struct job **jobs, size_t limit) {
    size_t count = 0;
    struct job_queue left = {0};
    for (struct job *job; count < limit && (job = job_queue_pop(queue)) != NULL;) {
        if (job->request == NULL) {
            db_drop(db, job);
        } else if (*in_flight_place(&db->writes, job) > 0) {
            job_queue_push(&left, job);
        } else {
            jobs[count++] = job;
        }
    }
    for (struct job *job; (job = job_queue_pop(queue)) != NULL;) {
        job_queue_push(&left, job);
    }
    *queue = left;
    return count;
}

// Counts the transaction and its writes in (1) or out (-1) of what is in flight.
static void count_in_flight(struct write_queue *writes, const struct transaction *transaction, int step) {
    writes->transaction_count += (size_t)step;
    for (size_t i = 0; i < transaction->count; i++) {
        for (const struct job *job = transaction->queries[i].jobs.first; job != NULL; job = job->next) {
            uint16_t *place = in_flight_place(writes, job);
            *place = (uint16_t)(*place + step);
            writes->sent_count += (size_t)step;
        }
    }
}

static struct write_query *add_query(struct transaction *transaction, enum statement statement, int leaf) {
    struct write_query *query = &transaction->queries[transaction->count++];
    query->query.statement = statement;
    query->transaction = transaction;
    query->leaf = leaf;
    return query;
}

// Whether a vote can share a statement with the one before it, which it follows in the order of lock_key().
static bool is_joined(const struct job *vote, const struct job *before) {
    return vote->leaf == before->leaf && !vote->alone && !before->alone;
}

// Of jobs in the order of lock_key().
static struct transaction *make_transaction(struct job **jobs, size_t count) {
    struct transaction *transaction =
        memory_allocate(1, sizeof *transaction + (count + 1) * sizeof transaction->queries[0]);
    bool votes = jobs[0]->statement == STATEMENT_HELPFUL;
    struct write_query *query = NULL;
    if (votes && lock_key(jobs[0]) == lock_key(jobs[count - 1])) {
        query = add_query(transaction, STATEMENT_HELPFUL_ONE, jobs[0]->leaf);
    } else if (votes) {
        (void)add_query(transaction, STATEMENT_RENEW, 0);
    }
    for (size_t i = 0; i < count; i++) {
        if (query == NULL || !votes || (i > 0 && !is_joined(jobs[i], jobs[i - 1]))) {
            query = add_query(transaction, jobs[i]->statement, jobs[i]->leaf);
        }
        job_queue_push(&query->jobs, jobs[i]);
    }
    return transaction;
}

static void add_change(struct parameters *parameters, const struct job *job) {
    if (job->statement != STATEMENT_ADD) {
        parameters_add_int32(parameters, job->ask.key.product_id);
        parameters_add_int64(parameters, job->ask.key.review_id);
        return;
    }
    const struct add_request *add = &job->ask.add;
    parameters_add_int32(parameters, add->product_id);
    parameters_add_int16(parameters, (int16_t)add->rating);
    parameters_add_bool(parameters, add->recommend);
    parameters_add_int32(parameters, add->characteristics);
    parameters_add_timestamp(parameters, add->created_ms);
    parameters_add_text(parameters, add->summary);
    parameters_add_text(parameters, add->body);
    parameters_add_text(parameters, add->reviewer_name);
    parameters_add_text(parameters, add->email);
    parameters_add_text(parameters, add->photos);
}

struct vote {
    int32_t product_id;
    int32_t votes;
    int64_t review_id;
};

// The reviews that are voted for, in the order of their ids, each once; returns how many.
static size_t sum_votes(const struct write_query *query, struct vote *sums) {
    size_t count = 0;
    for (const struct job *job = query->jobs.first; job != NULL; job = job->next) {
        if (count == 0 || sums[count - 1].review_id != job->ask.key.review_id) {
            sums[count++] = (struct vote){job->ask.key.product_id, 0, job->ask.key.review_id};
        }
        sums[count - 1].votes++;
    }
    return count;
}

static void add_votes(struct parameters *parameters, const struct write_query *query) {
    struct vote sums[BATCH_MAX];
    size_t count = sum_votes(query, sums);
    parameters_begin_int32_array(parameters, count);
    for (size_t i = 0; i < count; i++) {
        parameters_add_int32_element(parameters, sums[i].product_id);
    }
    parameters_begin_int64_array(parameters, count);
    for (size_t i = 0; i < count; i++) {
        parameters_add_int64_element(parameters, sums[i].review_id);
    }
    parameters_begin_int32_array(parameters, count);
    for (size_t i = 0; i < count; i++) {
        parameters_add_int32_element(parameters, sums[i].votes);
    }
}

// The products of all votes of the transaction, ascending and each once.
static void add_products(struct parameters *parameters, const struct transaction *transaction) {
    int32_t products[BATCH_MAX];
    size_t count = 0;
    for (size_t i = 0; i < transaction->count; i++) {
        for (const struct job *job = transaction->queries[i].jobs.first; job != NULL; job = job->next) {
            if (count == 0 || products[count - 1] != job->ask.key.product_id) {
                products[count++] = job->ask.key.product_id;
            }
        }
    }
    parameters_begin_int32_array(parameters, count);
    for (size_t i = 0; i < count; i++) {
        parameters_add_int32_element(parameters, products[i]);
    }
}

static void add_vote(struct parameters *parameters, const struct write_query *query) {
    parameters_add_int32(parameters, query->jobs.first->ask.key.product_id);
    parameters_add_int64(parameters, query->jobs.first->ask.key.review_id);
    parameters_add_int32(parameters, (int32_t)query->jobs.count);
}

static void send_query(struct db_actor *db, struct connection *connection, struct write_query *query) {
    parameters_reset(&db->parameters);
    switch (query->query.statement) {
    case STATEMENT_RENEW: add_products(&db->parameters, query->transaction); break;
    case STATEMENT_HELPFUL: add_votes(&db->parameters, query); break;
    case STATEMENT_HELPFUL_ONE: add_vote(&db->parameters, query); break;
    default: add_change(&db->parameters, query->jobs.first); break;
    }
    connection_send(connection, query->query.statement, query->leaf, &db->parameters, query);
}

static void send_transaction(struct db_actor *db, struct connection *connection, struct transaction *transaction) {
    transaction->sent_ns = clock_now_ns();
    for (size_t i = 0; i < transaction->count; i++) {
        connection_prepare(connection, transaction->queries[i].query.statement, transaction->queries[i].leaf);
    }
    for (size_t i = 0; i < transaction->count; i++) {
        struct write_query *query = &transaction->queries[i];
        send_query(db, connection, query);
        for (struct job *job = query->jobs.first; job != NULL; job = job->next) {
            job->sent = true;
            job->sent_ns = transaction->sent_ns;
        }
        metrics_add(db->actor.metrics, METRIC_BATCH_KEYS, LANE_WRITE, query->jobs.count);
    }
    count_in_flight(&db->writes, transaction, 1);
    metrics_add(db->actor.metrics, METRIC_BATCHES, LANE_WRITE, 1);
    connection_end_group(connection, transaction);
}

// The end of the part of the jobs that begins at `first` and has about `part` of them, but all of its products.
static size_t end_of_part(struct job *const *jobs, size_t count, size_t first, size_t part) {
    size_t end = count - first < part ? count : first + part;
    while (end < count && job_product_id(jobs[end]) == job_product_id(jobs[end - 1])) {
        end++;
    }
    return end;
}

// How many writes may be sent to a connection: of those in flight each should be done within half of queue_limit_ms. By Little's law,
// PostgreSQL does one in the time that each took divided by how many were in flight. Connections have equal shares, as PostgreSQL's
// processes have, so that all take about as long.
static size_t share_in_flight(const struct db_actor *db) {
    const size_t batch = db->settings.write_batch;
    const struct service_time *one = &db->writes.one;
    if (one->mean_ns == 0) {
        return batch;
    }
    unsigned ready = slice_lane_count(db->slice, LANE_WRITE, CONNECTION_READY);
    uint64_t most = db->settings.queue_limit_ms * NS_PER_MS / 2 / one->mean_ns;
    size_t share = most / (ready == 0 ? 1 : ready);
    share = share < SPREAD_MIN ? SPREAD_MIN : share;
    return share < batch ? share : batch;
}

// `count` writes of at most `limit` have left the queue. If they were fewer, then who is left waits for its own product only.
static void note_left(
    struct write_queue *writes, const struct job_queue *queue, size_t count, size_t limit, uint64_t now_ns) {
    if (count < limit || queue->first == NULL) {
        queue_wait_end(wait_of(writes, queue));
    } else {
        queue_wait_left(wait_of(writes, queue), now_ns, count);
    }
}

// Divides what waits among the connections that have nothing to do, so that transactions run and are flushed to disk side by
// side. None waits for another: a product is in one of them only. Of several connections one is left for the `other` queue,
// if something waits there too.
static void flush_queue(struct db_actor *db, struct job_queue *queue, const struct job_queue *other) {
    if (queue->first == NULL) {
        return;
    }
    if (slice_pick(db->slice, LANE_WRITE) == NULL) {
        const struct job *first = first_waiting(&db->writes, queue, NULL);
        if (first != NULL) {
            db_note_waiting(db, LANE_WRITE, first);
        }
        return;
    }
    struct job *jobs[BATCH_MAX];
    size_t connections = slice_room(db->slice, LANE_WRITE);
    connections -= connections > 1 && other->first != NULL;
    connections = connections == 0 ? 1 : connections; // another lane's
    size_t limit = connections * share_in_flight(db);
    limit = limit < BATCH_MAX ? limit : BATCH_MAX;
    size_t count = take_jobs(db, queue, jobs, limit);
    note_left(&db->writes, queue, count, limit, loop_now_ns(db->actor.loop));
    qsort(jobs, count, sizeof *jobs, by_lock_key);
    size_t part = (count + connections - 1) / connections;
    part = part < SPREAD_MIN ? SPREAD_MIN : part;
    size_t in_flight = db->writes.sent_count + count;
    size_t beside = db->writes.transaction_count + (count + part - 1) / part;
    for (size_t first = 0, end; first < count; first = end) {
        end = end_of_part(jobs, count, first, part);
        struct transaction *transaction = make_transaction(jobs + first, end - first);
        transaction->in_flight = in_flight;
        transaction->beside = beside;
        send_transaction(db, slice_pick(db->slice, LANE_WRITE), transaction);
        db->writes.votes_are_next = queue == &db->writes.changes;
    }
}

void write_flush(struct db_actor *db) {
    struct write_queue *writes = &db->writes;
    struct job_queue *first = writes->votes_are_next ? &writes->votes : &writes->changes;
    struct job_queue *second = writes->votes_are_next ? &writes->changes : &writes->votes;
    flush_queue(db, first, second);
    flush_queue(db, second, first);
}

static void note_voted(struct write_query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        for (struct job *job = query->jobs.first; job != NULL; job = job->next) {
            job->found |= job->ask.key.review_id == result_int(result, row, 0);
        }
    }
}

// Keeps what the reply will need, because the row is gone when the transaction is known to be committed.
static void note_outcome(struct write_query *query, const PGresult *result) {
    struct job *job = query->jobs.first;
    if (job == NULL) {
        return; // RENEW is for no job of its own
    }
    if (job->statement == STATEMENT_HELPFUL) {
        note_voted(query, result);
    } else if (query->query.statement == STATEMENT_REPORT) {
        job->found = PQntuples(result) == 1 && result_int(result, 0, 0) > 0;
    } else if (query->query.statement == STATEMENT_ADD && PQntuples(result) == 1 && job->request != NULL) {
        struct review review;
        result_review(result, 0, &review);
        job->reply = db_new_reply(job, 1024);
        reply_pack_kind(&job->reply, REPLY_CREATED);
        reply_pack_review(&job->reply, &review);
    }
}

void write_result(struct db_actor *db, struct query *tag, const PGresult *result) {
    (void)db;
    struct write_query *query = (struct write_query *)tag;
    struct transaction *transaction = query->transaction;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        note_outcome(query, result);
    } else if (transaction->failed == NULL && status != PGRES_PIPELINE_ABORTED) {
        const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const char *reason = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        transaction->failed = query;
        snprintf(transaction->sqlstate, sizeof transaction->sqlstate, "%s", sqlstate == NULL ? "" : sqlstate);
        snprintf(transaction->reason, sizeof transaction->reason, "%s", reason == NULL ? "" : reason);
    }
}

static void answer_committed(struct db_actor *db, struct write_query *query) {
    for (struct job *job; (job = job_queue_pop(&query->jobs)) != NULL;) {
        if (job->request == NULL) {
            metrics_add(db->actor.metrics, METRIC_REPLIES_LATE, 0, 1);
        } else if (job->statement == STATEMENT_ADD) {
            struct message *reply = job->reply;
            job->reply = NULL;
            db_answer(db, job, reply);
        } else if (job->found) {
            struct message *reply = db_new_reply(job, 16);
            reply_pack_kind(&reply, REPLY_DONE);
            db_answer(db, job, reply);
        } else {
            db_answer_problem(db, job, PROBLEM_NOT_FOUND, "There is no such review.");
        }
        db_drop(db, job);
    }
}

// The transaction was rolled back: what failed is judged by its error, the others go again. Where many votes failed together,
// each goes again alone, so that the one that is to blame is found.
static void take_back(struct db_actor *db, struct transaction *transaction, struct write_query *query) {
    const struct write_query *failed = transaction->failed;
    bool all_failed = failed->query.statement == STATEMENT_RENEW; // which all need
    bool is_judged = all_failed || (query == failed && query->jobs.count == 1);
    for (struct job *job; (job = job_queue_pop(&query->jobs)) != NULL;) {
        message_free(job->reply);
        job->reply = NULL;
        job->found = false;
        if (is_judged) {
            db_take_back(db, job, transaction->sqlstate, transaction->reason);
        } else {
            job->alone |= query == failed;
            db_ask_again(db, job);
        }
    }
}

static void note_times(struct write_queue *writes, const struct transaction *transaction) {
    uint64_t took_ns = clock_now_ns() - transaction->sent_ns;
    service_time_note(&writes->transaction, took_ns, transaction->beside);
    service_time_note(&writes->one, took_ns / transaction->in_flight, transaction->beside);
}

void write_group_done(struct db_actor *db, void *group) {
    struct transaction *transaction = group;
    count_in_flight(&db->writes, transaction, -1);
    note_times(&db->writes, transaction);
    lane_growth_round(&db->growth[LANE_WRITE]);
    for (size_t i = 0; i < transaction->count; i++) {
        if (transaction->failed == NULL) {
            lane_growth_note(&db->growth[LANE_WRITE], transaction->queries[i].jobs.count);
            answer_committed(db, &transaction->queries[i]);
        } else {
            take_back(db, transaction, &transaction->queries[i]);
        }
    }
    free(transaction);
}

void write_group_lost(struct db_actor *db, void *group) {
    struct transaction *transaction = group;
    count_in_flight(&db->writes, transaction, -1);
    for (size_t i = 0; i < transaction->count; i++) {
        for (struct job *job; (job = job_queue_pop(&transaction->queries[i].jobs)) != NULL;) {
            db_answer_problem(db, job, PROBLEM_OUTCOME_UNKNOWN,
                "The connection to the database was lost; the change may or may not have been made.");
            db_drop(db, job);
        }
    }
    free(transaction);
}

void write_take_all(struct db_actor *db, struct job_queue *out) {
    struct job_queue *const queues[] = {&db->writes.changes, &db->writes.votes};
    for (size_t i = 0; i < COUNT_OF(queues); i++) {
        for (struct job *job; (job = job_queue_pop(queues[i])) != NULL;) {
            job_queue_push(out, job);
        }
        queue_wait_end(wait_of(&db->writes, queues[i]));
    }
}
