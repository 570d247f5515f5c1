// Time: a monotonic clock for durations and deadlines, and the wall clock for what people read. Any thread.
#ifndef REVIEWD_CORE_CLOCK_H
#define REVIEWD_CORE_CLOCK_H

#include "core/base.h"

#include <sys/time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

// Nanoseconds since some point in the past; never goes back.
uint64_t clock_now_ns(void);

// Milliseconds since 1970, UTC.
int64_t clock_wall_ms(void);

// The deadline that lies `timeout_ms` after `now_ns`.
static inline uint64_t deadline_after_ms(uint64_t now_ns, uint64_t timeout_ms) {
    return now_ns + timeout_ms * NS_PER_MS;
}

// Whether a deadline has passed; 0 never passes.
static inline bool deadline_passed(uint64_t deadline_ns, uint64_t now_ns) {
    return deadline_ns != 0 && now_ns >= deadline_ns;
}

// What is left of it, 0 when it has passed, UINT64_MAX for the deadline 0.
static inline uint64_t deadline_left_ns(uint64_t deadline_ns, uint64_t now_ns) {
    if (deadline_ns == 0) {
        return UINT64_MAX;
    }
    return deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

// A time span as libevent takes it, in whole microseconds.
static inline struct timeval clock_timeval(uint64_t ns) {
    return (struct timeval){(time_t)(ns / NS_PER_S), (suseconds_t)(ns % NS_PER_S / NS_PER_US)};
}

#endif
