// Stored pages of the DB actor: the first reviews of a product in the default order cost PostgreSQL ten rows in ten places when
// they are read from the reviews, and one row when they were stored as they are sent (pg/product_page.h).
//
// Every write renews its product's version in its own transaction (pg/statement.def). A list that a page can answer asks for the
// page first, and PostgreSQL tells it only with the product's version and the epoch of the same snapshot, if the page was stored
// under both. If not, the list is read from the reviews, and what was read is stored under the version and epoch that were told
// before: it shows what these show or something newer. If it is newer, the version that it was stored under has gone for ever,
// and nobody is sent that page. So a page shows what its reviews show in the same snapshot, to each request and on each node.
//
// The epoch is the version of product 0: it changes when all reviews do. A version is the number of a transaction, so no other
// state of a product ever has the same.
//
// All this holds for one database. Another one, after a failover, may lack the last transactions of the one before, and give their
// numbers again; so what was read before a connection was lost is not stored. (The table itself is empty after a failover: it is not
// in the log.) Connections go to the primary only, unless the DSN says otherwise.
//
// Pages are stored by one query at a time. What is read while it is under way goes with the next one, and what finds no room
// there is stored when it is read again. So storing takes a bounded share of a busy server.

#include "actors/db_state.h"

#include "core/clock.h"
#include "core/loop.h"
#include "core/metrics.h"
#include "pg/product_page.h"
#include "pg/result.h"
#include "proto/reply_json.h"

#include <stdlib.h>

enum {
    // Where pages cannot be read or stored (the table is locked, or the role may not), the server does without for so long.
    PAUSE_S = 5
};

void pages_start(struct db_actor *db) {
    db->page_store.query.statement = STATEMENT_PAGE_STORE;
}

void pages_free(struct db_actor *db) {
    buffer_free(&db->page);
    buffer_free(&db->page_store.bytes);
}

void pages_look(struct db_actor *db, struct job *job) {
    if (job->page != PAGE_MISSED) {
        bool is_stored = db->settings.stores_pages && job->operation == OPERATION_REVIEW_LIST &&
                         product_page_covers(&job->ask.list) &&
                         loop_now_ns(db->actor.loop) >= db->pages_paused_until_ns;
        job->page = is_stored ? PAGE_ASKED : PAGE_NONE;
    }
}

