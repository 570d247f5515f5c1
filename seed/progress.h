// How far a run is: a bar on a terminal, a plain line every few seconds elsewhere, both on standard error.
#ifndef REVIEWD_SEED_PROGRESS_H
#define REVIEWD_SEED_PROGRESS_H

#include <stdatomic.h>

#include "core/base.h"

struct progress {
    // Counted by all threads.
    _Alignas(CACHE_LINE) atomic_uint_fast64_t records;
    atomic_uint_fast64_t bytes;
    // Records whose later steps (indexes, vacuum) are done: `steps` of them a record.
    atomic_uint_fast64_t step_records;
    // The rest belongs to the thread that shows it.
    _Alignas(CACHE_LINE) uint64_t total_records;
    uint64_t steps;
    // What is counted, in the plural; "reviews" unless somebody changes it.
    const char *noun;
    int64_t start_ns;
    int64_t shown_ns;
    bool terminal;
    bool line_open;
};

void progress_init(struct progress *progress, uint64_t total_records, uint64_t steps);

// A thread has made and handed on so much more.
static inline void progress_add(struct progress *progress, uint64_t records, uint64_t bytes) {
    // Relaxed: for the eye only.
    atomic_fetch_add_explicit(&progress->records, records, memory_order_relaxed);
    atomic_fetch_add_explicit(&progress->bytes, bytes, memory_order_relaxed);
}

// A thread has done one later step for so many records.
static inline void progress_add_step(struct progress *progress, uint64_t records) {
    atomic_fetch_add_explicit(&progress->step_records, records, memory_order_relaxed);
}

// How often to call progress_show().
int progress_interval_ms(const struct progress *progress);

// Shows how far the run is, if the last time is long enough ago.
void progress_show(struct progress *progress);

// Leaves the bar's line, so that other text can follow.
void progress_end_line(struct progress *progress);

// A clock that only goes forward.
int64_t progress_now_ns(void);

// Seconds since progress_init().
double progress_seconds(const struct progress *progress);

#endif
