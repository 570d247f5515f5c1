// A bounded lock-free queue of messages with many producers and one consumer.
//
// The ring with a sequence number in each cell is Dmitry Vyukov's bounded MPMC queue (1024cores.net, "Bounded MPMC queue"),
// with its consumer side reduced to one thread. A cell at index i is free for the push number p (p mod capacity = i) when
// its sequence is p, and holds the message of push p when its sequence is p + 1.
//
// A mailbox only stores; waking its consumer is the loop's job (core/waker.h), so that a burst of pushes costs one wake-up.
#ifndef REVIEWD_CORE_MAILBOX_H
#define REVIEWD_CORE_MAILBOX_H

#include "core/message.h"

#include <stdatomic.h>

struct mailbox_cell {
    _Atomic uint64_t sequence;
    struct message *message;
};

struct mailbox {
    // Constant after mailbox_open.
    struct mailbox_cell *cells;
    uint64_t mask;
    // Written by every producer.
    _Alignas(CACHE_LINE) _Atomic uint64_t tail;
    // Written by the consumer alone; atomic so that mailbox_depth may look from any thread.
    _Alignas(CACHE_LINE) _Atomic uint64_t head;
};

// Room for at least `capacity` messages (rounded up to a power of two, at least 2).
void mailbox_open(struct mailbox *mailbox, size_t capacity);

// Frees the mailbox and the messages left in it. No other thread may use it any more.
void mailbox_close(struct mailbox *mailbox);

// Moves the message into the mailbox. When it is full, returns false and the caller still owns the message. Any thread.
MUST_CHECK bool mailbox_push(struct mailbox *mailbox, struct message *message);

// Takes out the oldest message, or returns null when there is none to be had yet. The consumer only.
struct message *mailbox_pop(struct mailbox *mailbox);

// Whether mailbox_pop would return a message. The consumer only.
MUST_CHECK bool mailbox_has_mail(struct mailbox *mailbox);

// How many messages are inside, as far as one can tell while others push and pop. Any thread.
size_t mailbox_depth(struct mailbox *mailbox);

// How many messages its consumer has taken so far. Any thread.
uint64_t mailbox_taken(struct mailbox *mailbox);

static inline size_t mailbox_capacity(const struct mailbox *mailbox) {
    return (size_t)mailbox->mask + 1;
}

#endif
