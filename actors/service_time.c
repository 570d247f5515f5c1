#include "actors/service_time.h"

// A sample's weight is 1/8, that of its distance from the mean 1/4, divided among those in flight.
enum {
    MEAN_SHARE = 8,
    DEVIATION_SHARE = 4
};

static uint64_t distance(uint64_t a, uint64_t b) {
    return a > b ? a - b : b - a;
}

static uint64_t moved(uint64_t from, uint64_t to, uint64_t share) {
    return to > from ? from + (to - from) / share : from - (from - to) / share;
}

void service_time_note(struct service_time *time, uint64_t sample_ns, size_t in_flight) {
    if (time->mean_ns == 0) {
        *time = (struct service_time){sample_ns, sample_ns / 2};
        return;
    }
    time->deviation_ns = moved(time->deviation_ns, distance(time->mean_ns, sample_ns), DEVIATION_SHARE * in_flight);
    time->mean_ns = moved(time->mean_ns, sample_ns, MEAN_SHARE * in_flight);
}
