// A job: one request while it is with a DB actor, from its message to its one reply.
//
// A job lives until whoever holds it (a queue, or a query in flight) has no more use for it. It may be answered before that,
// by its deadline; then `request` is null and what comes later is dropped.
#ifndef REVIEWD_ACTORS_JOB_H
#define REVIEWD_ACTORS_JOB_H

#include "core/message.h"
#include "pg/statement.h"
#include "proto/operation.h"
#include "proto/request.h"

#include <sys/queue.h>

// What a list has to do with the stored page of its product (actors/db_pages.c).
enum job_page {
    PAGE_NONE,  // nothing
    PAGE_ASKED, // it asks for the page
    PAGE_MISSED // there was none that is good: it reads as many reviews as a page holds, to store it
};

struct job {
    struct job *next;            // in the queue or query that holds it
    TAILQ_ENTRY(job) by_arrival; // among the actor's unanswered jobs
    struct job *joined;          // the next of those that asked the same while this one waited: one result answers all
    struct job *same_slot;       // in the table of waiting reads
    uint64_t read_key;           // of a read: what it asks, see read_key_of()
    unsigned page_era;           // db->page_era, when its page was missed,
    int64_t version;             // of the product, then
    int64_t epoch;               // of all products, then
    struct message *request;     // owned; null once answered
    struct message *reply;       // of a write, until its transaction is committed
    enum operation operation;
    enum statement statement;
    int leaf;
    unsigned attempts; // failures so far
    bool lost;         // with a connection, once
    bool sent;         // to PostgreSQL, at the moment
    enum job_page page;
    bool alone; // a vote that shares no statement, because it failed with others
    bool found; // what a write is about exists
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

// The requests that a job stands for: its own, and those that joined it.
static inline unsigned job_count(const struct job *job) {
    unsigned count = 0;
    for (; job != NULL; job = job->joined) {
        count++;
    }
    return count;
}

// The first of these that still wants an answer; null if there is none.
static inline const struct job *job_first_unanswered(const struct job *job) {
    while (job != NULL && job->request == NULL) {
        job = job->joined;
    }
    return job;
}

static inline bool job_is_wanted(const struct job *job) {
    return job_first_unanswered(job) != NULL;
}

// The product that a job is about.
static inline int32_t job_product_id(const struct job *job) {
    switch (job->operation) {
    case OPERATION_REVIEW_LIST: return job->ask.list.product_id;
    case OPERATION_REVIEW_ADD: return job->ask.add.product_id;
    default: return job->ask.key.product_id;
    }
}

#endif
