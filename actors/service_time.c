#include "actors/service_time.h"

enum {
    SHARE = 8 // a sample's weight is 1/8
};

void service_time_note(struct service_time *time, uint64_t sample_ns) {
    if (time->mean_ns == 0) {
        time->mean_ns = sample_ns;
    } else if (sample_ns > time->mean_ns) {
        time->mean_ns += (sample_ns - time->mean_ns) / SHARE;
    } else {
        time->mean_ns -= (time->mean_ns - sample_ns) / SHARE;
    }
}
