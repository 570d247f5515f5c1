// Writes: transactions as the server makes them (actors/db_write.c), with what the form needs besides.
#include "core/clock.h"
#include "loadtest/render/render.h"
#include "proto/reply_json.h"

#include <stdlib.h>

// As reviewd-loadgen posts it.
#define SUMMARY "Fits as it should, and looks better than in the picture"
#define BODY                                                                                                           \
    "Warm, light, and true to size. I have worn it every day for two weeks now, in rain and in sun, and it still "     \
    "looks new. The zip runs well, the pockets are deep enough for a phone."

static int by_product(const void *a, const void *b) {
    const struct ask *ask_a = a;
    const struct ask *ask_b = b;
    return (ask_a->product > ask_b->product) - (ask_a->product < ask_b->product);
}

// The writes from `first` on that are for the segment of the first one; returns where the next one's begin.
static int end_of_leaf(const struct run *run, const struct ask *writes, int count, int first) {
    int end = first + 1;
    while (end < count && leaf_of(run, writes[end].product) == leaf_of(run, writes[first].product)) {
        end++;
    }
    return end;
}

// Of sorted writes, each product once.
static void send_products(
    struct run *run, struct link *link, struct group *group, enum text text, const struct ask *writes, int count) {
    struct query *query = group_add(group, text);
    for (int i = 0; i < count; i++) {
        if (i == 0 || writes[i].product != writes[i - 1].product) {
            query->asks[query->count++] = writes[i];
        }
    }
    parameters_reset(&run->parameters);
    parameters_begin_int32_array(&run->parameters, (size_t)query->count);
    for (int i = 0; i < query->count; i++) {
        parameters_add_int32_element(&run->parameters, query->asks[i].product);
    }
    link_send(run, link, query, leaf_of(run, writes[0].product));
}

// JSON of the new review as FORM_JSON stores it, all behind its id.
static void add_head(struct run *run, const struct review *review) {
    const size_t before = sizeof "{\"review_id\":0" - 1;
    const size_t after = sizeof "0,\"photos\":[]}" - 1;
    run->body.length = 0;
    reply_json_review(&run->body, review);
    parameters_add_text(&run->parameters, (struct view){run->body.data + before, run->body.length - before - after});
}

static void send_add(struct run *run, struct link *link, struct group *group, int32_t product) {
    const struct review review = {.created_ms = clock_wall_ms(),
        .rating = (int32_t)(asking_random(&run->asking) * RATING_MAX) + 1,
        .recommend = true,
        .summary = VIEW(SUMMARY),
        .body = VIEW(BODY),
        .reviewer_name = VIEW("Ada")};
    struct parameters *parameters = &run->parameters;
    parameters_reset(parameters);
    parameters_add_int32(parameters, product);
    parameters_add_int16(parameters, (int16_t)review.rating);
    parameters_add_bool(parameters, review.recommend);
    parameters_add_int32(parameters, 3);
    parameters_add_timestamp(parameters, review.created_ms);
    parameters_add_text(parameters, review.summary);
    parameters_add_text(parameters, review.body);
    parameters_add_text(parameters, review.reviewer_name);
    parameters_add_text(parameters, VIEW("ada@example.com"));
    parameters_add_text(parameters, (struct view){NULL, 0});
    if (run->form == FORM_JSON) {
        add_head(run, &review);
    }
    link_send(run, link, group_add(group, TEXT_ADD), leaf_of(run, product));
}

static void send_votes(struct run *run, struct link *link, struct group *group, const struct ask *votes, int count) {
    int64_t reviews[WRITES];
    int32_t sums[WRITES];
    size_t sum_count = 0;
    for (int i = 0; i < count; i++) {
        int64_t review = ((int64_t)votes[i].product << REVIEW_ID_PRODUCT_SHIFT) + 1;
        if (sum_count == 0 || reviews[sum_count - 1] != review) {
            reviews[sum_count] = review;
            sums[sum_count++] = 0;
        }
        sums[sum_count - 1]++;
    }
    struct parameters *parameters = &run->parameters;
    parameters_reset(parameters);
    parameters_begin_int32_array(parameters, sum_count);
    for (size_t i = 0; i < sum_count; i++) {
        parameters_add_int32_element(parameters, review_product_id(reviews[i]));
    }
    parameters_begin_int64_array(parameters, sum_count);
    for (size_t i = 0; i < sum_count; i++) {
        parameters_add_int64_element(parameters, reviews[i]);
    }
    parameters_begin_int32_array(parameters, sum_count);
    for (size_t i = 0; i < sum_count; i++) {
        parameters_add_int32_element(parameters, sums[i]);
    }
    link_send(run, link, group_add(group, TEXT_VOTE), leaf_of(run, votes[0].product));
}

static void send_transaction(struct run *run, struct ask *writes, int count, bool are_votes) {
    struct link *link = &run->writes[run->next_write++ % WRITE_LINKS];
    link_finish(run, link); // one transaction at a time
    struct group *group = link_begin(run, link);
    group->writes = count;
    qsort(writes, (size_t)count, sizeof *writes, by_product);
    if (are_votes && run->texts[TEXT_LOCK] != NULL) {
        send_products(run, link, group, TEXT_LOCK, writes, count);
    }
    for (int first = 0, end; first < count; first = end) {
        end = are_votes ? end_of_leaf(run, writes, count, first) : first + 1;
        if (are_votes) {
            send_votes(run, link, group, writes + first, end - first);
        } else {
            send_add(run, link, group, writes[first].product);
        }
    }
    for (int first = 0, end; first < count && run->texts[TEXT_PAGES] != NULL; first = end) {
        end = end_of_leaf(run, writes, count, first);
        send_products(run, link, group, TEXT_PAGES, writes + first, end - first);
    }
    link_end(link);
}

void writing_add(struct run *run, enum kind kind, int32_t product) {
    struct ask ask = {.product = product};
    if (kind == KIND_POST) {
        run->adds[run->add_count++] = ask;
    } else {
        run->votes[run->vote_count++] = ask;
    }
    if (run->add_count == WRITES) {
        send_transaction(run, run->adds, run->add_count, false);
        run->add_count = 0;
    } else if (run->vote_count == WRITES) {
        send_transaction(run, run->votes, run->vote_count, true);
        run->vote_count = 0;
    }
}
