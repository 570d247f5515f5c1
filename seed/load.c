// Generates straight into an empty database: each thread has a connection and loads one segment after the other.
//
// A segment is one transaction: table, COPY, totals, indexes. The table is new in it, so COPY can FREEZE its rows (no later
// vacuum has to touch them), and with wal_level = minimal none of it is written twice.
#include "seed/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "seed/crew.h"
#include "seed/database.h"
#include "seed/encode.h"
#include "seed/segment.h"

enum {
    ACTION_ROOM = 64
};

// One thread's part.
struct loader {
    struct session session;
    struct segment_writer writer;
};

struct load {
    const struct settings *settings;
    const struct plan *plan;
    struct failure *failure;
    struct progress progress;
    struct database database;
    struct loader **loaders;
    uint32_t loader_count;
    bool published;
};

// ", review_id, created_at, …"
#define COLUMN(name) ", " #name
static const char COLUMNS[] =
#include "seed/columns.def"
    ;
#undef COLUMN

static bool take_bytes(void *owner, struct view bytes) {
    return session_copy_send(owner, bytes);
}

static bool copy_tallies(struct loader *loader, const char *action, const struct tally *tallies, size_t count) {
    struct session *session = &loader->session;
    struct output *output = &loader->writer.output;
    if (!session_copy_begin(session, action, "COPY product_meta FROM STDIN (FORMAT binary)")) {
        return false;
    }
    output_start(output, take_bytes, session);
    encode_binary_begin(output);
    bool sent = true;
    for (size_t i = 0; i < count && sent; i++) {
        sent = output_reserve(output, ENCODE_MAX_TALLY);
        if (sent) {
            encode_binary_tally(output, &tallies[i]);
        }
    }
    if (sent && output_reserve(output, ENCODE_MAX_TALLY)) {
        encode_binary_end(output);
        // A refused send shows in what the server says at the end.
        sent = output_flush(output);
    }
    return session_copy_end(session, action, count) && sent;
}

static bool copy_segment(struct load *load, struct loader *loader, const struct segment *segment, const char *action) {
    struct session *session = &loader->session;
    struct tally *tallies = calloc(segment->end_product - segment->first_product, sizeof *tallies);
    size_t tally_count = 0;
    if (tallies == NULL) {
        return failure_set(load->failure, "cannot %s: no memory for the totals", action);
    }
    bool right = session_copy_begin(
        session, action, "COPY review_%04u (%s) FROM STDIN (FORMAT binary, FREEZE)", segment->number, COLUMNS + 2);
    if (right) {
        output_start(&loader->writer.output, take_bytes, session);
        right = segment_write(&loader->writer, load->plan, segment, tallies, &tally_count);
        right = session_copy_end(session, action, segment->records) && right;
    }
    right = right && copy_tallies(loader, action, tallies, tally_count);
    free(tallies);
    return right;
}

// Builds indexes like those of review, so that attaching takes them over.
static bool build_indexes(struct load *load, struct loader *loader, const struct segment *segment, const char *action) {
    PGresult *statements = session_query(&loader->session, action,
        "SELECT CASE WHEN indisprimary THEN format('ALTER TABLE %%1$I ADD CONSTRAINT %%2$I %%3$s', leaf, leaf || '_pkey', "
        "(SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conindid = indexrelid AND contype = 'p')) "
        "ELSE format('CREATE %%s INDEX %%I ON %%I %%s', CASE WHEN indisunique THEN 'UNIQUE' END, "
        "leaf || substr(relname, length('review') + 1), leaf, substring(pg_get_indexdef(indexrelid) FROM ' USING .*$')) END "
        "FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid CROSS JOIN (VALUES ('review_%04u')) AS name (leaf) "
        "WHERE indrelid = 'review'::regclass ORDER BY indisprimary DESC, relname",
        segment->number);
    if (statements == NULL) {
        return false;
    }
    bool right = true;
    for (int i = 0; i < PQntuples(statements) && right; i++) {
        right = session_run(&loader->session, action, "%s", PQgetvalue(statements, i, 0));
        progress_add_step(&load->progress, segment->records);
    }
    PQclear(statements);
    return right;
}

// Without bounds at the ends of the range where review has none either: then attaching need not read the rows to know.
static bool create_table(
    struct loader *loader, const struct plan *plan, const struct segment *segment, const char *action) {
    char below[48] = "";
    if (segment->number < plan->segment_count) {
        snprintf(below, sizeof below, " AND product_id < %u", segment->end_product);
    }
    return session_run(&loader->session, action,
        "BEGIN; SELECT segment_create('review_%04u'); "
        "ALTER TABLE review_%04u ADD CONSTRAINT " DATABASE_STAGE "_range CHECK (product_id >= %u%s)",
        segment->number, segment->number, segment->first_product, below);
}

