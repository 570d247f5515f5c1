#include "actors/queue_wait.h"

#include "core/clock.h"

enum {
    // Departures are counted for so long at least. They come in batches, so a span begins and ends by one.
    SPAN_MS = 100,
    // A span counts as so many times slower than it was before at most: it may have had a stall in it, which is over.
    SLOWER_MAX = 4
};

void queue_wait_left(struct queue_wait *wait, uint64_t now_ns, size_t count) {
    if (wait->since_ns == 0) {
        wait->since_ns = now_ns;
        return;
    }
    wait->left += count;
    uint64_t span_ns = now_ns - wait->since_ns;
    if (span_ns >= SPAN_MS * NS_PER_MS) {
        uint64_t each_ns = span_ns / wait->left;
        uint64_t before_ns = wait->each_ns == 0 ? each_ns : wait->each_ns;
        wait->each_ns = (before_ns + (each_ns < SLOWER_MAX * before_ns ? each_ns : SLOWER_MAX * before_ns)) / 2;
        wait->since_ns = now_ns;
        wait->left = 0;
    }
}

void queue_wait_end(struct queue_wait *wait) {
    *wait = (struct queue_wait){0};
}
