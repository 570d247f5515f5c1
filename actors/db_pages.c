// Lists of the DB actor that are kept, so that one that is asked for again costs PostgreSQL no more than a look at a version.
//
// Every write renews its product's version in its own transaction (pg/statement.def). A list is labelled with the version
// that was read just before it, on the same connection: what it shows is at least as new as its label. When it is asked for
// again, the actor asks whether the product still has that version, in a query that is sent after the request came. If so,
// nothing was committed in between, and the list is what PostgreSQL would answer now; so a reader sees every write that was
// answered before it asked, on whichever node. If not, the list is read anew.
//
// The version of product 0, the epoch, stands for changes by other means. It is asked for with every version, and a new one
// makes the actor forget all; so does a lost connection, behind which may be another server. A list is kept only under the
// epoch of its label: one that another connection was slow to read may come when the actor has forgotten its like already.

#include "actors/db_state.h"

#include "core/clock.h"
#include "core/loop.h"
#include "core/metrics.h"
#include "pg/result.h"

enum {
    EPOCH_PRODUCT = 0,
    // What somebody changes by hand, without a word to product_version, is seen after this time.
    PAGE_AGE_MAX_S = 60,
    // Where versions cannot be read (the table is locked, or the role may not), lists are read without them for so long.
    PAUSE_S = 5
};

void pages_start(struct db_actor *db) {
    db->pages = page_cache_new(db->settings.page_bytes);
    db->epoch = VERSION_UNKNOWN;
}

void pages_free(struct db_actor *db) {
    page_cache_free(db->pages);
    db->pages = NULL;
}

static void note_size(struct db_actor *db) {
    metrics_set(db->actor.metrics, METRIC_KEPT_PAGES, 0, page_cache_count(db->pages));
    metrics_set(db->actor.metrics, METRIC_KEPT_PAGES_BYTES, 0, page_cache_bytes(db->pages));
}

void pages_forget(struct db_actor *db) {
    db->epoch = VERSION_UNKNOWN;
    if (db->pages != NULL) {
        page_cache_clear(db->pages);
        note_size(db);
    }
}

void pages_look(struct db_actor *db, struct job *job) {
    bool was_kept = job->is_kept;
    job->is_kept = false;
    job->keep = false;
    job->version = VERSION_UNKNOWN;
    uint64_t now_ns = loop_now_ns(db->actor.loop);
    if (db->pages == NULL || statement_lane(job->statement) != LANE_READ || now_ns < db->pages_paused_until_ns) {
        return;
    }
    struct page page;
    uint64_t oldest_ns = now_ns - PAGE_AGE_MAX_S * NS_PER_S;
    if (page_cache_find(db->pages, job->read_key, &page) && page.read_ns > oldest_ns) {
        job->is_kept = true;
        job->version = page.version;
    } else {
        job->keep = page_cache_admits(db->pages, job->read_key) || was_kept;
    }
}

void pages_add_parameters(struct parameters *parameters, const struct read_query *query) {
    parameters_begin_int32_array(parameters, (size_t)query->count + 1);
    parameters_add_int32_element(parameters, EPOCH_PRODUCT);
    for (int i = 0; i < query->count; i++) {
        parameters_add_int32_element(parameters, query->jobs[i]->ask.list.product_id);
    }
    parameters_begin_int64_array(parameters, (size_t)query->count + 1);
    parameters_add_int64_element(parameters, query->epoch);
    for (int i = 0; i < query->count; i++) {
        parameters_add_int64_element(parameters, query->jobs[i]->version);
    }
}

// The versions that the result tells: those of the jobs and the query's epoch are set, and a new epoch makes the actor forget.
// A row's place is 1 for the epoch, and from 2 for the jobs; what has not changed has no row.
static void take_versions(struct db_actor *db, struct read_query *query, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        int place = result_place(result, row, query->count + 1);
        int64_t version = result_int(result, row, 1);
        if (place > 0) {
            query->jobs[place - 1]->version = version;
        } else if (place == 0) {
            query->epoch = version;
        }
        if (place == 0 && version != db->epoch) {
            pages_forget(db);
            db->epoch = version;
        }
    }
}

void pages_take_labels(struct db_actor *db, struct read_query *query, const PGresult *result) {
    take_versions(db, query, result);
    for (int i = 0; i < query->count; i++) {
        query->jobs[i]->epoch = query->epoch;
    }
}

void pages_pause(struct db_actor *db, const PGresult *result) {
    uint64_t now_ns = loop_renew_now_ns(db->actor.loop);
    if (now_ns >= db->pages_paused_until_ns) { // others that were in flight fail with the first
        log_event(db->actor.log, LOG_WARNING, db->actor.name, "lists are not kept for a while",
            "seconds=%d sqlstate=%s reason=\"%s\"", PAUSE_S, PQresultErrorField(result, PG_DIAG_SQLSTATE),
            PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    }
    db->pages_paused_until_ns = now_ns + PAUSE_S * NS_PER_S;
    pages_forget(db);
}

// The page that a job waits for, if it is still kept with the version that was confirmed.
static bool find_confirmed(struct db_actor *db, const struct job *job, struct page *page) {
    return db->pages != NULL && page_cache_find(db->pages, job->read_key, page) && page->version == job->version;
}

void pages_answer(struct db_actor *db, struct read_query *query, const PGresult *result) {
    take_versions(db, query, result);
    for (int i = 0; i < query->count; i++) {
        struct job *job = query->jobs[i];
        struct page page;
        // A job whose version has changed has the new one, with which no page was kept before this query was sent. Pages that
        // were kept since then were read later still, so they serve it as well.
        if (find_confirmed(db, job, &page)) {
            metrics_add(db->actor.metrics, METRIC_PAGES_SERVED, 0, job_count(job));
            answer_body(db, job, page.body);
            db_drop(db, job);
        } else {
            if (db->pages != NULL) {
                page_cache_remove(db->pages, job->read_key);
            }
            db_ask_again(db, job);
        }
    }
}

void pages_keep(struct db_actor *db, const struct job *job, struct view body) {
    if (db->pages != NULL && job->keep && job->version != VERSION_UNKNOWN && job->epoch == db->epoch) {
        page_cache_put(db->pages, job->read_key, &(struct page){job->version, job->sent_ns, body});
        note_size(db);
    }
}
