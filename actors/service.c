#include "actors/service.h"

#include "core/clock.h"
#include "core/log.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>

enum {
    // How often the loops are asked within the time after which the manager gives the process up.
    BEATS_A_TIMEOUT = 4,
    // What the manager waits for longer than the drain itself.
    STOP_RESERVE_MS = 5000
};

// A process whose main thread lives but whose other threads hang serves nobody: the manager hears from us only after every
// loop has taken a turn since the last time.
static void on_watchdog(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct service *service = argument;
    for (size_t i = 0; i < service->loop_count; i++) {
        if (!loop_has_beaten(service->loops[i])) {
            return;
        }
    }
    notify_send(&service->notify, "WATCHDOG=1");
    for (size_t i = 0; i < service->loop_count; i++) {
        loop_ask_beat(service->loops[i]);
    }
}

void service_start(struct service *service, struct loop *const *loops, size_t loop_count, struct log *log) {
    service->loops = loops;
    service->loop_count = loop_count;
    service->watchdog = NULL;
    if (!notify_open(&service->notify)) {
        log_event(
            log, LOG_WARNING, "supervisor", "the service manager cannot be told", "reason=\"%s\"", strerror(errno));
    }
    notify_send(&service->notify, "READY=1\nSTATUS=serving");
    if (service->notify.watchdog_ms > 0) {
        unsigned every_ms = service->notify.watchdog_ms / BEATS_A_TIMEOUT;
        struct timeval every = clock_timeval(every_ms * NS_PER_MS);
        service->watchdog = event_new(loop_base(loops[0]), -1, EV_PERSIST, on_watchdog, service);
        event_add(service->watchdog, &every);
    }
}

void service_drain(struct service *service, unsigned timeout_ms) {
    notify_send(&service->notify, "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=%llu",
        ((unsigned long long)timeout_ms + STOP_RESERVE_MS) * 1000);
}

void service_stop(struct service *service) {
    if (service->watchdog != NULL) {
        event_free(service->watchdog);
    }
    notify_close(&service->notify);
}
