// A message: one allocation of a fixed 64-byte envelope and a payload that the sender packed (msgpack).
//
// A message has one owner at any time. Pushing it into a mailbox moves ownership to the receiver; a refused push leaves it
// with the sender. Whoever owns it last frees it.
#ifndef REVIEWD_CORE_MESSAGE_H
#define REVIEWD_CORE_MESSAGE_H

#include "core/base.h"

struct message {
    struct message *next; // for the lists of whoever owns the message
    uint64_t accepted_ns; // when the request that this belongs to was complete (clock_now_ns)
    uint64_t enqueued_ns; // when it was last pushed into a mailbox
    union {
        uint64_t deadline_ns; // of a request: when its answer is due; 0: never
        uint64_t asked_ns;    // of a reply: when PostgreSQL was asked for it; 0: it was not
    };
    uint32_t slot;       // names the origin's counterpart (a client connection) together with `generation`
    uint32_t generation; // tells a slot's users apart over time
    uint32_t sequence;   // counts the requests of one user of a slot
    uint32_t length;     // bytes of payload
    uint32_t capacity;   // bytes of room for payload
    uint16_t operation;  // what is asked or answered: an enum of the layer above
    uint16_t flags;      // bits of the layer above
    uint16_t origin;     // actor that the request came from
    uint16_t reply_to;   // actor that takes the answer
    char payload[];
};

_Static_assert(sizeof(struct message) == 64, "the envelope is one cache line");

// A message without payload and an envelope of zeros, with room for `capacity` bytes or more. The caller owns it. Any thread.
struct message *message_new(uint32_t capacity) __attribute__((warn_unused_result));

// Copies the envelope (not next, deadline, length and capacity) of `from`, so that `to` answers it.
void message_answer_to(struct message *to, const struct message *from);

// Adds bytes to the payload. The message may move: *message is updated. The owner only.
void message_append(struct message **message, const void *data, size_t length);

// Ends a message that the caller owns; null is fine. Any thread, which may keep the memory for its own next messages.
void message_free(struct message *message);

// Frees the memory that the calling thread has kept. What a thread that uses messages does last.
void message_forget_kept(void);

static inline struct view message_payload(const struct message *message) {
    return (struct view){message->payload, message->length};
}

#endif
