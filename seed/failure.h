// The first failure of a run, told by whichever thread met it; later ones are its consequences and are dropped.
#ifndef REVIEWD_SEED_FAILURE_H
#define REVIEWD_SEED_FAILURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/base.h"

struct failure {
    // Set with the first failure; every thread looks at it and stops soon.
    atomic_bool stopped;
    pthread_mutex_t mutex;
    char reason[1024];
};

// Not yet failed. Call before any other thread knows of it.
void failure_init(struct failure *failure);

// Records the reason unless there is one already, and asks all to stop. Always false, so that a function can return it.
bool failure_set(struct failure *failure, const char *format, ...) PRINTF_LIKE(2, 3);

static inline bool failure_stopped(struct failure *failure) {
    return atomic_load_explicit(&failure->stopped, memory_order_relaxed);
}

#endif
