// How long who comes to a queue will wait in it: so many leave it in a while, and so many are before him.
//
// Learnt only while somebody waits: a queue that is empty now and then says nothing of how fast it could be worked off. (J. Little, "A
// Proof for the Queuing Formula L = λW", 1961: the wait is the number of those who wait divided by the rate at which they leave.)
//
// Nanoseconds. One thread.
#ifndef REVIEWD_ACTORS_QUEUE_WAIT_H
#define REVIEWD_ACTORS_QUEUE_WAIT_H

#include "core/base.h"

// All zero is one that knows nothing.
struct queue_wait {
    uint64_t since_ns; // when some left, from where the others are counted; 0: none has left
    size_t left;       // since then
    uint64_t each_ns;  // from one that leaves to the next; 0: not known yet
};

// So many (at least one) have left the queue, to be served.
void queue_wait_left(struct queue_wait *wait, uint64_t now_ns, size_t count);

// Nobody waits any more.
void queue_wait_end(struct queue_wait *wait);

// How long one will wait that has so many before it; 0 if that is not known.
static inline uint64_t queue_wait_ns(const struct queue_wait *wait, size_t before) {
    return wait->each_ns * before;
}

// Whether one that has so many before it, and has waited for so long already, is to be refused because it would wait for longer than
// the limit in all. A tenth of the limit is for what cannot be foreseen. False if its wait is not known.
static inline bool queue_wait_exceeds(
    const struct queue_wait *wait, size_t before, uint64_t waited_ns, uint64_t limit_ns) {
    uint64_t wait_ns = queue_wait_ns(wait, before);
    return wait_ns > 0 && waited_ns + wait_ns > limit_ns - limit_ns / 10;
}

#endif
