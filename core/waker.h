// Wakes a sleeping consumer, at most once a sleep, without a lost wake-up and without a system call while it is awake.
//
// The consumer arms, looks once more whether there is work, and only then sleeps on `descriptor`; when it wakes it disarms.
// A producer first publishes its work and then calls waker_wake, which writes the eventfd only if it finds the waker armed.
//
// Why nothing is lost, and why acq_rel is enough: arm, disarm and wake all are read-modify-write operations on `armed`, so
// they stand in one modification order, and each reads the one before it. If a producer's wake comes before the consumer's
// arm, the arm reads from a release sequence headed by (or containing) that wake, synchronises with it, and the consumer's
// second look sees the work that was published before it. If it comes after the arm, the wake reads 1 and writes the
// eventfd. No third order exists. The order of seq_cst is not needed because only one object decides.
#ifndef REVIEWD_CORE_WAKER_H
#define REVIEWD_CORE_WAKER_H

#include "core/base.h"

#include <stdatomic.h>

struct waker {
    _Alignas(CACHE_LINE) _Atomic uint32_t armed; // written by the consumer and by all producers
    int descriptor;                              // an eventfd; constant
};

// Opens the eventfd; false (errno set) if the system has none left.
MUST_CHECK bool waker_open(struct waker *waker);
void waker_close(struct waker *waker);

// Consumer: from now on a producer's wake writes the eventfd. Look for work again before sleeping.
static inline void waker_arm(struct waker *waker) {
    // Pairs with the exchange in waker_wake; see above.
    atomic_exchange_explicit(&waker->armed, 1, memory_order_acq_rel);
}

// Consumer: awake, and no eventfd write is needed.
static inline void waker_disarm(struct waker *waker) {
    // A read-modify-write although the old value is not used: a plain store would end the release sequences of wakes.
    atomic_exchange_explicit(&waker->armed, 0, memory_order_acq_rel);
}

// Producer, after publishing: wakes the consumer if it sleeps or is about to. Any thread. Returns whether it wrote.
bool waker_wake(struct waker *waker);

// Consumer: takes the eventfd's count so that it can be waited on again. Never blocks.
void waker_clear(struct waker *waker);

#endif