static void load_segment(void *owner, uint32_t thread, uint32_t task) {
    struct load *load = owner;
    struct loader *loader = load->loaders[thread];
    const struct segment *segment = &load->plan->segments[task];
    char action[ACTION_ROOM];
    snprintf(action, sizeof action, "load segment review_%04u", segment->number);
    if (create_table(loader, load->plan, segment, action) && copy_segment(load, loader, segment, action) &&
        build_indexes(load, loader, segment, action) && session_run(&loader->session, action, "COMMIT") &&
        session_run(&loader->session, action, "VACUUM (ANALYZE) review_%04u", segment->number)) {
        progress_add_step(&load->progress, segment->records);
    }
}

static void interrupt_loaders(void *owner) {
    struct load *load = owner;
    for (uint32_t i = 0; i < load->loader_count; i++) {
        session_cancel(&load->loaders[i]->session);
    }
}

static bool open_loaders(struct load *load, const struct maker_tables *tables, uint32_t count) {
    char settings[DATABASE_SCHEMA_ROOM + 256];
    // Several streams keep the processors busy by themselves; a single one may build its indexes in parallel.
    snprintf(settings, sizeof settings,
        "SET search_path = " DATABASE_STAGE
        ", %s; SET synchronous_commit = off; SET maintenance_work_mem = '128MB'; %s",
        load->database.schema, count > 1 ? "SET max_parallel_maintenance_workers = 0" : "");
    load->loaders = calloc(count, sizeof *load->loaders);
    for (uint32_t i = 0; load->loaders != NULL && i < count; i++) {
        struct loader *loader = calloc(1, sizeof *loader);
        if (loader == NULL) {
            break;
        }
        load->loaders[load->loader_count++] = loader;
        loader->writer.failure = load->failure;
        loader->writer.progress = &load->progress;
        loader->writer.format = FORMAT_BINARY;
        loader->writer.maker.tables = tables;
        if (!session_open(&loader->session, load->settings->dsn, settings, load->failure)) {
            return false;
        }
    }
    return load->loader_count == count || failure_set(load->failure, "no memory for %u threads", count);
}

static void close_loaders(struct load *load) {
    for (uint32_t i = 0; i < load->loader_count; i++) {
        session_close(&load->loaders[i]->session);
        free(load->loaders[i]);
    }
    free(load->loaders);
    load->loaders = NULL;
    load->loader_count = 0;
}

static bool load_segments(struct load *load, const struct maker_tables *tables) {
    uint32_t segments = load->plan->segment_count;
    uint32_t threads = load->settings->threads < segments ? load->settings->threads : segments;
    progress_init(&load->progress, load->plan->records, load->database.index_count + 1);
    if (open_loaders(load, tables, threads)) {
        struct crew crew = {.failure = load->failure,
            .progress = &load->progress,
            .owner = load,
            .work = load_segment,
            .interrupt = interrupt_loaders,
            .thread_count = threads,
            .task_count = segments};
        crew_run(&crew);
    }
    close_loaders(load);
    return !failure_stopped(load->failure);
}

static void finish(void *owner, uint32_t thread, uint32_t task) {
    struct load *load = owner;
    (void)thread;
    (void)task;
    load->published = database_publish(&load->database, load->plan);
    if (load->published && !database_analyze(&load->database)) {
        fprintf(stderr, "reviewd-seed: the reviews are all there, but the statistics are not\n");
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

static bool fill(struct load *load, const struct maker_tables *tables) {
    if (!database_prepare(&load->database)) {
        return false;
    }
    if (!load_segments(load, tables) || !publish(load)) {
        if (!load->published) {
            database_abandon(&load->database);
        }
        return false;
    }
    double seconds = progress_seconds(&load->progress);
    printf("%" PRIu64 " reviews of %u products in %u %s, loaded and indexed in %.1f s (%.0f rows/s)\n",
        load->plan->records, load->plan->products, load->plan->segment_count,
        load->plan->segment_count == 1 ? "segment" : "segments", seconds, (double)load->plan->records / seconds);
    return true;
}

static bool refuse(const struct settings *settings, struct failure *failure) {
    if (settings->if_empty) {
        printf("the database holds reviews already: left alone\n");
        return true;
    }
    return failure_set(failure, "the database holds reviews already; only an empty one is filled");
}

static bool look_and_fill(struct load *load, const struct maker_tables *tables) {
    enum database_state state = database_look(&load->database);
    if (state == DATABASE_EMPTY) {
        // Once more behind the lock: another load may just have finished.
        state = database_lock(&load->database) ? database_look(&load->database) : DATABASE_UNKNOWN;
    }
    switch (state) {
    case DATABASE_EMPTY: return fill(load, tables);
    case DATABASE_FILLED: return refuse(load->settings, load->failure);
    case DATABASE_UNKNOWN: break;
    }
    return false;
}

bool load_database(const struct settings *settings, const struct plan *plan, const struct maker_tables *tables,
    struct failure *failure) {
    struct load load = {.settings = settings, .plan = plan, .failure = failure};
    bool done = session_open(&load.database.session, settings->dsn, "", failure) && look_and_fill(&load, tables);
    session_close(&load.database.session);
    return done;
}
