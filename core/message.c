#include "core/message.h"

#include "core/memory.h"

#include <stdlib.h>

// Messages are taken and given back tens of thousands of times a second, and those that carry a list are too large for
// malloc's own quick lists (1,032 bytes: glibc, malloc.c, MAX_TCACHE_SIZE). So each thread keeps some that it freed, in
// sizes of powers of two. On a loop that all actors share, one that is freed is the next that is made; between threads,
// messages gather where they end, up to the limit, and malloc fills the gap where they begin.

enum {
    SIZE_MIN_BITS = 8, // 256 bytes
    SIZE_MAX_BITS = 14,
    SIZE_COUNT = SIZE_MAX_BITS - SIZE_MIN_BITS + 1,
    KEPT_BYTES = 128 * 1024 // of each size and thread
};

struct pool {
    struct message *first;
    uint32_t count;
};

static _Thread_local struct pool pools[SIZE_COUNT];

// AddressSanitizer must see each end of a life. (GCC defines the macro, Clang has the feature.)
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
static const bool keeps = false;
#else
static const bool keeps = true;
#endif

// The smallest of the sizes that holds so many bytes; SIZE_COUNT if none does.
static unsigned size_for(size_t bytes) {
    unsigned index = 0;
    while (index < SIZE_COUNT && (size_t)1 << (SIZE_MIN_BITS + index) < bytes) {
        index++;
    }
    return index;
}

// What to allocate for so many bytes, of this size.
static size_t rounded(unsigned size, size_t bytes) {
    return size < SIZE_COUNT ? (size_t)1 << (SIZE_MIN_BITS + size) : bytes;
}

struct message *message_new(uint32_t capacity) {
    size_t bytes = sizeof(struct message) + capacity;
    unsigned size = size_for(bytes);
    bytes = rounded(size, bytes);
    struct message *message;
    if (size < SIZE_COUNT && pools[size].first != NULL) {
        message = pools[size].first;
        pools[size].first = message->next;
        pools[size].count--;
    } else {
        message = memory_resize(NULL, bytes);
    }
    memset(message, 0, sizeof *message);
    message->capacity = (uint32_t)(bytes - sizeof *message);
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

void message_append(struct message **message, const void *data, size_t length) {
    struct message *m = *message;
    size_t needed = sizeof *m + m->length + length;
    if (needed > sizeof *m + m->capacity) {
        size_t twice = 2 * (sizeof *m + m->capacity);
        size_t bytes = needed > twice ? needed : twice;
        bytes = rounded(size_for(bytes), bytes);
        m = memory_resize(m, bytes);
        m->capacity = (uint32_t)(bytes - sizeof *m);
        *message = m;
    }
    memcpy(m->payload + m->length, data, length);
    m->length += (uint32_t)length;
}

void message_free(struct message *message) {
    if (message == NULL) {
        return;
    }
    size_t bytes = sizeof *message + message->capacity;
    unsigned size = size_for(bytes);
    if (keeps && size < SIZE_COUNT && pools[size].count < (uint32_t)KEPT_BYTES >> (SIZE_MIN_BITS + size)) {
        message->next = pools[size].first;
        pools[size].first = message;
        pools[size].count++;
    } else {
        free(message);
    }
}

void message_forget_kept(void) {
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        while (pools[size].first != NULL) {
            struct message *message = pools[size].first;
            pools[size].first = message->next;
            free(message);
        }
        pools[size].count = 0;
    }
}
