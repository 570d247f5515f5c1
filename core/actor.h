// An actor: a name, one mailbox, and state that nobody else touches.
//
// A concrete actor is a struct that begins with a struct actor and has a struct actor_class of four functions. All four run
// on the thread of the actor's loop, so an actor needs no locks. Actors meet only through actor_send.
//
// Life: start → turns (receive at most a batch of messages, then flush once) → stop. Draining is a message like any other;
// what it takes is the actor's own business.
#ifndef REVIEWD_CORE_ACTOR_H
#define REVIEWD_CORE_ACTOR_H

#include "core/log.h"
#include "core/mailbox.h"

struct actor;
struct loop;
struct metrics;

struct actor_class {
    // Opens what the actor lives on (events on loop_base(actor->loop)). May be null.
    void (*start)(struct actor *actor);
    // Takes one message, which the actor then owns.
    void (*receive)(struct actor *actor, struct message *message);
    // Ends a turn: here work that can be joined is joined. Runs after every burst of messages or events. May be null.
    void (*flush)(struct actor *actor);
    // Closes what start opened. May be null.
    void (*stop)(struct actor *actor);
};

struct actor {
    const struct actor_class *class;
    char name[24];
    uint16_t id; // names the actor in envelopes
    struct loop *loop;
    struct log *log;
    struct metrics *metrics; // written by this actor alone
    struct mailbox mailbox;
};

// Prepares the common part. The mailbox gets room for `capacity` messages. Call loop_add afterwards.
void actor_init(struct actor *actor, const struct actor_class *class, const char *name, uint16_t id, size_t capacity,
    struct log *log, struct metrics *metrics);

// Frees the common part, with messages that nobody took. The actor's loop must have ended.
void actor_free(struct actor *actor);

// Moves a message to another actor; false, with the message still the caller's, when its mailbox is full. From the thread of
// `from`. The receiver is woken, if it sleeps, at the end of the sender's turn.
MUST_CHECK bool actor_send(struct actor *from, struct actor *to, struct message *message);

// For a mailbox that was built with room for everything that can be sent to it: a full one is a bug and ends the process.
void actor_send_reserved(struct actor *from, struct actor *to, struct message *message);

#endif
