// What an actor counts, and how all of it becomes the text that Prometheus collects.
//
// Each actor writes a block of its own (struct metrics), so counting takes no lock and shares no cache line. A family
// (a line of core/metrics.def) has one or more cells, told apart by labels: core knows only their numbers; whoever renders
// knows their names.
//
// Memory orders: each value has one writer, so adding is a relaxed load and a relaxed store. A reader loads relaxed: each
// value is read whole, nothing is published through it, and no reader draws conclusions from two values of one scrape being
// equally fresh. What a scrape shows of an actor may therefore be a few events old, never torn; and a counter never goes
// back, because one atomic's values are seen in their modification order.
#ifndef REVIEWD_CORE_METRICS_H
#define REVIEWD_CORE_METRICS_H

#include "core/buffer.h"
#include "core/histogram.h"

// The cells of families with labels. The layers that know the labels assert that there are as many.
enum {
    METRICS_OPERATIONS = 7,
    METRICS_STATUS_CLASSES = 5, // 1xx to 5xx
    METRICS_SHED_REASONS = 4,
    METRICS_LANES = 3,
    METRICS_DB_STATES = 5
};

enum metrics_family {
#define COUNTER(id, name, cells, help) METRIC_##id,
#define GAUGE(id, name, cells, help) METRIC_##id,
#define HISTOGRAM(id, name, cells, help) METRIC_##id,
#include "core/metrics.def"
    METRIC_FAMILY_COUNT
};

enum metrics_type {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM
};

// The buckets that are shown of a histogram: a power of two and the middle to the next, from 2^14 ns (16 µs) to 2^34 ns (17 s),
// and the rest. More would be noise; all are borders of cells.
enum {
    METRICS_SHOWN_FIRST_BITS = 14,
    METRICS_SHOWN_LAST_BITS = 34,
    METRICS_SHOWN_BORDERS = 2 * (METRICS_SHOWN_LAST_BITS - METRICS_SHOWN_FIRST_BITS) + 1,
    METRICS_SHOWN_BUCKETS = METRICS_SHOWN_BORDERS + 1
};

// Why a request was shed: the cells of METRIC_SHED.
enum metrics_shed_reason {
    SHED_MAILBOX, // the DB actor's mailbox was full
    SHED_QUEUE,   // it had waited too long, or one before it had
    SHED_BACKLOG, // it would have
    SHED_REPLIES  // no memory for its reply came free in time, or would have
};

struct metrics;

// An empty block that shares no cache line with anything else; free() it.
struct metrics *metrics_new(void) __attribute__((warn_unused_result));

// Adds to a counter or gauge, and takes from a gauge (a gauge may be raised in one block and lowered in another: only the
// sum of the blocks counts). The block's writer only.
void metrics_add(struct metrics *metrics, enum metrics_family family, size_t cell, uint64_t amount);
void metrics_subtract(struct metrics *metrics, enum metrics_family family, size_t cell, uint64_t amount);

// Sets a gauge, or a counter that is kept elsewhere and only copied. The block's writer only.
void metrics_set(struct metrics *metrics, enum metrics_family family, size_t cell, uint64_t value);

// Counts a duration in a histogram. The block's writer only.
void metrics_record(struct metrics *metrics, enum metrics_family family, size_t cell, uint64_t duration_ns);

// What the blocks have together: of a counter or gauge, and of a histogram (added to the snapshot). Any thread.
int64_t metrics_sum(const struct metrics *const *blocks, size_t count, enum metrics_family family, size_t cell);
void metrics_merge(struct histogram_snapshot *snapshot, const struct metrics *const *blocks, size_t count,
    enum metrics_family family, size_t cell);

size_t metrics_cells(enum metrics_family family);
const char *metrics_name(enum metrics_family family);
const char *metrics_help(enum metrics_family family);
enum metrics_type metrics_type(enum metrics_family family);
const char *metrics_type_name(enum metrics_family family);

// The upper border of a shown bucket but the last, which has none.
uint64_t metrics_shown_border_ns(size_t bucket);

// Counts what of a snapshot lies in each shown bucket.
void metrics_shown_counts(const struct histogram_snapshot *snapshot, uint64_t counts[METRICS_SHOWN_BUCKETS]);

// Appends the labels of a cell as they stand between the braces, for example operation="list",status="2xx"; or nothing.
typedef void metrics_labels(struct buffer *out, enum metrics_family family, size_t cell);

// Appends all families in Prometheus' text exposition format 0.0.4. Blocks are added up. Histograms are in seconds; their
// buckets are borders of the cells, so their counts are exact. Any thread.
void metrics_render(struct buffer *out, const struct metrics *const *blocks, size_t count, metrics_labels *labels);

#endif
