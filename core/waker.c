#include "core/waker.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool waker_open(struct waker *waker) {
    atomic_init(&waker->armed, 0);
    waker->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return waker->descriptor >= 0;
}

void waker_close(struct waker *waker) {
    if (waker->descriptor >= 0) {
        close(waker->descriptor);
    }
    waker->descriptor = -1;
}

bool waker_wake(struct waker *waker) {
    // acq_rel: the release part publishes the work to the consumer's next arm; the acquire part keeps the release sequence
    // going for the wakes of other producers. See the header.
    if (atomic_exchange_explicit(&waker->armed, 0, memory_order_acq_rel) == 0) {
        return false;
    }
    uint64_t one = 1;
    // The count cannot overflow (one write a sleep), so a failure can only be a signal: then write again.
    while (write(waker->descriptor, &one, sizeof one) < 0 && errno == EINTR) {}
    return true;
}

void waker_clear(struct waker *waker) {
    uint64_t count;
    while (read(waker->descriptor, &count, sizeof count) < 0 && errno == EINTR) {}
}
