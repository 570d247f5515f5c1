// What the service manager (systemd, if it started us) hears from a node: that it serves, that it stops, and again and again
// that all its loops still take their turns. For the supervisor, on its thread.
#ifndef REVIEWD_ACTORS_SERVICE_H
#define REVIEWD_ACTORS_SERVICE_H

#include "core/loop.h"
#include "core/notify.h"

struct event;
struct log;

struct service {
    struct notify notify;
    struct loop *const *loops;
    size_t loop_count;
    struct event *watchdog; // null: nobody watches
};

// Tells that the node serves: its ports are open and its loops run. `loops` are borrowed; the first is the caller's.
void service_start(struct service *service, struct loop *const *loops, size_t loop_count, struct log *log);

// Tells that the node stops, and how long that may take.
void service_drain(struct service *service, unsigned timeout_ms);

void service_stop(struct service *service);

#endif
