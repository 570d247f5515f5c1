// A loop: one thread with one event base (without locks), on which one or more actors take turns.
//
// A round of the loop is: events (sockets, timers), then for each actor at most a batch of its messages, then one flush for
// each actor, then one wake-up for each other loop that was sent to. A loop with nothing to do sleeps in epoll.
//
// Of the events of a crowd (clients, of whom thousands may speak at a time) a round takes some hundred. Whoever must not wait for all
// of them to have had their turn looks for itself while the loop is crowded.
#ifndef REVIEWD_CORE_LOOP_H
#define REVIEWD_CORE_LOOP_H

#include "core/base.h"

struct actor;
struct event_base;
struct loop;

enum {
    LOOPS_MAX = 256,
    LOOP_ACTORS_MAX = 512
};

// Makes a loop. `index` (below LOOPS_MAX) is its own among all loops; `batch` bounds a turn in messages. Null (errno set) if
// the system has no more descriptors.
MUST_CHECK struct loop *loop_open(const char *name, unsigned index, unsigned batch);

// Frees a loop that has ended, but not its actors.
void loop_close(struct loop *loop);

// Places an actor on a loop that does not run yet. Actors take their turns in the order in which they were added.
void loop_add(struct loop *loop, struct actor *actor);

// Starts the loop on a thread of its own. False (errno set) if there is none to be had.
MUST_CHECK bool loop_start(struct loop *loop);

// Runs the loop on the calling thread until loop_stop.
void loop_run(struct loop *loop);

// Asks the loop to end after its round; its actors are stopped on its thread. Any thread.
void loop_stop(struct loop *loop);

// Waits for the thread of loop_start.
void loop_join(struct loop *loop);

// Asks the loop to show that it lives, and tells whether it has taken a turn since. Asks of one thread.
void loop_ask_beat(struct loop *loop);
bool loop_has_beaten(const struct loop *loop);

// The event base, for the loop's actors only.
struct event_base *loop_base(struct loop *loop);

// Says that the event which is being handled is one of a crowd. It should be edge-triggered: each round asks for events anew, and would
// else be told of all those again that have not had their turn. The loop's thread only.
void loop_count_crowd(struct loop *loop);

// Whether the round was cut short, so that other events may still wait behind those of a crowd. The loop's thread only.
bool loop_is_crowded(const struct loop *loop);

// The time at which the round began (clock_now_ns), for what needs no more precision. The loop's thread only.
uint64_t loop_now_ns(const struct loop *loop);

// Sets that time to now, within a round: for who has just waited for something that is to be measured. The loop's thread only.
uint64_t loop_renew_now_ns(struct loop *loop);

// Has `target` woken at the end of this round. The thread of `loop` only.
void loop_wake_later(struct loop *loop, struct loop *target);

// How often the loop woke another, and how many messages its actors took. Any thread.
uint64_t loop_wakeups(const struct loop *loop);
uint64_t loop_messages(const struct loop *loop);

// CPU time of the loop's thread so far, in nanoseconds; 0 when it does not run. Any thread.
uint64_t loop_cpu_ns(const struct loop *loop);

const char *loop_name(const struct loop *loop);

#endif
