// Numbers and times in PostgreSQL's binary format: big-endian, times in microseconds since 2000-01-01 UTC.
#ifndef REVIEWD_PG_BINARY_H
#define REVIEWD_PG_BINARY_H

#include "core/base.h"

#include <endian.h>

enum {
    // Object identifiers of built-in types (PostgreSQL, pg_type.dat); they never change.
    BINARY_TYPE_BYTES = 17,
    BINARY_TYPE_INT64 = 20,
    BINARY_TYPE_INT32 = 23
};

// 2000-01-01 in milliseconds since 1970.
#define BINARY_EPOCH_MS INT64_C(946684800000)

static inline void binary_write_int32(char *out, int32_t value) {
    uint32_t bytes = htobe32((uint32_t)value);
    memcpy(out, &bytes, sizeof bytes);
}

static inline void binary_write_int64(char *out, int64_t value) {
    uint64_t bytes = htobe64((uint64_t)value);
    memcpy(out, &bytes, sizeof bytes);
}

static inline int16_t binary_read_int16(const char *in) {
    uint16_t bytes;
    memcpy(&bytes, in, sizeof bytes);
    return (int16_t)be16toh(bytes);
}

static inline int32_t binary_read_int32(const char *in) {
    uint32_t bytes;
    memcpy(&bytes, in, sizeof bytes);
    return (int32_t)be32toh(bytes);
}

static inline int64_t binary_read_int64(const char *in) {
    uint64_t bytes;
    memcpy(&bytes, in, sizeof bytes);
    return (int64_t)be64toh(bytes);
}

static inline int64_t binary_timestamp_from_ms(int64_t ms) {
    return (ms - BINARY_EPOCH_MS) * 1000;
}

// Cut to the millisecond before, also for times before 2000.
static inline int64_t binary_timestamp_to_ms(int64_t timestamp) {
    int64_t ms = timestamp / 1000 - (timestamp % 1000 < 0);
    return ms + BINARY_EPOCH_MS;
}

#endif
