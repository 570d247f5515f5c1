// Recounts the totals of all products: each thread has a connection and takes one segment after the other, in ranges of
// products that are compared one by one.
#include "seed/audit.h"

#include <stdlib.h>

#include "seed/audit_range.h"
#include "seed/audit_session.h"
#include "seed/crew.h"
#include "seed/database.h"

// The products from first_product up to, but without, end_product. The numbers are those of the statistics, for the eye.
struct audit_segment {
    uint32_t first_product;
    uint32_t end_product;
    uint64_t reviews;
    uint64_t bytes;
};

struct audit {
    const struct settings *settings;
    struct failure *failure;
    struct database database;
    struct audit_columns columns;
    struct audit_segment *segments;
    uint32_t segment_count;
    // In all segments, as far as the statistics know.
    uint64_t reviews;
    // One a thread.
    struct session *sessions;
    uint32_t session_count;
    struct audit_report report;
    struct progress progress;
};

static uint64_t number_at(const PGresult *rows, int row, int column) {
    return strtoull(PQgetvalue(rows, row, column), NULL, 10);
}

// Reads the segments: they only divide the work, and may change at any time.
static bool read_segments(struct audit *audit) {
    PGresult *rows = audit_session_query(&audit->database.session, "read the segments",
        "SELECT first_product, end_product, reviews, "
        "coalesce((SELECT relpages FROM pg_class WHERE oid = to_regclass(quote_ident(leaf))), 0) * 8192::bigint "
        "FROM segment ORDER BY first_product");
    if (rows == NULL) {
        return false;
    }
    audit->segment_count = (uint32_t)PQntuples(rows);
    audit->segments = calloc(audit->segment_count, sizeof *audit->segments);
    if (audit->segments == NULL) {
        PQclear(rows);
        return failure_set(audit->failure, "no memory for %u segments", audit->segment_count);
    }
    for (uint32_t i = 0; i < audit->segment_count; i++) {
        audit->segments[i] = (struct audit_segment){.first_product = (uint32_t)number_at(rows, (int)i, 0),
            .end_product = (uint32_t)number_at(rows, (int)i, 1),
            .reviews = number_at(rows, (int)i, 2),
            .bytes = number_at(rows, (int)i, 3)};
        audit->reviews += audit->segments[i].reviews;
    }
    PQclear(rows);
    return true;
}

// Shows that so many reviews of the segment were compared, or all that are left of what its statistics promise.
static void show_reviews(struct audit *audit, const struct audit_segment *segment, uint64_t reviews, uint64_t *shown) {
    uint64_t left = segment->reviews - *shown;
    uint64_t now = reviews < left ? reviews : left;
    if (now > 0) {
        progress_add(
            &audit->progress, now, (uint64_t)((double)segment->bytes * (double)now / (double)segment->reviews));
        *shown += now;
    }
}

static void audit_segment(void *owner, uint32_t thread, uint32_t task) {
    struct audit *audit = owner;
    struct session *session = &audit->sessions[thread];
    const struct audit_segment *segment = &audit->segments[task];
    uint32_t first_product = segment->first_product;
    uint64_t shown = 0;
    while (first_product < segment->end_product && !failure_stopped(audit->failure)) {
        uint32_t last_product = 0;
        uint64_t reviews = 0;
        if (!audit_range_find(session, first_product, segment->end_product, &last_product, &reviews)) {
            return;
        }
        bool done = audit->settings->repair
                        ? audit_range_repair(session, first_product, last_product, &audit->columns, &audit->report)
                        : audit_range_compare(session, first_product, last_product, &audit->report);
        if (!done) {
            return;
        }
        show_reviews(audit, segment, reviews, &shown);
        first_product = last_product + 1;
    }
    show_reviews(audit, segment, segment->reviews, &shown);
}

static void interrupt_sessions(void *owner) {
    struct audit *audit = owner;
    for (uint32_t i = 0; i < audit->session_count; i++) {
        session_cancel(&audit->sessions[i]);
    }
}

static bool open_sessions(struct audit *audit, uint32_t count) {
    audit->sessions = calloc(count, sizeof *audit->sessions);
    if (audit->sessions == NULL) {
        return failure_set(audit->failure, "no memory for %u threads", count);
    }
    while (audit->session_count < count) {
        struct session *session = &audit->sessions[audit->session_count++];
        if (!session_open(session, audit->settings->dsn, AUDIT_SESSION_SETTINGS, audit->failure)) {
            return false;
        }
    }
    return true;
}

// What is to be known beforehand.
static void prepare(void *owner, uint32_t thread, uint32_t task) {
    struct audit *audit = owner;
    struct session *session = &audit->database.session;
    (void)thread;
    (void)task;
    // What fails is told; the caller looks at that.
    bool prepared = session_run(session, "set up the connection", AUDIT_SESSION_SETTINGS) &&
                    audit_columns_read(session, &audit->columns) && read_segments(audit);
    (void)prepared;
}

static void interrupt_prepare(void *owner) {
    struct audit *audit = owner;
    session_cancel(&audit->database.session);
}

// Lets `threads` threads do the tasks.
static bool run_crew(struct audit *audit, uint32_t threads, uint32_t tasks,
    void (*work)(void *owner, uint32_t thread, uint32_t task), void (*interrupt)(void *owner)) {
    struct crew crew = {.failure = audit->failure,
        .progress = &audit->progress,
        .owner = audit,
        .work = work,
        .interrupt = interrupt,
        .thread_count = threads,
        .task_count = tasks};
    crew_run(&crew);
    return !failure_stopped(audit->failure);
}

static bool audit_segments(struct audit *audit) {
    progress_init(&audit->progress, 1, 0);
    // On a thread of its own, so that an interruption is seen: it may have to wait for locks.
    if (!run_crew(audit, 1, 1, prepare, interrupt_prepare)) {
        return false;
    }
    uint32_t wanted = audit->settings->threads;
    uint32_t threads = wanted < audit->segment_count ? wanted : audit->segment_count;
    progress_init(&audit->progress, audit->reviews == 0 ? 1 : audit->reviews, 0);
    bool done = open_sessions(audit, threads) &&
                run_crew(audit, threads, audit->segment_count, audit_segment, interrupt_sessions);
    for (uint32_t i = 0; i < audit->session_count; i++) {
        session_close(&audit->sessions[i]);
    }
    free(audit->sessions);
    return done;
}

bool audit_database(const struct settings *settings, struct failure *failure, uint64_t *differences) {
    struct audit audit = {.settings = settings, .failure = failure};
    audit_report_init(&audit.report);
    bool done = database_open(&audit.database, settings->dsn, failure) && audit_segments(&audit);
    if (done) {
        *differences = audit_report_sum_up(&audit.report, settings->repair, progress_seconds(&audit.progress));
    }
    database_close(&audit.database);
    free(audit.segments);
    return done;
}
