// The pieces of PostgreSQL's binary COPY: big-endian numbers, each field behind its length, -1 for null (PostgreSQL manual,
// COPY, "Binary Format"). Each function writes at `at`, where there must be room, and returns the end.
#ifndef REVIEWD_SEED_BINARY_FIELD_H
#define REVIEWD_SEED_BINARY_FIELD_H

#include <endian.h>

#include "core/base.h"

enum {
    BINARY_NULL = -1
};

// The number of a row's fields, or -1 at the end of all rows.
static inline char *binary_count(char *at, int16_t count) {
    uint16_t value = htobe16((uint16_t)count);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

// What stands before a field's bytes.
static inline char *binary_length(char *at, int32_t length) {
    uint32_t value = htobe32((uint32_t)length);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static inline char *binary_16(char *at, uint32_t number) {
    uint16_t value = htobe16((uint16_t)number);
    at = binary_length(at, sizeof value);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static inline char *binary_32(char *at, uint32_t number) {
    uint32_t value = htobe32(number);
    at = binary_length(at, sizeof value);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static inline char *binary_64(char *at, int64_t number) {
    uint64_t value = htobe64((uint64_t)number);
    at = binary_length(at, sizeof value);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static inline char *binary_boolean(char *at, bool value) {
    at = binary_length(at, 1);
    *at = value ? 1 : 0;
    return at + 1;
}

#endif
