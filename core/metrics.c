#include "core/metrics.h"

#include "core/clock.h"
#include "core/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

// A counter or gauge has its cells in `values`, a histogram in `histograms`.
struct metrics {
    _Alignas(CACHE_LINE) struct {
#define COUNTER(id, name, cells, help) _Atomic uint64_t id[cells];
#define GAUGE(id, name, cells, help) _Atomic uint64_t id[cells];
#include "core/metrics.def"
    } values;
    struct {
#define HISTOGRAM(id, name, cells, help) struct histogram id[cells];
#include "core/metrics.def"
    } histograms;
};

struct family {
    enum metrics_type type;
    const char *name;
    size_t cells;
    const char *help;
    size_t offset;
};

static const struct family families[METRIC_FAMILY_COUNT] = {
#define COUNTER(id, name, cells, help) {METRIC_COUNTER, name, cells, help, offsetof(struct metrics, values.id)},
#define GAUGE(id, name, cells, help) {METRIC_GAUGE, name, cells, help, offsetof(struct metrics, values.id)},
#define HISTOGRAM(id, name, cells, help) {METRIC_HISTOGRAM, name, cells, help, offsetof(struct metrics, histograms.id)},
#include "core/metrics.def"
};

static const char *const type_names[] = {"counter", "gauge", "histogram"};

struct metrics *metrics_new(void) {
    return memory_allocate_aligned(1, sizeof(struct metrics));
}

static const _Atomic uint64_t *value_of(const struct metrics *metrics, enum metrics_family family, size_t cell) {
    assert(families[family].type != METRIC_HISTOGRAM && cell < families[family].cells);
    return (const _Atomic uint64_t *)(const void *)((const char *)metrics + families[family].offset) + cell;
}

static _Atomic uint64_t *own_value_of(struct metrics *metrics, enum metrics_family family, size_t cell) {
    assert(families[family].type != METRIC_HISTOGRAM && cell < families[family].cells);
    return (_Atomic uint64_t *)(void *)((char *)metrics + families[family].offset) + cell;
}

void metrics_add(struct metrics *metrics, enum metrics_family family, size_t cell, uint64_t amount) {
    _Atomic uint64_t *value = own_value_of(metrics, family, cell);
    // The only writer; see the header.
    atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + amount, memory_order_relaxed);
}

void metrics_subtract(struct metrics *metrics, enum metrics_family family, size_t cell, uint64_t amount) {
    assert(families[family].type == METRIC_GAUGE);
    metrics_add(metrics, family, cell, 0 - amount);
}

void metrics_set(struct metrics *metrics, enum metrics_family family, size_t cell, uint64_t value) {
    atomic_store_explicit(own_value_of(metrics, family, cell), value, memory_order_relaxed);
}

void metrics_record(struct metrics *metrics, enum metrics_family family, size_t cell, uint64_t duration_ns) {
    assert(families[family].type == METRIC_HISTOGRAM && cell < families[family].cells);
    struct histogram *first = (struct histogram *)(void *)((char *)metrics + families[family].offset);
    histogram_record(first + cell, duration_ns);
}

int64_t metrics_sum(const struct metrics *const *blocks, size_t count, enum metrics_family family, size_t cell) {
    uint64_t sum = 0; // wraps, so that a gauge below zero in one block comes out right
    for (size_t i = 0; i < count; i++) {
        sum += atomic_load_explicit(value_of(blocks[i], family, cell), memory_order_relaxed);
    }
    return (int64_t)sum;
}

void metrics_merge(struct histogram_snapshot *snapshot, const struct metrics *const *blocks, size_t count,
    enum metrics_family family, size_t cell) {
    assert(families[family].type == METRIC_HISTOGRAM && cell < families[family].cells);
    for (size_t i = 0; i < count; i++) {
        const char *block = (const char *)blocks[i];
        histogram_merge(snapshot, (const struct histogram *)(const void *)(block + families[family].offset) + cell);
    }
}

size_t metrics_cells(enum metrics_family family) {
    return families[family].cells;
}

const char *metrics_name(enum metrics_family family) {
    return families[family].name;
}

const char *metrics_help(enum metrics_family family) {
    return families[family].help;
}

enum metrics_type metrics_type(enum metrics_family family) {
    return families[family].type;
}

const char *metrics_type_name(enum metrics_family family) {
    return type_names[families[family].type];
}

