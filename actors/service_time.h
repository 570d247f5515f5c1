// How long PostgreSQL takes for what it is sent: a mean that follows the samples.
//
// It is smoothed as TCP smooths round-trip times (V. Jacobson, "Congestion Avoidance and Control", 1988).
//
// Nanoseconds. One thread.
#ifndef REVIEWD_ACTORS_SERVICE_TIME_H
#define REVIEWD_ACTORS_SERVICE_TIME_H

#include "core/base.h"

// All zero is one without samples.
struct service_time {
    uint64_t mean_ns;
};

// Takes in how long one took.
void service_time_note(struct service_time *time, uint64_t sample_ns);

#endif
