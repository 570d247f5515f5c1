#include "core/histogram.h"

#include <math.h>

enum {
    SUB_BUCKETS = 1 << HISTOGRAM_SUB_BITS
};

// Cells 0 to 15 hold single values. From there on, the cells of each power of two 2^e (e from 4) are as wide as 2^(e - 4):
// the leading bit tells the row of 16, the four bits behind it the cell in the row.
size_t histogram_cell(uint64_t duration_ns) {
    // One less, so that the buckets close at their upper border.
    uint64_t below = duration_ns == 0 ? 0 : duration_ns - 1;
    if (below >> HISTOGRAM_TOP_BITS != 0) {
        return HISTOGRAM_CELLS - 1;
    }
    if (below < SUB_BUCKETS) {
        return (size_t)below;
    }
    unsigned exponent = 63U - (unsigned)__builtin_clzll(below);
    unsigned shift = exponent - HISTOGRAM_SUB_BITS;
    return ((size_t)shift << HISTOGRAM_SUB_BITS) + (size_t)(below >> shift);
}

uint64_t histogram_border_ns(size_t cell) {
    if (cell < SUB_BUCKETS) {
        return (uint64_t)cell + 1;
    }
    unsigned shift = (unsigned)(cell >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t position = (cell & (SUB_BUCKETS - 1)) + SUB_BUCKETS;
    return (position + 1) << shift;
}

static void add_alone(_Atomic uint64_t *cell, uint64_t amount) {
    // The only writer; see the header.
    atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + amount, memory_order_relaxed);
}

void histogram_record(struct histogram *histogram, uint64_t duration_ns) {
    add_alone(&histogram->cells[histogram_cell(duration_ns)], 1);
    add_alone(&histogram->sum_ns, duration_ns);
}

void histogram_merge(struct histogram_snapshot *snapshot, const struct histogram *histogram) {
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        uint64_t events = atomic_load_explicit(&histogram->cells[i], memory_order_relaxed);
        snapshot->cells[i] += events;
        snapshot->count += events;
    }
    snapshot->sum_ns += atomic_load_explicit(&histogram->sum_ns, memory_order_relaxed);
}

uint64_t histogram_percentile(const struct histogram_snapshot *snapshot, double percent) {
    if (snapshot->count == 0) {
        return 0;
    }
    double rank = ceil((double)snapshot->count * percent / 100);
    uint64_t passed = 0;
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        passed += snapshot->cells[i];
        if (passed > 0 && (double)passed >= rank) {
            return histogram_border_ns(i);
        }
    }
    return histogram_border_ns(HISTOGRAM_CELLS - 1);
}
