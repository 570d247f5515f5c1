#include "core/actor.h"

#include "core/loop.h"

#include <stdio.h>
#include <stdlib.h>

void actor_init(struct actor *actor, const struct actor_class *class, const char *name, uint16_t id, size_t capacity,
    struct log *log, struct metrics *metrics) {
    actor->class = class;
    snprintf(actor->name, sizeof actor->name, "%s", name);
    actor->id = id;
    actor->loop = NULL;
    actor->log = log;
    actor->metrics = metrics;
    mailbox_open(&actor->mailbox, capacity);
}

void actor_free(struct actor *actor) {
    mailbox_close(&actor->mailbox);
}

bool actor_send(struct actor *from, struct actor *to, struct message *message) {
    message->enqueued_ns = loop_now_ns(from->loop);
    if (!mailbox_push(&to->mailbox, message)) {
        return false;
    }
    loop_wake_later(from->loop, to->loop);
    return true;
}

void actor_send_reserved(struct actor *from, struct actor *to, struct message *message) {
    if (!actor_send(from, to, message)) {
        fprintf(stderr, "reviewd: the mailbox of %s had no room for a message of %s that it must have room for\n",
            to->name, from->name);
        abort();
    }
}
