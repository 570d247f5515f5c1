// A growing run of bytes with one owner.
#ifndef REVIEWD_CORE_BUFFER_H
#define REVIEWD_CORE_BUFFER_H

#include "core/base.h"

// All zero is an empty buffer.
struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

// Makes room for `extra` bytes behind `length` (growing by doubling) and returns where they begin.
char *buffer_reserve(struct buffer *buffer, size_t extra);

// Copies bytes to the end.
void buffer_append(struct buffer *buffer, struct view bytes);

// Appends formatted text, without a terminator.
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

// Takes `count` bytes off the front.
void buffer_consume(struct buffer *buffer, size_t count);

// Gives the memory back and leaves an empty buffer.
void buffer_free(struct buffer *buffer);

static inline struct view buffer_view(const struct buffer *buffer) {
    return (struct view){buffer->data, buffer->length};
}

#endif
