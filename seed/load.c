// Fills a database: each thread has a connection and makes one segment after the other on the stage (see stage.h); when all are
// there, one transaction makes them visible.
//
// A segment is one transaction: table, rows, totals, indexes. The table is new in it, so COPY can FREEZE its rows (no later
// vacuum has to touch them), and with wal_level = minimal none of it is written twice.
#include "seed/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "seed/crew.h"
#include "seed/database.h"
#include "seed/leaf.h"
#include "seed/source.h"
#include "seed/stage.h"

// What the time of a run goes into.
enum phase {
    PHASE_ROWS,
    PHASE_INDEXES,
    PHASE_STATISTICS,
    PHASE_PUBLISH,
    PHASE_COUNT
};

enum {
    ACTION_ROOM = LEAF_NAME_ROOM + 16,
    SESSION_SETTINGS_ROOM = DATABASE_SCHEMA_ROOM + 256
};

struct load {
    const struct settings *settings;
    struct failure *failure;
    struct source *source;
    struct database database;
    struct stage stage;
    struct plan plan;
    struct progress progress;
    // How far each segment is, and the numbers (from 0) of those that are not done.
    enum stage_segment *segments;
    uint32_t *tasks;
    uint32_t task_count;
    // All threads' time, by phase.
    atomic_uint_fast64_t phase_ns[PHASE_COUNT];
    uint64_t loaded_records;
    uint32_t threads;
    // One a thread.
    struct session *sessions;
    uint32_t session_count;
    char session_settings[SESSION_SETTINGS_ROOM];
};

// Counts the time since *last for the phase.
static void clock_phase(struct load *load, enum phase phase, int64_t *last_ns) {
    int64_t now_ns = progress_now_ns();
    // Relaxed: read after the threads have ended.
    atomic_fetch_add_explicit(&load->phase_ns[phase], (uint64_t)(now_ns - *last_ns), memory_order_relaxed);
    *last_ns = now_ns;
}

static bool make_segment(
    struct load *load, uint32_t thread, const struct segment *segment, const struct leaf *leaf, const char *action) {
    struct session *session = &load->sessions[thread];
    int64_t last_ns = progress_now_ns();
    if (!session_run(session, action, "BEGIN") || !leaf_create(session, leaf, action) ||
        !load->source->class->fill(load->source, thread, session, segment, leaf->name, action)) {
        return false;
    }
    clock_phase(load, PHASE_ROWS, &last_ns);
    if (!leaf_build_indexes(session, leaf, action, &load->progress, segment->records) ||
        !stage_mark(session, segment->number - 1, SEGMENT_MADE, action) || !session_run(session, action, "COMMIT")) {
        return false;
    }
    clock_phase(load, PHASE_INDEXES, &last_ns);
    return true;
}

static void load_segment(void *owner, uint32_t thread, uint32_t task) {
    struct load *load = owner;
    struct session *session = &load->sessions[thread];
    const struct segment *segment = &load->plan.segments[load->tasks[task]];
    struct leaf leaf = {.first_product = segment->first_product, .end_product = segment->end_product};
    char action[ACTION_ROOM];
    leaf_name(leaf.name, load->stage.first_number + segment->number - 1);
    snprintf(action, sizeof action, "load segment %s", leaf.name);
    if (load->segments[segment->number - 1] == SEGMENT_MISSING && !make_segment(load, thread, segment, &leaf, action)) {
        return;
    }
    int64_t last_ns = progress_now_ns();
    if (session_run(session, action, "VACUUM (ANALYZE) %s", leaf.name) &&
        stage_mark(session, segment->number - 1, SEGMENT_DONE, action)) {
        clock_phase(load, PHASE_STATISTICS, &last_ns);
        progress_add_step(&load->progress, segment->records);
    }
}

static void interrupt_sessions(void *owner) {
    struct load *load = owner;
    for (uint32_t i = 0; i < load->session_count; i++) {
        session_cancel(&load->sessions[i]);
    }
}

static bool open_sessions(struct load *load, uint32_t count) {
    load->sessions = calloc(count, sizeof *load->sessions);
    if (load->sessions == NULL) {
        return failure_set(load->failure, "no memory for %u threads", count);
    }
    while (load->session_count < count) {
        struct session *session = &load->sessions[load->session_count++];
        if (!session_open(session, load->settings->dsn, load->session_settings, load->failure)) {
            return false;
        }
    }
    return true;
}

