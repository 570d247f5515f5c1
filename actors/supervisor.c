// The supervisor.
//
// Owns:     all loops and actors, and the signals.
// Receives: DRAINED from the acceptors.
// Sends:    DRAIN to the acceptors and the admin actor.
// Stops:    everything, after the last DRAINED or when the drain takes too long.
//
// Start: listeners are bound first, so that a taken port is an error before anything runs. Drain: acceptors take in what is
// on its way, answer it and close; only then do loops end, so every reply has had its way out.

#include "actors/supervisor.h"

#include "actors/assembly.h"
#include "actors/service.h"
#include "core/clock.h"
#include "core/loop.h"
#include "core/memory.h"
#include "proto/operation.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct supervisor {
    struct actor actor;
    struct assembly *assembly;
    struct service service;
    unsigned drain_timeout_ms;
    unsigned acceptors_left;
    bool draining;
    bool cut_short;
    int signals; // a signalfd
    struct event *signalled;
    struct event *drain_timeout;
    struct event *admin_again; // its mailbox was full
};

enum {
    ADMIN_AGAIN_MS = 10
};

static struct supervisor *supervisor_of(struct actor *actor) {
    return (struct supervisor *)actor;
}

static void send_drain(struct supervisor *supervisor, struct actor *to) {
    struct message *message = message_new(0);
    message->operation = OPERATION_DRAIN;
    actor_send_reserved(&supervisor->actor, to, message);
}

// DB actors tell the admin of segments as often as they like, so its mailbox may be full; then it is told later.
static void drain_admin(struct supervisor *supervisor) {
    struct assembly *assembly = supervisor->assembly;
    struct message *message = message_new(0);
    message->operation = OPERATION_DRAIN;
    if (!actor_send(&supervisor->actor, assembly->directory.actors[assembly->admin], message)) {
        struct timeval pause = clock_timeval(ADMIN_AGAIN_MS * NS_PER_MS);
        message_free(message);
        event_add(supervisor->admin_again, &pause);
    }
}

static void on_admin_again(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    drain_admin(argument);
}

static void begin_drain(struct supervisor *supervisor, int signal_number) {
    struct assembly *assembly = supervisor->assembly;
    supervisor->draining = true;
    supervisor->acceptors_left = assembly->acceptor_count;
    log_event(supervisor->actor.log, LOG_INFO, supervisor->actor.name, "draining", "signal=%d", signal_number);
    service_drain(&supervisor->service, supervisor->drain_timeout_ms);
    drain_admin(supervisor);
    for (unsigned i = 0; i < assembly->acceptor_count; i++) {
        send_drain(supervisor, assembly->directory.actors[assembly->first_acceptor + i]);
    }
    struct timeval limit = clock_timeval(supervisor->drain_timeout_ms * NS_PER_MS);
    event_add(supervisor->drain_timeout, &limit);
}

static void cut_short(struct supervisor *supervisor, const char *why) {
    log_event(supervisor->actor.log, LOG_ERROR, supervisor->actor.name, "drain cut short", "reason=\"%s\" acceptors=%u",
        why, supervisor->acceptors_left);
    supervisor->cut_short = true;
    loop_stop(supervisor->actor.loop);
}

static void on_signal(evutil_socket_t descriptor, short events, void *argument) {
    (void)events;
    struct supervisor *supervisor = argument;
    struct signalfd_siginfo information;
    if (read(descriptor, &information, sizeof information) != (ssize_t)sizeof information) {
        return;
    }
    if (information.ssi_signo == SIGHUP) {
        log_event(supervisor->actor.log, LOG_WARNING, supervisor->actor.name, "SIGHUP ignored",
            "hint=\"restart to apply a changed configuration\"");
    } else if (!supervisor->draining) {
        begin_drain(supervisor, (int)information.ssi_signo);
    } else {
        cut_short(supervisor, "asked again");
    }
}

static void on_drain_timeout(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    cut_short(argument, "time");
}

static void supervisor_receive(struct actor *actor, struct message *message) {
    struct supervisor *supervisor = supervisor_of(actor);
    if (message->operation == OPERATION_DRAINED && --supervisor->acceptors_left == 0) {
        loop_stop(actor->loop);
    }
    message_free(message);
}

static void supervisor_start(struct actor *actor) {
    struct supervisor *supervisor = supervisor_of(actor);
    struct event_base *base = loop_base(actor->loop);
    supervisor->signalled = event_new(base, supervisor->signals, EV_READ | EV_PERSIST, on_signal, supervisor);
    event_add(supervisor->signalled, NULL);
    supervisor->drain_timeout = evtimer_new(base, on_drain_timeout, supervisor);
    supervisor->admin_again = evtimer_new(base, on_admin_again, supervisor);
    service_start(&supervisor->service, supervisor->assembly->loops, supervisor->assembly->loop_count, actor->log);
}

static void supervisor_stop(struct actor *actor) {
    struct supervisor *supervisor = supervisor_of(actor);
    event_free(supervisor->signalled);
    event_free(supervisor->drain_timeout);
    event_free(supervisor->admin_again);
    service_stop(&supervisor->service);
    assembly_stop_others(supervisor->assembly);
}

static int open_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

enum exit_code supervisor_run(const struct config *config, struct log *log) {
    static const struct actor_class class = {supervisor_start, supervisor_receive, NULL, supervisor_stop};
    struct assembly *assembly = assembly_new(config, log);
    if (assembly == NULL) {
        return EXIT_CODE_FAILURE;
    }
    struct supervisor *supervisor = memory_allocate_aligned(1, sizeof *supervisor);
    actor_init(&supervisor->actor, &class, "supervisor", assembly->supervisor, assembly->acceptor_count + 1u, log,
        assembly->metrics[assembly->supervisor]);
    supervisor->assembly = assembly;
    supervisor->drain_timeout_ms = (unsigned)config->server_drain_timeout_s * 1000;
    supervisor->signals = open_signals();
    assembly_set_supervisor(assembly, &supervisor->actor);

    enum exit_code code = EXIT_CODE_FAILURE;
    if (supervisor->signals >= 0 && assembly_start_others(assembly)) {
        loop_run(assembly->loops[0]);
        code = supervisor->cut_short ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
        log_event(log, LOG_INFO, "supervisor", "stopped", "clean=%s", supervisor->cut_short ? "no" : "yes");
    }
    close(supervisor->signals);
    assembly_free(assembly);
    actor_free(&supervisor->actor);
    free(supervisor);
    return code;
}
