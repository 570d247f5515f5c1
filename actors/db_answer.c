// Results of reads to replies: what PostgreSQL answers to a query of many keys becomes the reply to each job, and to those that
// joined it.

#include "actors/db_state.h"

#include "core/memory.h"
#include "pg/result.h"
#include "proto/reply.h"
#include "proto/reply_json.h"

enum {
    META_REPLY_BYTES = 256,
    REVIEW_REPLY_BYTES = 640,
    BODY_REPLY_EXTRA_BYTES = 16,  // what msgpack adds to a body
    KEPT_BODY_BYTES = 1024 * 1024 // a larger scratch buffer is given back after use
};

// The job that a row answers, if it still wants to be.
static struct job *job_of_row(const struct read_query *query, const PGresult *result, int row) {
    int place = result_place(result, row, query->count);
    return place >= 0 && job_is_wanted(query->jobs[place]) ? query->jobs[place] : NULL;
}

// Answers a job and those that joined it with equal payloads. Takes over the reply, which has no envelope yet.
static void answer_all(struct db_actor *db, struct job *job, struct message *reply) {
    for (; job->joined != NULL; job = job->joined) {
        if (job->request != NULL) {
            struct message *copy = db_new_reply(job, reply->length);
            message_append(&copy, reply->payload, reply->length);
            db_answer(db, job, copy);
        }
    }
    if (job->request != NULL) {
        db_address(reply, job);
    }
    db_answer(db, job, reply);
}

void answer_body(struct db_actor *db, struct job *job, struct view body) {
    struct message *reply = message_new((uint32_t)body.length + BODY_REPLY_EXTRA_BYTES);
    reply_pack_body(&reply, body);
    answer_all(db, job, reply);
}

// Whether the rows come in the order of their keys. They do, because they are made by a nested loop over the keys; who reads
// on is told if that ever changes.
static bool is_in_order(const PGresult *result, int count) {
    int before = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        int place = result_place(result, row, count);
        if (place < before) {
            return false;
        }
        before = place;
    }
    return true;
}

static void answer_list(struct db_actor *db, struct job *job, const PGresult *result, int first_row, int end_row) {
    if (job->page == PAGE_MISSED) {
        pages_render(db, job, result, first_row, end_row);
        return;
    }
    struct buffer *body = &db->body;
    body->length = 0;
    reply_json_list_begin(body, &job->ask.list);
    for (int row = first_row; row < end_row; row++) {
        struct review review;
        result_review(result, row, &review);
        reply_json_list_add(body, &review, row == first_row);
    }
    reply_json_list_end(body);
    answer_body(db, job, buffer_view(body));
}

void answer_lists(struct db_actor *db, struct read_query *query, const PGresult *result) {
    bool in_order = is_in_order(result, query->count);
    int row = 0;
    for (int i = 0; i < query->count; i++) {
        if (!in_order) {
            db_answer_incident(db, query->jobs[i], "none", "the rows of lists are not in the order of the keys");
            continue;
        }
        int first_row = row;
        while (row < PQntuples(result) && result_place(result, row, query->count) == i) {
            row++;
        }
        answer_list(db, query->jobs[i], result, first_row, row);
    }
    if (db->body.capacity > KEPT_BODY_BYTES) {
        buffer_free(&db->body);
    }
}

static void answer_meta(struct db_actor *db, struct job *job, const struct review_meta *meta) {
    struct message *reply = message_new(META_REPLY_BYTES);
    reply_pack_meta(&reply, meta);
    answer_all(db, job, reply);
}

void answer_metas(struct db_actor *db, struct read_query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct job *job = job_of_row(query, result, row);
        if (job != NULL) {
            struct review_meta meta;
            result_meta(result, row, &meta);
            answer_meta(db, job, &meta);
        }
    }
    for (int i = 0; i < query->count; i++) { // products without reviews have no row
        struct job *job = query->jobs[i];
        if (job_is_wanted(job)) {
            answer_meta(db, job, &(struct review_meta){.product_id = job->ask.key.product_id});
        }
    }
}

void answer_reviews(struct db_actor *db, struct read_query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct job *job = job_of_row(query, result, row);
        if (job != NULL) {
            struct review review;
            result_review(result, row, &review);
            struct message *reply = message_new(REVIEW_REPLY_BYTES);
            reply_pack_kind(&reply, REPLY_REVIEW);
            reply_pack_review(&reply, &review);
            answer_all(db, job, reply);
        }
    }
    for (int i = 0; i < query->count; i++) {
        db_answer_problem(db, query->jobs[i], PROBLEM_NOT_FOUND, "There is no such review.");
    }
}
