// Repeatable random numbers for tests: the same seed gives the same run.
#ifndef REVIEWD_TESTS_UNIT_RANDOM_H
#define REVIEWD_TESTS_UNIT_RANDOM_H

#include "core/base.h"

// xorshift64* (Sebastiano Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled"). The state is
// not 0.
static inline uint64_t random_next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

// A number below `bound`, which is not 0.
static inline size_t random_below(uint64_t *state, size_t bound) {
    return (size_t)(random_next(state) >> 11) % bound;
}

static inline void random_fill(uint64_t *state, void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        ((unsigned char *)bytes)[i] = (unsigned char)(random_next(state) >> 40);
    }
}

#endif
