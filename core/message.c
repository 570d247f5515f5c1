#include "core/message.h"

#include "core/memory.h"

#include <stdlib.h>

struct message *message_new(uint32_t capacity) {
    struct message *message = memory_resize(NULL, sizeof *message + capacity);
    memset(message, 0, sizeof *message);
    message->capacity = capacity;
    return message;
}

void message_answer_to(struct message *to, const struct message *from) {
    to->accepted_ns = from->accepted_ns;
    to->enqueued_ns = from->enqueued_ns;
    to->slot = from->slot;
    to->generation = from->generation;
    to->sequence = from->sequence;
    to->operation = from->operation;
    to->flags = from->flags;
    to->origin = from->origin;
    to->reply_to = from->reply_to;
}

void message_append(struct message **message, const void *bytes, size_t length) {
    struct message *m = *message;
    size_t needed = m->length + length;
    if (needed > m->capacity) {
        size_t capacity = m->capacity < 64 ? 128 : (size_t)m->capacity * 2;
        while (capacity < needed) {
            capacity *= 2;
        }
        m = memory_resize(m, sizeof *m + capacity);
        m->capacity = (uint32_t)capacity;
        *message = m;
    }
    memcpy(m->payload + m->length, bytes, length);
    m->length = (uint32_t)needed;
}

void message_free(struct message *message) {
    free(message);
}
