// How long PostgreSQL takes for what it is sent: a mean that follows the samples, and how far they stray from it.
//
// As TCP reckons round-trip times and the time after which it no longer waits for an answer (V. Jacobson, "Congestion Avoidance and
// Control", 1988; RFC 6298). Of many that are in flight at the same time, and held up together, each counts less, so that the mean
// follows within as many round trips as with one (RFC 7323, appendix G).
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

// Takes in how long one took of so many (at least one) that were in flight.
void service_time_note(struct service_time *time, uint64_t sample_ns, size_t in_flight);

// What hardly any takes longer than; 0 without samples.
static inline uint64_t service_time_most_ns(const struct service_time *time) {
    return time->mean_ns + 4 * time->deviation_ns;
}

#endif
