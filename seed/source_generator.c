// Made-up reviews, straight from the generator into COPY.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "seed/encode.h"
#include "seed/segment.h"
#include "seed/source.h"
#include "seed/stage.h"

enum {
    IDENTITY_ROOM = 256
};

struct generator {
    struct source source;
    const struct settings *settings;
    struct failure *failure;
    struct progress *progress;
    const struct plan *plan;
    struct maker_tables tables;
    struct segment_writer **writers;
    uint32_t writer_count;
    char identity[IDENTITY_ROOM];
};

// ", review_id, created_at, …"
#define COLUMN(name) ", " #name
static const char COLUMNS[] =
#include "seed/columns.def"
    ;
#undef COLUMN

static struct generator *generator_of(struct source *source) {
    return (struct generator *)source;
}

static bool take_bytes(void *owner, struct view bytes) {
    return session_copy_send(owner, bytes);
}

static bool copy_tallies(
    struct session *session, struct output *output, const char *action, const struct tally *tallies, size_t count) {
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

static bool generator_fill(struct source *source, uint32_t thread, struct session *session,
    const struct segment *segment, const char *table, const char *action) {
    struct generator *generator = generator_of(source);
    struct segment_writer *writer = generator->writers[thread];
    struct tally *tallies = calloc(segment->end_product - segment->first_product, sizeof *tallies);
    size_t tally_count = 0;
    if (tallies == NULL) {
        return failure_set(generator->failure, "cannot %s: no memory for the totals", action);
    }
    bool right =
        session_copy_begin(session, action, "COPY %s (%s) FROM STDIN (FORMAT binary, FREEZE)", table, COLUMNS + 2);
    if (right) {
        output_start(&writer->output, take_bytes, session);
        right = segment_write(writer, generator->plan, segment, tallies, &tally_count);
        right = session_copy_end(session, action, segment->records) && right;
    }
    right = right && copy_tallies(session, &writer->output, action, tallies, tally_count);
    free(tallies);
    return right;
}

static bool generator_begin(
    struct source *source, const struct plan *plan, struct progress *progress, uint32_t threads) {
    struct generator *generator = generator_of(source);
    generator->plan = plan;
    generator->writers = calloc(threads, sizeof *generator->writers);
    for (uint32_t i = 0; generator->writers != NULL && i < threads; i++) {
        struct segment_writer *writer = calloc(1, sizeof *writer);
        if (writer == NULL) {
            break;
        }
        writer->failure = generator->failure;
        writer->progress = progress;
        writer->format = FORMAT_BINARY;
        writer->maker.tables = &generator->tables;
        generator->writers[generator->writer_count++] = writer;
    }
    return generator->writer_count == threads || failure_set(generator->failure, "no memory for %u threads", threads);
}

static bool generator_plan(struct source *source, struct session *session, struct plan *plan) {
    struct generator *generator = generator_of(source);
    if (!generator->settings->until_given && !stage_keep_number(session, &generator->tables.until_ms)) {
        return false;
    }
    return plan_create(plan, generator->settings) ||
           failure_set(generator->failure, "no memory for %u products", generator->settings->products);
}

static void generator_free(struct source *source) {
    struct generator *generator = generator_of(source);
    for (uint32_t i = 0; i < generator->writer_count; i++) {
        free(generator->writers[i]);
    }
    free(generator->writers);
    maker_tables_free(&generator->tables);
    free(generator);
}

struct source *source_generator_new(const struct settings *settings, struct failure *failure) {
    static const struct source_class class = {NULL, generator_plan, generator_begin, generator_fill, generator_free};
    struct generator *generator = calloc(1, sizeof *generator);
    if (generator == NULL) {
        failure_set(failure, "no memory");
        return NULL;
    }
    generator->source = (struct source){&class, generator->identity};
    generator->settings = settings;
    generator->failure = failure;
    snprintf(generator->identity, sizeof generator->identity,
        "%s records=%" PRIu64 " products=%u seed=%" PRIu64 " until=%" PRIi64 " segment-records=%" PRIu64,
        REVIEWD_VERSION, settings->records, settings->products, settings->seed,
        settings->until_given ? settings->until_ms : 0, settings->segment_records);
    if (!maker_tables_create(&generator->tables, settings->seed, settings->until_ms, failure)) {
        free(generator);
        return NULL;
    }
    return &generator->source;
}
