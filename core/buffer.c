#include "core/buffer.h"

#include "core/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SMALLEST_CAPACITY = 256
};

char *buffer_reserve(struct buffer *buffer, size_t extra) {
    size_t needed = buffer->length + extra;
    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity == 0 ? SMALLEST_CAPACITY : buffer->capacity;
        while (capacity < needed) {
            capacity *= 2;
        }
        buffer->data = memory_resize(buffer->data, capacity);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->length;
}

void buffer_append(struct buffer *buffer, struct view bytes) {
    if (bytes.length == 0) {
        return;
    }
    memcpy(buffer_reserve(buffer, bytes.length), bytes.data, bytes.length);
    buffer->length += bytes.length;
}

void buffer_format(struct buffer *buffer, const char *format, ...) {
    for (size_t room = 128;;) {
        char *end = buffer_reserve(buffer, room);
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(end, room, format, arguments);
        va_end(arguments);
        if (length < 0) {
            return;
        }
        if ((size_t)length < room) {
            buffer->length += (size_t)length;
            return;
        }
        room = (size_t)length + 1;
    }
}

void buffer_consume(struct buffer *buffer, size_t count) {
    buffer->length -= count;
    if (buffer->length > 0) {
        memmove(buffer->data, buffer->data + count, buffer->length);
    }
}

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){0};
}
