// How long PostgreSQL takes for what it is sent: a mean that follows the samples, and how far they lie from it.
//
// Both are smoothed as TCP smooths round-trip times, and so is the time that few samples exceed reckoned from them: mean + 4 deviations
// (V. Jacobson, "Congestion Avoidance and Control", 1988; RFC 6298).
//
// Nanoseconds. One thread.
#ifndef REVIEWD_ACTORS_SERVICE_TIME_H
#define REVIEWD_ACTORS_SERVICE_TIME_H

#include "core/base.h"

// All zero is one without samples.
struct service_time {
    uint64_t mean_ns;
    uint64_t deviation_ns;
};

// Takes in how long one took.
void service_time_note(struct service_time *time, uint64_t sample_ns);

// What the next one will hardly exceed; 0 as long as there are no samples.
uint64_t service_time_bound(const struct service_time *time);

#endif