static void note_pause(struct db_actor *db, const char *what, const PGresult *result) {
    log_event(db->actor.log, LOG_WARNING, db->actor.name, what, "seconds=%d sqlstate=%s reason=\"%s\"", PAUSE_S,
        PQresultErrorField(result, PG_DIAG_SQLSTATE), PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

// Lists that wait to ask for their page would meet what keeps others from theirs.
static void ask_without_pages(struct db_actor *db) {
    struct job_queue waiting = {0};
    read_take_all(db, &waiting);
    db_enqueue_all(db, &waiting);
}

void pages_pause(struct db_actor *db, const PGresult *result) {
    uint64_t now_ns = loop_now_ns(db->actor.loop);
    if (now_ns >= db->pages_paused_until_ns) { // others that were in flight fail with the first
        note_pause(db, "pages are not read for a while", result);
    }
    db->pages_paused_until_ns = now_ns + PAUSE_S * NS_PER_S;
    ask_without_pages(db);
}

// Answers a list with JSON of reviews, and those that joined it.
static void answer_with(struct db_actor *db, struct job *job, struct view reviews) {
    struct buffer *body = &db->body;
    body->length = 0;
    reply_json_list_begin(body, &job->ask.list);
    buffer_append(body, reviews);
    reply_json_list_end(body);
    answer_body(db, job, buffer_view(body));
}

// Answers the job of a row if the row has a page, and else notes under which versions one may be stored.
static void take_row(struct db_actor *db, struct job *job, const PGresult *result, int row) {
    struct view page = result_text(result, row, 3);
    struct view reviews;
    job->page_era = db->page_era;
    job->version = result_int(result, row, 1);
    job->epoch = result_int(result, row, 2);
    if (page.data != NULL && product_page_read(page, &job->ask.list, &reviews)) {
        lane_growth_note(&db->growth[LANE_READ], 1);
        metrics_add(db->actor.metrics, METRIC_PAGES_SERVED, 0, job_count(job));
        answer_with(db, job, reviews);
    }
}

void pages_answer(struct db_actor *db, struct read_query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        int place = result_place(result, row, query->count);
        if (place >= 0) {
            take_row(db, query->jobs[place], result, row);
        }
    }
    for (int i = 0; i < query->count; i++) {
        query->jobs[i]->page = PAGE_MISSED;
        db_ask_again(db, query->jobs[i]);
    }
}

static void drop_waiting(struct page_store *store) {
    store->count = 0;
    store->bytes.length = 0;
}

void pages_end_era(struct db_actor *db) {
    db->page_era++;
    drop_waiting(&db->page_store);
}

// Where the product's page is, or would be, among those that wait to be stored.
static int place_of(const struct page_store *store, int32_t product_id) {
    int place = 0;
    while (place < store->count && store->pages[place].product_id < product_id) {
        place++;
    }
    return place;
}

// Keeps the page for the next query that stores some, which wants products in order and each once.
static void wait_for_store(struct db_actor *db, const struct job *job, struct view page) {
    struct page_store *store = &db->page_store;
    int32_t product_id = job->ask.list.product_id;
    int place = place_of(store, product_id);
    bool is_there = place < store->count && store->pages[place].product_id == product_id;
    if (!db->settings.stores_pages || is_there || store->count == PAGE_STORE_MAX ||
        store->bytes.length + page.length > PAGE_STORE_BYTES || job->page_era != db->page_era ||
        loop_now_ns(db->actor.loop) < store->paused_until_ns) {
        return;
    }
    memmove(&store->pages[place + 1], &store->pages[place], (size_t)(store->count - place) * sizeof store->pages[0]);
    store->pages[place] = (struct waiting_page){product_id, job->epoch, job->version, store->bytes.length, page.length};
    store->count++;
    buffer_append(&store->bytes, page);
}

void pages_render(struct db_actor *db, struct job *job, const PGresult *result, int first_row, int end_row) {
    product_page_begin(&db->page);
    for (int row = first_row; row < end_row; row++) {
        struct review review;
        result_review(result, row, &review);
        product_page_add(&db->page, &review);
    }
    struct view page = buffer_view(&db->page);
    struct view reviews = {NULL, 0};
    (void)product_page_read(page, &job->ask.list, &reviews); // it was made just now
    if (end_row > first_row) {                               // pages of products that there are not would have no end
        wait_for_store(db, job, page);
    }
    answer_with(db, job, reviews);
}

static void add_parameters(struct parameters *parameters, const struct page_store *store) {
    parameters_reset(parameters);
    parameters_begin_int32_array(parameters, (size_t)store->count);
    for (int i = 0; i < store->count; i++) {
        parameters_add_int32_element(parameters, store->pages[i].product_id);
    }
    parameters_add_int16(parameters, PRODUCT_PAGE_FORMAT);
    parameters_begin_int64_array(parameters, (size_t)store->count);
    for (int i = 0; i < store->count; i++) {
        parameters_add_int64_element(parameters, store->pages[i].epoch);
    }
    parameters_begin_int64_array(parameters, (size_t)store->count);
    for (int i = 0; i < store->count; i++) {
        parameters_add_int64_element(parameters, store->pages[i].version);
    }
    parameters_begin_bytes_array(parameters, (size_t)store->count, store->bytes.length);
    for (int i = 0; i < store->count; i++) {
        const struct waiting_page *page = &store->pages[i];
        parameters_add_bytes_element(parameters, (struct view){store->bytes.data + page->offset, page->length});
    }
}

void pages_flush(struct db_actor *db) {
    struct page_store *store = &db->page_store;
    struct connection *connection = store->count == 0 || store->in_flight > 0 ? NULL : slice_pick(db->slice, LANE_READ);
    if (connection == NULL) {
        return;
    }
    connection_prepare(connection, STATEMENT_PAGE_STORE, 0);
    add_parameters(&db->parameters, store);
    connection_send(connection, STATEMENT_PAGE_STORE, 0, &db->parameters, &store->query);
    connection_end_group(connection, NULL);
    store->in_flight = store->count;
    drop_waiting(store);
}

void pages_stored(struct db_actor *db, const PGresult *result) {
    struct page_store *store = &db->page_store;
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        metrics_add(db->actor.metrics, METRIC_PAGES_STORED, 0, strtoul(PQcmdTuples((PGresult *)result), NULL, 10));
    } else if (sqlstate_action(PQresultErrorField(result, PG_DIAG_SQLSTATE)) != SQLSTATE_RECONNECT) {
        drop_waiting(store);
        note_pause(db, "pages are not stored for a while", result);
        store->paused_until_ns = loop_now_ns(db->actor.loop) + PAUSE_S * NS_PER_S;
    }
    store->in_flight = 0;
}

void pages_store_lost(struct db_actor *db) {
    db->page_store.in_flight = 0;
}
