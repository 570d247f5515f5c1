#include "actors/service_time.h"

enum {
    MEAN_SHARE = 8,      // a sample's weight is 1/8 in the mean,
    DEVIATION_SHARE = 4, // and 1/4 in the deviation
    DEVIATIONS = 4
};

// A step from `from` towards `to`, by a part of the way.
static uint64_t approach(uint64_t from, uint64_t to, uint64_t parts) {
    return to > from ? from + (to - from) / parts : from - (from - to) / parts;
}

void service_time_note(struct service_time *time, uint64_t sample_ns) {
    if (time->mean_ns == 0) {
        *time = (struct service_time){sample_ns, sample_ns / 2};
        return;
    }
    uint64_t distance_ns = sample_ns > time->mean_ns ? sample_ns - time->mean_ns : time->mean_ns - sample_ns;
    time->deviation_ns = approach(time->deviation_ns, distance_ns, DEVIATION_SHARE);
    time->mean_ns = approach(time->mean_ns, sample_ns, MEAN_SHARE);
}

uint64_t service_time_bound(const struct service_time *time) {
    return time->mean_ns + DEVIATIONS * time->deviation_ns;
}