uint64_t metrics_shown_border_ns(size_t bucket) {
    assert(bucket < METRICS_SHOWN_BORDERS);
    uint64_t power = UINT64_C(1) << (METRICS_SHOWN_FIRST_BITS + bucket / 2);
    return bucket % 2 == 0 ? power : power + power / 2;
}

void metrics_shown_counts(const struct histogram_snapshot *snapshot, uint64_t counts[METRICS_SHOWN_BUCKETS]) {
    uint64_t left = snapshot->count;
    size_t cell = 0;
    for (size_t bucket = 0; bucket < METRICS_SHOWN_BORDERS; bucket++) {
        counts[bucket] = 0;
        for (; histogram_border_ns(cell) <= metrics_shown_border_ns(bucket); cell++) {
            counts[bucket] += snapshot->cells[cell];
        }
        left -= counts[bucket];
    }
    counts[METRICS_SHOWN_BORDERS] = left;
}

// The labels of a cell; those without a name are told apart by their number.
static void append_labels(struct buffer *out, enum metrics_family family, size_t cell, metrics_labels *labels) {
    size_t before = out->length;
    labels(out, family, cell);
    if (out->length == before && families[family].cells > 1) {
        buffer_format(out, "cell=\"%zu\"", cell);
    }
}

// One line: name, suffix, labels with `extra` behind them, and a space for the value to follow.
static void begin_sample(
    struct buffer *out, enum metrics_family family, const char *suffix, struct view labels, struct view extra) {
    buffer_format(out, "%s%s", families[family].name, suffix);
    if (labels.length > 0 || extra.length > 0) {
        buffer_append(out, VIEW("{"));
        buffer_append(out, labels);
        buffer_append(out, labels.length > 0 && extra.length > 0 ? VIEW(",") : (struct view){NULL, 0});
        buffer_append(out, extra);
        buffer_append(out, VIEW("}"));
    }
    buffer_append(out, VIEW(" "));
}

static void append_bucket(
    struct buffer *out, enum metrics_family family, struct view labels, uint64_t border_ns, uint64_t count) {
    char le[48];
    int length = border_ns == 0 ? snprintf(le, sizeof(le), "le=\"+Inf\"")
                                : snprintf(le, sizeof(le), "le=\"%" PRIu64 ".%09" PRIu64 "\"", border_ns / NS_PER_S,
                                      border_ns % NS_PER_S);
    begin_sample(out, family, "_bucket", labels, (struct view){le, (size_t)length});
    buffer_format(out, "%" PRIu64 "\n", count);
}

static void render_histogram(
    struct buffer *out, enum metrics_family family, struct view labels, const struct histogram_snapshot *snapshot) {
    uint64_t counts[METRICS_SHOWN_BUCKETS];
    uint64_t passed = 0;
    metrics_shown_counts(snapshot, counts);
    for (size_t bucket = 0; bucket < METRICS_SHOWN_BORDERS; bucket++) {
        passed += counts[bucket];
        append_bucket(out, family, labels, metrics_shown_border_ns(bucket), passed);
    }
    append_bucket(out, family, labels, 0, snapshot->count);
    begin_sample(out, family, "_sum", labels, (struct view){NULL, 0});
    buffer_format(out, "%" PRIu64 ".%09" PRIu64 "\n", snapshot->sum_ns / NS_PER_S, snapshot->sum_ns % NS_PER_S);
    begin_sample(out, family, "_count", labels, (struct view){NULL, 0});
    buffer_format(out, "%" PRIu64 "\n", snapshot->count);
}

void metrics_render(struct buffer *out, const struct metrics *const *blocks, size_t count, metrics_labels *labels) {
    struct buffer text = {0};
    for (enum metrics_family family = 0; family < METRIC_FAMILY_COUNT; family++) {
        const struct family *about = &families[family];
        buffer_format(
            out, "# HELP %s %s\n# TYPE %s %s\n", about->name, about->help, about->name, type_names[about->type]);
        for (size_t cell = 0; cell < about->cells; cell++) {
            text.length = 0;
            append_labels(&text, family, cell, labels);
            if (about->type == METRIC_HISTOGRAM) {
                struct histogram_snapshot snapshot = {.count = 0};
                metrics_merge(&snapshot, blocks, count, family, cell);
                render_histogram(out, family, buffer_view(&text), &snapshot);
            } else {
                begin_sample(out, family, "", buffer_view(&text), (struct view){NULL, 0});
                buffer_format(out, "%" PRId64 "\n", metrics_sum(blocks, count, family, cell));
            }
        }
    }
    buffer_free(&text);
}
