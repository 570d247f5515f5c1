// A buffer that is handed on when it is nearly full: to a file, or to a connection in COPY.
#ifndef REVIEWD_SEED_OUTPUT_H
#define REVIEWD_SEED_OUTPUT_H

#include "core/base.h"

enum {
    OUTPUT_CAPACITY = 512 * 1024
};

struct output {
    // Takes the bytes; false after telling the failure.
    bool (*take)(void *owner, struct view bytes);
    void *owner;
    // Where the next byte goes.
    char *end;
    char bytes[OUTPUT_CAPACITY];
};

static inline void output_start(struct output *output, bool (*take)(void *owner, struct view bytes), void *owner) {
    output->take = take;
    output->owner = owner;
    output->end = output->bytes;
}

static inline size_t output_length(const struct output *output) {
    return (size_t)(output->end - output->bytes);
}

// Hands on what there is.
MUST_CHECK static inline bool output_flush(struct output *output) {
    struct view bytes = {output->bytes, output_length(output)};
    output->end = output->bytes;
    return bytes.length == 0 || output->take(output->owner, bytes);
}

// Makes room for so many bytes, at most OUTPUT_CAPACITY.
MUST_CHECK static inline bool output_reserve(struct output *output, size_t length) {
    return OUTPUT_CAPACITY - output_length(output) >= length || output_flush(output);
}

#endif