static void close_sessions(struct load *load) {
    for (uint32_t i = 0; i < load->session_count; i++) {
        session_close(&load->sessions[i]);
    }
    free(load->sessions);
    load->sessions = NULL;
    load->session_count = 0;
}

// Which segments are still to be done, and how many records are in them.
static bool find_tasks(struct load *load, uint64_t *missing_records) {
    uint32_t count = load->plan.segment_count;
    load->segments = calloc(count, sizeof *load->segments);
    load->tasks = calloc(count, sizeof *load->tasks);
    if (load->segments == NULL || load->tasks == NULL) {
        return failure_set(load->failure, "no memory for %u segments", count);
    }
    if (!stage_find_segments(&load->stage, load->segments, count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (load->segments[i] != SEGMENT_DONE) {
            load->tasks[load->task_count++] = i;
            *missing_records += load->segments[i] == SEGMENT_MISSING ? load->plan.segments[i].records : 0;
        }
    }
    if (load->task_count < count) {
        printf("going on from an earlier run: %u of %u segments are there\n", count - load->task_count, count);
        fflush(stdout);
    }
    return true;
}

static bool load_segments(struct load *load) {
    uint64_t records = 0;
    if (!find_tasks(load, &records)) {
        return false;
    }
    uint32_t threads = load->settings->threads < load->task_count ? load->settings->threads : load->task_count;
    load->loaded_records = records;
    load->threads = threads;
    progress_init(&load->progress, records == 0 ? 1 : records, load->database.index_count + 1);
    if (threads > 0 && load->source->class->begin(load->source, &load->plan, &load->progress, threads) &&
        open_sessions(load, threads)) {
        struct crew crew = {.failure = load->failure,
            .progress = &load->progress,
            .owner = load,
            .work = load_segment,
            .interrupt = interrupt_sessions,
            .thread_count = threads,
            .task_count = load->task_count};
        crew_run(&crew);
    }
    close_sessions(load);
    return !failure_stopped(load->failure);
}

// The last step, which is also what a run that was killed in it may lack.
static void finish(void *owner, uint32_t thread, uint32_t task) {
    struct load *load = owner;
    (void)thread;
    (void)task;
    int64_t last_ns = progress_now_ns();
    bool published = load->stage.phase == STAGE_PUBLISHED ||
                     database_publish(&load->database, &load->plan, load->stage.first_number, load->settings->replace);
    if (published && database_analyze(&load->database) && stage_drop(&load->stage)) {
        load->stage.phase = STAGE_ABSENT;
        clock_phase(load, PHASE_PUBLISH, &last_ns);
    }
}

static void interrupt_finish(void *owner) {
    struct load *load = owner;
    session_cancel(&load->database.session);
}

// On a thread of its own, so that an interruption is seen.
static bool publish(struct load *load) {
    struct crew crew = {.failure = load->failure,
        .progress = &load->progress,
        .owner = load,
        .work = finish,
        .interrupt = interrupt_finish,
        .thread_count = 1,
        .task_count = 1};
    crew_run(&crew);
    return !failure_stopped(load->failure);
}

// Reads the source into a new stage. What was read of one that cannot be read to the end is not kept: it holds e-mail
// addresses.
static bool read_source(struct load *load) {
    const struct source_class *class = load->source->class;
    if (!stage_reset(&load->stage)) {
        return false;
    }
    if (class->read == NULL || class->read(load->source, load->session_settings)) {
        return true;
    }
    if (!stage_drop(&load->stage)) {
        fprintf(stderr, "reviewd-seed: the schema " STAGE_SCHEMA " is left behind; the next load drops it\n");
    }
    return false;
}

// Reads the source if that is not done, and plans.
static bool read_and_plan(struct load *load) {
    const struct source_class *class = load->source->class;
    bool going_on = load->stage.phase == STAGE_LOADING;
    if (!going_on && !read_source(load)) {
        return false;
    }
    if (!class->plan(load->source, &load->database.session, &load->plan)) {
        return false;
    }
    if (!going_on) {
        return stage_begin_loading(&load->stage, load->plan.records);
    }
    if (load->plan.records == load->stage.planned_records) {
        return true;
    }
    // What was read is not logged, and a crash of the server empties it.
    fprintf(stderr, "reviewd-seed: what an earlier run has read is lost; reading again\n");
    plan_free(&load->plan);
    load->stage.phase = STAGE_READING;
    return read_and_plan(load);
}

static void prepare_settings(struct load *load) {
    // Several streams keep the processors busy by themselves; a single one may build its indexes in parallel.
    snprintf(load->session_settings, sizeof load->session_settings,
        "SET search_path = " STAGE_SCHEMA ", %s; SET synchronous_commit = off; SET maintenance_work_mem = '256MB'; %s",
        load->database.schema, load->settings->threads > 1 ? "SET max_parallel_maintenance_workers = 0" : "");
}

static double phase_seconds(const struct load *load, enum phase phase) {
    return (double)atomic_load_explicit(&load->phase_ns[phase], memory_order_relaxed) / 1e9;
}

// What is in the database now: a plan from files only estimates it.
static bool count_loaded(struct load *load, uint64_t *reviews, uint64_t *products) {
    PGresult *counts = session_query(
        &load->database.session, "count the reviews", "SELECT coalesce(sum(next_n), 0), count(*) FROM product_meta");
    if (counts == NULL) {
        return false;
    }
    *reviews = strtoull(PQgetvalue(counts, 0, 0), NULL, 10);
    *products = strtoull(PQgetvalue(counts, 0, 1), NULL, 10);
    PQclear(counts);
    return true;
}

// A line about the whole, and one about where the time went.
static bool tell(struct load *load) {
    static const char *const NAMES[] = {
        [PHASE_ROWS] = "rows and totals", [PHASE_INDEXES] = "indexes", [PHASE_STATISTICS] = "statistics"};
    double seconds = progress_seconds(&load->progress);
    uint64_t reviews = 0;
    uint64_t products = 0;
    if (!count_loaded(load, &reviews, &products)) {
        return false;
    }
    printf("%" PRIu64 " reviews of %" PRIu64 " products in %u %s, loaded and indexed in %.1f s (%.0f rows/s)\n",
        reviews, products, load->plan.segment_count, load->plan.segment_count == 1 ? "segment" : "segments", seconds,
        (double)load->loaded_records / seconds);
    if (load->loaded_records == 0) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        double wall = phase_seconds(load, (enum phase)i) / load->threads;
        printf("%s%s %.1f s (%.0f rows/s)", i == 0 ? "  " : ", ", NAMES[i], wall, (double)load->loaded_records / wall);
    }
    printf(", made visible in %.1f s; %u %s\n", phase_seconds(load, PHASE_PUBLISH), load->threads,
        load->threads == 1 ? "thread" : "threads");
    return true;
}

