// The latencies of those moments in which the machine's host let it have its CPUs.
//
// Where a host takes a CPU away for 50 ms in 5 s, one request in a hundred has waited for that, and a p99 is the host's as much as the
// server's. So time is cut into slices, and a request belongs to the slice in which it was due. Slices near to which the
// host took time away (what /proc/stat calls "steal") are left out; the rest tells what the server does when it is let. What
// took longer than the slices are kept for counts as undisturbed.
//
// One thread. Times are of clock_now_ns().
#ifndef REVIEWD_LOADTEST_LOADGEN_UNDISTURBED_H
#define REVIEWD_LOADTEST_LOADGEN_UNDISTURBED_H

#include "core/histogram.h"

enum {
    SLICE_MS = 100,
    SLICES_KEPT = 32,             // after they have ended
    SLICE_COUNT = 2 * SLICES_KEPT // with places for those that begin before anybody looks
};

struct slice {
    struct histogram latency;
    bool is_disturbed;
};

struct undisturbed {
    uint64_t begin_ns;
    uint64_t current; // number of the slice that began last
    uint64_t stolen;  // as it was told last
    struct slice slices[SLICE_COUNT];
    struct histogram_snapshot latency;   // of undisturbed slices that are complete
    struct histogram_snapshot disturbed; // of the others
};

// What the host has taken from all CPUs since the machine started, in ticks of 10 ms; 0 where that is not known.
uint64_t stolen_ticks(void);

void undisturbed_begin(struct undisturbed *undisturbed, uint64_t now_ns, uint64_t stolen);

// Whether a slice has begun since undisturbed_look() was called last.
bool undisturbed_is_due(const struct undisturbed *undisturbed, uint64_t now_ns);

// Notes what has been stolen by now: if it has become more, the slices since the last look are disturbed, the one before, from which
// requests may still have waited, and the one that has begun, which inherits those that wait. To be called when it is due.
void undisturbed_look(struct undisturbed *undisturbed, uint64_t now_ns, uint64_t stolen);

void undisturbed_record(struct undisturbed *undisturbed, uint64_t due_ns, uint64_t latency_ns);

// Takes in the slices that are still kept. Nothing is recorded afterwards.
void undisturbed_end(struct undisturbed *undisturbed);

#endif
