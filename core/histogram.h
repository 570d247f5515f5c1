// A histogram of durations in nanoseconds with a bounded relative error and a fixed size, written by one thread and read by
// any.
//
// Its buckets are log-linear, as in Gil Tene's HdrHistogram (hdrhistogram.org): every power of two is divided into 16 equal
// buckets, so a bucket is never wider than 1/16 of what lies in it. A bucket holds (border below, own border]: a value equal
// to a border belongs below it, which is what Prometheus' "le" (less or equal) asks for. Powers of two are always borders.
//
// Memory orders: a cell has one writer, so adding is a relaxed load and a relaxed store, no locked instruction. A reader
// loads relaxed: cells only grow and nothing else is published through them, so a snapshot is some state each cell had, at
// most a few events apart from its neighbours. The count of a snapshot is the sum of its cells, so that these always agree;
// the sum may be an event ahead or behind.
#ifndef REVIEWD_CORE_HISTOGRAM_H
#define REVIEWD_CORE_HISTOGRAM_H

#include "core/base.h"

#include <stdatomic.h>

enum {
    HISTOGRAM_SUB_BITS = 4,  // 16 buckets for each power of two
    HISTOGRAM_TOP_BITS = 40, // up to 2^40 ns, about 18 minutes; longer durations count as that
    HISTOGRAM_CELLS = (HISTOGRAM_TOP_BITS - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS
};

// All zero is an empty histogram.
struct histogram {
    _Atomic uint64_t cells[HISTOGRAM_CELLS];
    _Atomic uint64_t sum_ns;
};

// A copy to count in. All zero is empty.
struct histogram_snapshot {
    uint64_t cells[HISTOGRAM_CELLS];
    uint64_t count;
    uint64_t sum_ns;
};

// Counts one duration. The writer only.
void histogram_record(struct histogram *histogram, uint64_t duration_ns);

// Adds what a histogram holds to a snapshot. Any thread.
void histogram_merge(struct histogram_snapshot *snapshot, const struct histogram *histogram);

// The border that at least `percent` (0 to 100) of the durations do not exceed; at most 1/16 above the exact percentile, as
// long as that is not above the top. 0 for an empty snapshot.
uint64_t histogram_percentile(const struct histogram_snapshot *snapshot, double percent);

// The cell in which a duration is counted, and the largest duration of a cell.
size_t histogram_cell(uint64_t duration_ns);
uint64_t histogram_border_ns(size_t cell);

#endif
