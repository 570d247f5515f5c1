// The first failure of a run.
#include "seed/failure.h"

#include <stdarg.h>
#include <stdio.h>

void failure_init(struct failure *failure) {
    atomic_init(&failure->stopped, false);
    pthread_mutex_init(&failure->mutex, NULL);
    failure->reason[0] = '\0';
}

bool failure_set(struct failure *failure, const char *format, ...) {
    pthread_mutex_lock(&failure->mutex);
    if (failure->reason[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(failure->reason, sizeof failure->reason, format, arguments);
        va_end(arguments);
    }
    pthread_mutex_unlock(&failure->mutex);
    // Relaxed: the flag only hurries; who prints the reason has joined the threads or holds the mutex.
    atomic_store_explicit(&failure->stopped, true, memory_order_relaxed);
    return false;
}
