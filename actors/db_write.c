// Writes of the DB actor: those of a turn share a transaction, so that they share a commit; nothing is answered before it.
//
// Why two actors (of any node) can never deadlock: all locks are taken in one fixed order. A transaction takes its products in
// ascending order, and of each product first the totals (ADD, REPORT), then the version (all), then reviews in the order of
// their ids (REPORT, HELPFUL); ids grow with products. So of two transactions that meet, the one that waits does so for
// something that is later in this order than all that it holds.
//
// If a statement fails, PostgreSQL rolls the whole transaction back. The failed one is taken out and answered alone; the
// others go into the next transaction.

#include "actors/db_state.h"

#include "core/clock.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "pg/result.h"
#include "proto/reply.h"

#include <stdio.h>
#include <stdlib.h>

struct transaction;

// One statement of a transaction, for one job, or for all votes on one review.
struct write_query {
    struct query query;
    struct transaction *transaction;
    struct job_queue jobs;
    bool found; // the review exists
};

struct transaction {
    uint64_t sent_ns;
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

bool write_is_behind(const struct db_actor *db, const struct job *job) {
    const struct job *first = job->statement == STATEMENT_HELPFUL ? db->writes.votes.first : db->writes.changes.first;
    // One that was answered while it waited was answered because it had waited too long.
    return first != NULL && (first->request == NULL || db_is_overdue(db, first));
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

// Takes up to `limit` jobs that still want an answer.
static size_t take_jobs(struct db_actor *db, struct job_queue *queue, struct job **jobs, size_t limit) {
    size_t count = 0;
    while (count < limit) {
        struct job *job = job_queue_pop(queue);
        if (job == NULL) {
            break;
        }
        if (job->request == NULL) {
            db_drop(db, job);
        } else {
            jobs[count++] = job;
        }
    }
    return count;
}

static struct transaction *make_transaction(struct job **jobs, size_t count) {
    struct transaction *transaction = memory_allocate(1, sizeof *transaction + count * sizeof transaction->queries[0]);
    qsort(jobs, count, sizeof *jobs, by_lock_key);
    for (size_t i = 0; i < count; i++) {
        bool same_vote = i > 0 && jobs[i]->statement == STATEMENT_HELPFUL && lock_key(jobs[i]) == lock_key(jobs[i - 1]);
        struct write_query *query = &transaction->queries[same_vote ? transaction->count - 1 : transaction->count++];
        query->query.statement = jobs[i]->statement;
        query->transaction = transaction;
        job_queue_push(&query->jobs, jobs[i]);
    }
    return transaction;
}

// The parameters of a statement for this job, and for the other votes that are joined with it.
static void add_parameters(struct parameters *parameters, const struct job *job, size_t votes) {
    parameters_reset(parameters);
    if (job->statement != STATEMENT_ADD) {
        parameters_add_int32(parameters, job->ask.key.product_id);
        parameters_add_int64(parameters, job->ask.key.review_id);
        if (job->statement == STATEMENT_HELPFUL) {
            parameters_add_int32(parameters, (int32_t)votes);
        }
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

static void send_transaction(struct db_actor *db, struct connection *connection, struct transaction *transaction) {
    transaction->sent_ns = clock_now_ns();
    for (size_t i = 0; i < transaction->count; i++) {
        const struct job *first = transaction->queries[i].jobs.first;
        connection_prepare(connection, first->statement, first->leaf);
    }
    for (size_t i = 0; i < transaction->count; i++) {
        struct write_query *query = &transaction->queries[i];
        const struct job *first = query->jobs.first;
        add_parameters(&db->parameters, first, query->jobs.count);
        connection_send(connection, first->statement, first->leaf, &db->parameters, query);
        for (struct job *job = query->jobs.first; job != NULL; job = job->next) {
            job->sent = true;
            metrics_record(
                db->actor.metrics, METRIC_QUEUE_DURATION, 0, transaction->sent_ns - job->request->accepted_ns);
        }
        metrics_add(db->actor.metrics, METRIC_BATCH_KEYS, LANE_WRITE, query->jobs.count);
    }
    metrics_add(db->actor.metrics, METRIC_BATCHES, LANE_WRITE, 1);
    connection_end_group(connection, transaction);
}

static void flush_queue(struct db_actor *db, struct job_queue *queue) {
    while (queue->first != NULL) {
        struct connection *connection = slice_pick(db->slice, LANE_WRITE);
        if (connection == NULL) {
            db_note_waiting(db, LANE_WRITE, queue->first);
            return;
        }
        struct job *jobs[BATCH_MAX];
        size_t count = take_jobs(db, queue, jobs, db->settings.batch);
        if (count > 0) {
            send_transaction(db, connection, make_transaction(jobs, count));
        }
    }
}

void write_flush(struct db_actor *db) {
    flush_queue(db, &db->writes.changes);
    flush_queue(db, &db->writes.votes);
}

// Keeps what the reply will need, because the row is gone when the transaction is known to be committed.
static void note_outcome(struct write_query *query, const PGresult *result) {
    struct job *job = query->jobs.first;
    if (query->query.statement == STATEMENT_HELPFUL) {
        query->found = strcmp(PQcmdTuples((PGresult *)result), "0") != 0;
    } else if (query->query.statement == STATEMENT_REPORT) {
        query->found = PQntuples(result) == 1 && result_int(result, 0, 0) > 0;
    } else if (PQntuples(result) == 1 && job->request != NULL) {
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
        } else if (query->found) {
            struct message *reply = db_new_reply(job, 16);
            reply_pack_kind(&reply, REPLY_DONE);
            db_answer(db, job, reply);
        } else {
            db_answer_problem(db, job, PROBLEM_NOT_FOUND, "There is no such review.");
        }
        db_drop(db, job);
    }
}

// The transaction was rolled back: the query that failed is judged by its error, the others go again.
static void take_back(struct db_actor *db, struct transaction *transaction, struct write_query *query) {
    for (struct job *job; (job = job_queue_pop(&query->jobs)) != NULL;) {
        message_free(job->reply);
        job->reply = NULL;
        if (query == transaction->failed) {
            db_take_back(db, job, transaction->sqlstate, transaction->reason);
        } else {
            job->sent = false;
            db_enqueue(db, job);
        }
    }
}

void write_group_done(struct db_actor *db, void *group) {
    struct transaction *transaction = group;
    metrics_record(db->actor.metrics, METRIC_DATABASE_DURATION, LANE_WRITE, clock_now_ns() - transaction->sent_ns);
    for (size_t i = 0; i < transaction->count; i++) {
        if (transaction->failed == NULL) {
            answer_committed(db, &transaction->queries[i]);
        } else {
            take_back(db, transaction, &transaction->queries[i]);
        }
    }
    free(transaction);
}

void write_group_lost(struct db_actor *db, void *group) {
    struct transaction *transaction = group;
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
    }
}
