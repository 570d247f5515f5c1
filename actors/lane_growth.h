// When a lane of connections to PostgreSQL should grow: by trial.
//
// Requests that wait for long tell that connections are too few, or that PostgreSQL is at its limit. Where it is, more connections
// divide the same work into smaller batches, and each costs a process: less gets done. So a lane that has requests waiting gets a
// quarter more connections, and keeps them only if more is answered with them; otherwise they are given back, and the next trial
// waits, each time twice as long. While the rate is not steady, as when PostgreSQL starts, no trial begins. Where PostgreSQL takes long, a
// trial takes longer: few answers tell little. (Hill climbing, as thread pools do it: J. Hellerstein and others, "Optimizing Concurrency
// Levels in the .NET ThreadPool", 2008.)
//
// A lane that gets no answer at all is not at its limit but held up (by a lock, say): it gets twice the connections without a trial, and
// again twice as many every other second. When answers come again, these have to stand the trial that they have not had. Not more at
// once: where PostgreSQL is merely slow, each connection more puts off the first answer. And none where all that comes are errors.
//
// Times are of clock_now_ns(). One thread.
#ifndef REVIEWD_ACTORS_LANE_GROWTH_H
#define REVIEWD_ACTORS_LANE_GROWTH_H

#include "core/base.h"

// All zero is a lane that has not waited yet.
struct lane_growth {
    uint64_t asked_ns;      // when it was asked for last
    uint64_t begun_ns;      // the window in which answers are counted
    uint64_t done;          // answers in the window,
    uint64_t done_seen;     // of which so many were seen,
    uint64_t answered_ns;   // the last one then; not of the window
    uint64_t rounds;        // in which they came
    uint64_t rounds_seen;   // as many as had come then
    uint64_t interval_ns;   // between two rounds, in the last window that was judged
    unsigned connections;   // at its beginning
    double rates[4];        // answers a nanosecond in the windows before with as many connections, the last one first
    unsigned rate_count;    // of them
    unsigned held_up_at;    // connections when nothing was answered any more; 0: it is not held up
    uint64_t held_up_ns;    // when that was seen
    unsigned before;        // connections before the trial; 0: there is none
    double rate_before;     // answers a nanosecond, then
    uint64_t held_until_ns; // no trial begins before
    unsigned failures;      // trials in a row
};

enum lane_growth_step {
    LANE_STAY,
    LANE_GROW,  // open another connection
    LANE_SHRINK // give back those beyond `before`, which is how many are left
};

// Notes that so many requests were answered.
static inline void lane_growth_note(struct lane_growth *growth, size_t count) {
    growth->done += count;
}

// Notes that PostgreSQL has answered what it was sent together.
static inline void lane_growth_round(struct lane_growth *growth) {
    growth->rounds++;
}

// What to do, now that requests wait for too long on so many connections that are ready. To be asked again and again as long as
// they do: a pause ends the trial. *left is set with LANE_SHRINK: how many connections are to be left.
enum lane_growth_step lane_growth_ask(
    struct lane_growth *growth, unsigned connections, uint64_t now_ns, unsigned *left);

#endif
