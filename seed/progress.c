// Shows how far a run is.
#include "seed/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    BAR_WIDTH = 24,
    TERMINAL_INTERVAL_MS = 200,
    PLAIN_INTERVAL_MS = 5000
};

int64_t progress_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void progress_init(struct progress *progress, uint64_t total_records, uint64_t steps) {
    atomic_init(&progress->records, 0);
    atomic_init(&progress->bytes, 0);
    atomic_init(&progress->step_records, 0);
    progress->total_records = total_records;
    progress->steps = steps;
    progress->noun = "reviews";
    progress->start_ns = progress_now_ns();
    progress->shown_ns = progress->start_ns;
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->line_open = false;
}

int progress_interval_ms(const struct progress *progress) {
    return progress->terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
}

double progress_seconds(const struct progress *progress) {
    return (double)(progress_now_ns() - progress->start_ns) / 1e9;
}

// Making and sending a record counts as much as all later steps together.
static double fraction_done(const struct progress *progress, uint64_t records) {
    double made = (double)records / (double)progress->total_records;
    if (progress->steps == 0) {
        return made;
    }
    uint64_t step_records = atomic_load_explicit(&progress->step_records, memory_order_relaxed);
    return made / 2 + (double)step_records / (double)(progress->total_records * progress->steps) / 2;
}

void progress_show(struct progress *progress) {
    int64_t now = progress_now_ns();
    int64_t interval_ns = (int64_t)progress_interval_ms(progress) * 1000000;
    // A poll may end a little early.
    if (now - progress->shown_ns < interval_ns * 9 / 10) {
        return;
    }
    progress->shown_ns = now;
    uint64_t records = atomic_load_explicit(&progress->records, memory_order_relaxed);
    uint64_t bytes = atomic_load_explicit(&progress->bytes, memory_order_relaxed);
    double seconds = (double)(now - progress->start_ns) / 1e9;
    double fraction = fraction_done(progress, records);
    long left_s = fraction > 0 ? (long)(seconds * (1 - fraction) / fraction + 0.5) : 0;
    char bar[BAR_WIDTH + 1] = "";
    if (progress->terminal) {
        size_t full = (size_t)(fraction * BAR_WIDTH);
        memset(bar, '.', BAR_WIDTH);
        memset(bar, '#', full < BAR_WIDTH ? full : BAR_WIDTH);
    }
    fprintf(stderr, "%s%s%s%3.0f %%  %" PRIu64 " of %" PRIu64 " %s  %.0f rows/s  %.1f MB/s  %ld:%02ld left%s",
        progress->terminal ? "\r[" : "", bar, progress->terminal ? "] " : "", fraction * 100, records,
        progress->total_records, progress->noun, (double)records / seconds, (double)bytes / seconds / 1e6, left_s / 60,
        left_s % 60, progress->terminal ? "\033[K" : "\n");
    fflush(stderr);
    progress->line_open = progress->terminal;
}

void progress_end_line(struct progress *progress) {
    if (progress->line_open) {
        fputs("\n", stderr);
        progress->line_open = false;
    }
}
