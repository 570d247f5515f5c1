// A job: one request while it is with a DB actor, from its message to its one reply.
//
// A job lives until whoever holds it (a queue, or a query in flight) has no more use for it. It may be answered before that,
// by its deadline; then `request` is null and what comes later is dropped.
#ifndef REVIEWD_ACTORS_JOB_H
#define REVIEWD_ACTORS_JOB_H

#include "core/message.h"
#include "pg/statement.h"
#include "proto/request.h"

#include <sys/queue.h>

struct job {
    struct job *next;            // in the queue or query that holds it
    TAILQ_ENTRY(job) by_arrival; // among the actor's unanswered jobs
    struct message *request;     // owned; null once answered
    struct message *reply;       // of a write, until its transaction is committed
    enum statement statement;
    int leaf;
    unsigned attempts; // failures so far
    bool lost;         // with a connection, once
    bool sent;         // to PostgreSQL, at the moment
    uint64_t sent_ns;
    union {
        struct list_request list;
        struct key_request key; // also META (review_id 0)
        struct add_request add;
    } ask;
};

TAILQ_HEAD(job_list, job);

// A queue of jobs linked by `next`.
struct job_queue {
    struct job *first;
    struct job *last;
    size_t count;
};

static inline void job_queue_push(struct job_queue *queue, struct job *job) {
    job->next = NULL;
    if (queue->last == NULL) {
        queue->first = job;
    } else {
        queue->last->next = job;
    }
    queue->last = job;
    queue->count++;
}

static inline struct job *job_queue_pop(struct job_queue *queue) {
    struct job *job = queue->first;
    if (job != NULL) {
        queue->first = job->next;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        queue->count--;
        job->next = NULL;
    }
    return job;
}

// The product that a job is about.
static inline int32_t job_product_id(const struct job *job) {
    switch (job->statement) {
    case STATEMENT_LIST_RELEVANT:
    case STATEMENT_LIST_NEWEST:
    case STATEMENT_LIST_HELPFUL: return job->ask.list.product_id;
    case STATEMENT_ADD: return job->ask.add.product_id;
    default: return job->ask.key.product_id;
    }
}

#endif