static bool fill(struct load *load) {
    prepare_settings(load);
    if (load->stage.phase == STAGE_FOREIGN) {
        fprintf(stderr, "reviewd-seed: dropping what another, unfinished load has left\n");
    }
    if (!read_and_plan(load) || !load_segments(load) || !publish(load)) {
        return false;
    }
    return tell(load);
}

static bool refuse(const struct settings *settings, struct failure *failure) {
    if (settings->if_empty) {
        printf("the database holds reviews already: left alone\n");
        return true;
    }
    return failure_set(failure, "the database holds reviews already; --replace puts the loaded ones in their place");
}

static bool look_and_fill(struct load *load) {
    enum database_state state = database_look(&load->database);
    if (state == DATABASE_UNKNOWN || !database_lock(&load->database)) {
        return false;
    }
    // Once more behind the lock: another load may just have finished.
    state = database_look(&load->database);
    if (state == DATABASE_UNKNOWN || !stage_look(&load->stage, &load->database, load->source->identity)) {
        return false;
    }
    if (load->stage.phase == STAGE_PUBLISHED) {
        progress_init(&load->progress, 1, 0);
        return publish(load) && printf("finished what an earlier run of this load has left\n") > 0;
    }
    if (state == DATABASE_FILLED && !load->settings->replace) {
        return refuse(load->settings, load->failure);
    }
    return fill(load);
}

// What is left for another run.
static void tell_remainder(const struct load *load) {
    if (load->stage.phase == STAGE_LOADING || load->stage.phase == STAGE_PUBLISHED) {
        fprintf(stderr, "reviewd-seed: what is loaded so far is kept; the same command goes on from there\n");
    }
}

bool load_database(const struct settings *settings, struct failure *failure) {
    struct load load = {.settings = settings, .failure = failure};
    load.source =
        settings->word_count == 0 ? source_generator_new(settings, failure) : source_files_new(settings, failure);
    if (load.source == NULL) {
        return false;
    }
    bool done = database_open(&load.database, settings->dsn, failure) && look_and_fill(&load);
    if (!done) {
        tell_remainder(&load);
    }
    database_close(&load.database);
    load.source->class->free(load.source);
    plan_free(&load.plan);
    free(load.segments);
    free(load.tasks);
    return done;
}
