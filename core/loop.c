#include "core/loop.h"

#include "core/actor.h"
#include "core/clock.h"
#include "core/memory.h"
#include "core/waker.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    // In a row. With batches of 64 that is what one round of events brings at most (libevent 2.1, epoll.c, MAX_NEVENT).
    TURNS_MAX = 64,
    // Events of a crowd in a round. As many as are usual at a time, so that only more than that are divided.
    CROWD_MAX = 512
};

struct loop {
    struct waker waker; // written by other loops
    // Everything below belongs to the loop's thread.
    char name[16];
    unsigned index;
    unsigned batch;
    unsigned crowd; // events of crowds in this round
    uint64_t now_ns;
    struct event_base *base;
    struct event *wake_event;
    struct actor **actors;
    size_t actor_count;
    struct loop *to_wake[LOOPS_MAX]; // the loops sent to in this round
    size_t to_wake_count;
    bool is_to_be_woken[LOOPS_MAX]; // by index
    pthread_t thread;
    _Atomic bool running;  // whether `thread` may be asked for its CPU time
    _Atomic bool stopping; // set by loop_stop
    _Atomic bool asked;    // set by loop_ask_beat, cleared by the next turn
    _Atomic uint64_t wakeups;
    _Atomic uint64_t messages;
};

// A counter with one writer needs no locked instruction. relaxed: for observers only.
static void count(_Atomic uint64_t *counter, uint64_t more) {
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + more, memory_order_relaxed);
}

static void on_wake(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    waker_clear(&((struct loop *)argument)->waker);
}

static struct event_base *open_base(void) {
    struct event_config *config = event_config_new();
    if (config == NULL) {
        return NULL;
    }
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

struct loop *loop_open(const char *name, unsigned index, unsigned batch) {
    struct loop *loop = memory_allocate_aligned(1, sizeof *loop);
    snprintf(loop->name, sizeof loop->name, "%s", name);
    loop->index = index;
    loop->batch = batch;
    loop->now_ns = clock_now_ns();
    loop->actors = memory_allocate(LOOP_ACTORS_MAX, sizeof(struct actor *));
    loop->waker.descriptor = -1;
    loop->base = open_base();
    if (loop->base == NULL || !waker_open(&loop->waker)) {
        loop_close(loop);
        return NULL;
    }
    loop->wake_event = event_new(loop->base, loop->waker.descriptor, EV_READ | EV_PERSIST, on_wake, loop);
    if (loop->wake_event == NULL || event_add(loop->wake_event, NULL) != 0) {
        loop_close(loop);
        return NULL;
    }
    return loop;
}

void loop_close(struct loop *loop) {
    if (loop->wake_event != NULL) {
        event_free(loop->wake_event);
    }
    if (loop->base != NULL) {
        event_base_free(loop->base);
    }
    waker_close(&loop->waker);
    free(loop->actors);
    free(loop);
}

void loop_add(struct loop *loop, struct actor *actor) {
    if (loop->actor_count == LOOP_ACTORS_MAX) {
        fprintf(stderr, "reviewd: more than %d actors on a loop\n", LOOP_ACTORS_MAX);
        abort();
    }
    loop->actors[loop->actor_count++] = actor;
    actor->loop = loop;
}

// Gives the actor its turn of messages; returns how many it took.
static unsigned take_messages(struct actor *actor, unsigned batch) {
    unsigned taken = 0;
    while (taken < batch) {
        struct message *message = mailbox_pop(&actor->mailbox);
        if (message == NULL) {
            break;
        }
        taken++;
        actor->class->receive(actor, message);
    }
    return taken;
}

static void wake_others(struct loop *loop) {
    for (size_t i = 0; i < loop->to_wake_count; i++) {
        struct loop *target = loop->to_wake[i];
        loop->is_to_be_woken[target->index] = false;
        if (waker_wake(&target->waker)) {
            count(&loop->wakeups, 1);
        }
    }
    loop->to_wake_count = 0;
}

static bool is_stopping(struct loop *loop) {
    // acquire: pairs with the release in loop_stop.
    return atomic_load_explicit(&loop->stopping, memory_order_acquire);
}

// Whether somebody waits for a turn. The asker's flag counts: it may have been set between our turn and our arming.
static bool is_wanted(struct loop *loop) {
    if (is_stopping(loop) || !loop_has_beaten(loop)) {
        return true;
    }
    for (size_t i = 0; i < loop->actor_count; i++) {
        if (mailbox_has_mail(&loop->actors[i]->mailbox)) {
            return true;
        }
    }
    return false;
}

// One turn for each actor; returns whether any took a message, so that more may wait.
static bool turn(struct loop *loop) {
    loop->now_ns = clock_now_ns();
    unsigned taken = 0;
    for (size_t i = 0; i < loop->actor_count; i++) {
        taken += take_messages(loop->actors[i], loop->batch);
    }
    for (size_t i = 0; i < loop->actor_count; i++) {
        struct actor *actor = loop->actors[i];
        if (actor->class->flush != NULL) {
            actor->class->flush(actor);
        }
    }
    wake_others(loop);
    count(&loop->messages, taken);
    if (!loop_has_beaten(loop)) {
        // relaxed: it says only that turns are taken.
        atomic_store_explicit(&loop->asked, false, memory_order_relaxed);
    }
    return taken > 0;
}

// Turns until no mail is left, or for so long that events must not wait further; returns whether mail may be left. One turn
// alone would fall behind a round of events that brings thousands of requests, and those would wait in mailboxes, out of
// sight of whoever decides what can still be answered in time. (J. Mogul, K. Ramakrishnan, "Eliminating Receive Livelock in
// an Interrupt-Driven Kernel", 1996.)
static bool take_mail(struct loop *loop) {
    for (int i = 0; i < TURNS_MAX; i++) {
        if (!turn(loop)) {
            return false;
        }
    }
    return true;
}

// One round of events: EVLOOP_NONBLOCK alone would go on until no event is left, which under load may be never.
static void wait_for_events(struct loop *loop, bool busy) {
    loop->crowd = 0;
    if (busy) {
        event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    } else {
        waker_arm(&loop->waker);
        // The second look: from here on, either we see a producer's message or it sees us armed.
        event_base_loop(loop->base, EVLOOP_ONCE | (is_wanted(loop) ? EVLOOP_NONBLOCK : 0));
        waker_disarm(&loop->waker);
    }
    loop->now_ns = clock_now_ns();
}

static void take_turns(struct loop *loop) {
    loop->now_ns = clock_now_ns();
    for (size_t i = 0; i < loop->actor_count; i++) {
        if (loop->actors[i]->class->start != NULL) {
            loop->actors[i]->class->start(loop->actors[i]);
        }
    }
    while (!is_stopping(loop)) {
        wait_for_events(loop, take_mail(loop));
    }
    for (size_t i = 0; i < loop->actor_count; i++) {
        if (loop->actors[i]->class->stop != NULL) {
            loop->actors[i]->class->stop(loop->actors[i]);
        }
    }
    wake_others(loop);
    message_forget_kept();
}

static void *run_thread(void *argument) {
    take_turns(argument);
    return NULL;
}

void loop_run(struct loop *loop) {
    loop->thread = pthread_self();
    atomic_store_explicit(&loop->running, true, memory_order_release);
    take_turns(loop);
    atomic_store_explicit(&loop->running, false, memory_order_release);
}

bool loop_start(struct loop *loop) {
    // Signals are the main thread's.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&loop->thread, NULL, run_thread, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        errno = error;
        return false;
    }
    pthread_setname_np(loop->thread, loop->name);
    atomic_store_explicit(&loop->running, true, memory_order_release);
    return true;
}

