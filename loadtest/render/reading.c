// Reads: batches as the server makes them (actors/db_read.c), lists kept in memory (page_cache.h), and from results
// to bodies what each form needs.
#include "loadtest/render/render.h"
#include "pg/result.h"
#include "proto/json_writer.h"
#include "proto/reply_json.h"

enum {
    SINGLES_MAX = 3, // so many lists of a segment are asked for one by one
    TAKE_TOTALS = -1,
    TAKE_VERSIONS = -2
};

static void queue(struct run *run, struct ask ask) {
    if (run->batch_count == COUNT_OF(run->batch)) {
        fail("too many lists are asked for again");
    }
    run->batch[run->batch_count++] = ask;
}

void reading_add(struct run *run, enum kind kind, int32_t product) {
    struct ask ask = {.product = product};
    struct page page;
    if (kind == KIND_META) {
        ask.product = -product;
    } else if (run->pages != NULL && page_cache_find(run->pages, (uint64_t)product, &page)) {
        ask.is_kept = true;
        ask.version = page.version;
    } else if (run->pages != NULL) {
        ask.keep = page_cache_admits(run->pages, (uint64_t)product);
    }
    queue(run, ask);
    if (run->batch_count >= BATCH) {
        reading_send(run);
    }
}

static void add_products(struct parameters *parameters, const struct query *query) {
    parameters_begin_int32_array(parameters, (size_t)query->count);
    for (int i = 0; i < query->count; i++) {
        parameters_add_int32_element(parameters, query->asks[i].product);
    }
}

static void add_constants(struct parameters *parameters, const struct query *query, int32_t value) {
    parameters_begin_int32_array(parameters, (size_t)query->count);
    for (int i = 0; i < query->count; i++) {
        parameters_add_int32_element(parameters, value);
    }
}

static void add_versions(struct parameters *parameters, const struct run *run, const struct query *query) {
    parameters_begin_int32_array(parameters, (size_t)query->count + 1);
    parameters_add_int32_element(parameters, 0);
    for (int i = 0; i < query->count; i++) {
        parameters_add_int32_element(parameters, query->asks[i].product);
    }
    parameters_begin_int64_array(parameters, (size_t)query->count + 1);
    parameters_add_int64_element(parameters, run->epoch);
    for (int i = 0; i < query->count; i++) {
        parameters_add_int64_element(parameters, query->asks[i].version);
    }
}

static void send_query(struct run *run, struct link *link, const struct query *query, int leaf) {
    struct parameters *parameters = &run->parameters;
    parameters_reset(parameters);
    if (query->text == TEXT_VERSIONS) {
        add_versions(parameters, run, query);
    } else if (query->text == TEXT_LIST_ONE) {
        parameters_add_int32(parameters, query->asks[0].product);
        if (run->form != FORM_PAGE) {
            parameters_add_int32(parameters, LIST_LENGTH);
            parameters_add_int32(parameters, 0);
        }
    } else {
        add_products(parameters, query);
    }
    if (query->text == TEXT_LIST && run->form != FORM_PAGE) {
        add_constants(parameters, query, LIST_LENGTH);
        add_constants(parameters, query, 0);
    }
    link_send(run, link, query, leaf);
}

// Takes out of the batch what is for a segment, or the totals, or the kept lists.
static int take(struct run *run, int leaf, struct ask *asks) {
    int count = 0;
    int left = 0;
    for (int i = 0; i < run->batch_count; i++) {
        struct ask ask = run->batch[i];
        int its_leaf = ask.product < 0          ? TAKE_TOTALS
                       : ask.is_kept            ? TAKE_VERSIONS
                       : run->form == FORM_PAGE ? 0
                                                : leaf_of(run, ask.product);
        if (its_leaf == leaf && count < BATCH) {
            asks[count++] = ask;
        } else {
            run->batch[left++] = ask;
        }
    }
    run->batch_count = left;
    return count;
}

static void send_lists(
    struct run *run, struct link *link, struct group *group, int leaf, const struct ask *asks, int count) {
    int each = count <= SINGLES_MAX ? 1 : count;
    for (int i = 0; i < count; i += each) {
        struct query *query = group_add(group, each == 1 ? TEXT_LIST_ONE : TEXT_LIST);
        query->count = each;
        memcpy(query->asks, asks + i, (size_t)each * sizeof *asks);
        send_query(run, link, query, leaf);
    }
}

// The versions of those lists that are to be kept are asked for before them.
static void send_label(struct run *run, struct link *link, struct group *group) {
    struct query *label = NULL;
    for (int i = 0; i < run->batch_count; i++) {
        if (run->batch[i].keep) {
            if (label == NULL) {
                label = group_add(group, TEXT_VERSIONS);
                label->is_label = true;
            }
            label->asks[label->count] = run->batch[i];
            label->asks[label->count++].version = -1;
        }
    }
    if (label != NULL) {
        send_query(run, link, label, 0);
    }
}