void loop_stop(struct loop *loop) {
    // release: what the caller did before is seen by the loop's actors when they stop.
    atomic_store_explicit(&loop->stopping, true, memory_order_release);
    waker_wake(&loop->waker);
}

void loop_join(struct loop *loop) {
    atomic_store_explicit(&loop->running, false, memory_order_release);
    pthread_join(loop->thread, NULL);
}

void loop_ask_beat(struct loop *loop) {
    // The waker's exchange publishes it before a sleeping loop looks.
    atomic_store_explicit(&loop->asked, true, memory_order_relaxed);
    waker_wake(&loop->waker);
}

bool loop_has_beaten(const struct loop *loop) {
    return !atomic_load_explicit(&loop->asked, memory_order_relaxed);
}

struct event_base *loop_base(struct loop *loop) {
    return loop->base;
}

void loop_count_crowd(struct loop *loop) {
    if (++loop->crowd == CROWD_MAX) {
        event_base_loopbreak(loop->base); // what is left comes in the next round
    }
}

bool loop_is_crowded(const struct loop *loop) {
    return loop->crowd >= CROWD_MAX;
}

uint64_t loop_now_ns(const struct loop *loop) {
    return loop->now_ns;
}

uint64_t loop_renew_now_ns(struct loop *loop) {
    loop->now_ns = clock_now_ns();
    return loop->now_ns;
}

void loop_wake_later(struct loop *loop, struct loop *target) {
    if (target != loop && !loop->is_to_be_woken[target->index]) {
        loop->is_to_be_woken[target->index] = true;
        loop->to_wake[loop->to_wake_count++] = target;
    }
}

uint64_t loop_wakeups(const struct loop *loop) {
    return atomic_load_explicit(&loop->wakeups, memory_order_relaxed);
}

uint64_t loop_messages(const struct loop *loop) {
    return atomic_load_explicit(&loop->messages, memory_order_relaxed);
}

uint64_t loop_cpu_ns(const struct loop *loop) {
    clockid_t clock;
    struct timespec used;
    if (!atomic_load_explicit(&loop->running, memory_order_acquire) ||
        pthread_getcpuclockid(loop->thread, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

const char *loop_name(const struct loop *loop) {
    return loop->name;
}