void reading_send(struct run *run) {
    struct link *link = &run->reads[run->next_read++ % READ_LINKS];
    struct group *group = link_begin(run, link); // may add what has to be asked again
    // No more than a batch in a group: the rest waits for the next one.
    struct ask rest[COUNT_OF(run->batch)];
    int rest_count = run->batch_count > BATCH ? run->batch_count - BATCH : 0;
    memcpy(rest, run->batch + run->batch_count - rest_count, (size_t)rest_count * sizeof *rest);
    run->batch_count -= rest_count;
    send_label(run, link, group);
    struct ask asks[BATCH];
    for (int leaf = TAKE_VERSIONS; leaf < run->leaf_count && run->batch_count > 0; leaf++) {
        int count = take(run, leaf, asks);
        if (leaf >= 0) {
            send_lists(run, link, group, leaf, asks, count);
        } else if (count > 0) {
            struct query *query = group_add(group, leaf == TAKE_TOTALS ? TEXT_META : TEXT_VERSIONS);
            query->count = count;
            for (int i = 0; i < count; i++) {
                query->asks[i] = asks[i];
                query->asks[i].product = leaf == TAKE_TOTALS ? -asks[i].product : asks[i].product;
            }
            send_query(run, link, query, 0);
        }
    }
    link_end(link);
    memcpy(run->batch, rest, (size_t)rest_count * sizeof *rest);
    run->batch_count = rest_count;
}

static void begin_body(struct run *run) {
    run->body.length = 0;
}

// A body is ready. FNV-1a, only while bodies are compared.
static void end_body(struct run *run) {
    run->body_bytes += run->body.length;
    if (run->is_checked) {
        uint64_t hash = UINT64_C(14695981039346656037);
        for (size_t i = 0; i < run->body.length; i++) {
            hash = (hash ^ (unsigned char)run->body.data[i]) * UINT64_C(1099511628211);
        }
        run->checksum += hash;
    }
}

static void add_stored_review(struct buffer *body, const PGresult *result, int row, bool is_first) {
    if (!is_first) {
        buffer_append(body, VIEW(","));
    }
    buffer_append(body, result_text(result, row, 1));
    json_write_int(body, result_int(result, row, 2));
    struct view photos = result_text(result, row, 3);
    buffer_append(body, VIEW(",\"photos\":"));
    buffer_append(body, photos.data == NULL ? VIEW("[]") : photos);
    buffer_append(body, VIEW("}"));
}

// Renders the rows of one list from `row` on; returns the first row behind them.
static int render_list(struct run *run, const struct query *query, int place, const PGresult *result, int row) {
    const struct list_request asked = {.product_id = query->asks[place].product, .count = LIST_LENGTH};
    int first = row;
    int end = PQntuples(result);
    if (run->form == FORM_PAGE && row < end && result_place(result, row, query->count) == place) {
        buffer_append(&run->body, result_text(result, row, 1));
        return row + 1;
    }
    reply_json_list_begin(&run->body, &asked);
    for (; row < end && result_place(result, row, query->count) == place; row++) {
        if (run->form == FORM_ROWS) {
            struct review review;
            result_review(result, row, &review);
            reply_json_list_add(&run->body, &review, row == first);
        } else {
            add_stored_review(&run->body, result, row, row == first);
        }
    }
    reply_json_list_end(&run->body);
    return row;
}

static void answer_lists(struct run *run, const struct query *query, const PGresult *result) {
    int row = 0;
    for (int i = 0; i < query->count; i++) {
        const struct ask *ask = &query->asks[i];
        begin_body(run);
        row = render_list(run, query, i, result, row);
        if (ask->keep) {
            page_cache_put(
                run->pages, (uint64_t)ask->product, &(struct page){ask->version, 0, buffer_view(&run->body)});
        }
        end_body(run);
    }
    run->list_count += (uint64_t)query->count;
}

// Totals are the same for all forms: their JSON is left out.
static void answer_metas(struct run *run, const struct query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct review_meta meta;
        result_meta(result, row, &meta);
    }
    run->meta_count += (uint64_t)query->count;
}

// The versions that have changed.
static void take_versions(struct run *run, struct query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        int place = result_place(result, row, query->count + 1);
        int64_t version = result_int(result, row, 1);
        if (place == 0 && version != run->epoch) {
            page_cache_clear(run->pages);
            run->epoch = version;
        } else if (place > 0) {
            query->asks[place - 1].version = version;
        }
    }
}

static void answer_kept(struct run *run, const struct query *query) {
    for (int i = 0; i < query->count; i++) {
        struct ask ask = query->asks[i];
        struct page page;
        if (page_cache_find(run->pages, (uint64_t)ask.product, &page) && page.version == ask.version) {
            begin_body(run);
            buffer_append(&run->body, page.body);
            end_body(run);
            run->list_count++;
            run->kept_count++;
        } else {
            page_cache_remove(run->pages, (uint64_t)ask.product);
            queue(run, (struct ask){.product = ask.product, .keep = true});
        }
    }
}

static void label_lists(struct group *group, const struct query *label) {
    for (int i = 0; i < group->count; i++) {
        struct query *query = &group->queries[i];
        for (int j = 0; j < query->count && (query->text == TEXT_LIST || query->text == TEXT_LIST_ONE); j++) {
            for (int k = 0; k < label->count && query->asks[j].keep; k++) {
                if (label->asks[k].product == query->asks[j].product) {
                    query->asks[j].version = label->asks[k].version;
                }
            }
        }
    }
}

void reading_answer(struct run *run, struct group *group, struct query *query, const PGresult *result) {
    switch (query->text) {
    case TEXT_META: answer_metas(run, query, result); break;
    case TEXT_VERSIONS:
        take_versions(run, query, result);
        if (query->is_label) {
            label_lists(group, query);
        } else {
            answer_kept(run, query);
        }
        break;
    default: answer_lists(run, query, result); break;
    }
}
