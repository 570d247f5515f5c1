// Random numbers that depend only on a seed and a stream number: any thread can make any product, in any order.
//
// The generator is xoshiro256++ (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018), its state
// filled by SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
#ifndef REVIEWD_SEED_RANDOM_H
#define REVIEWD_SEED_RANDOM_H

#include "core/base.h"

struct random {
    uint64_t state[4];
};

// What a stream is for: streams of one product with different purposes are independent.
enum random_purpose {
    RANDOM_WEIGHT = 1,
    RANDOM_PRODUCT,
    RANDOM_GAPS,
    RANDOM_REVIEWS
};

// One step of SplitMix64.
static inline uint64_t random_split(uint64_t *state) {
    uint64_t mixed = (*state += UINT64_C(0x9e3779b97f4a7c15));
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

// Starts the stream of (seed, purpose, number).
static inline void random_start(struct random *random, uint64_t seed, enum random_purpose purpose, uint64_t number) {
    uint64_t mixer = seed;
    mixer = random_split(&mixer) ^ ((uint64_t)purpose << 56) ^ number;
    for (size_t i = 0; i < COUNT_OF(random->state); i++) {
        random->state[i] = random_split(&mixer);
    }
}

static inline uint64_t random_rotate(uint64_t word, unsigned bits) {
    return (word << bits) | (word >> (64 - bits));
}

static inline uint64_t random_next(struct random *random) {
    uint64_t *state = random->state;
    uint64_t result = random_rotate(state[0] + state[3], 23) + state[0];
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = random_rotate(state[3], 45);
    return result;
}

// A number from 0 up to, but without, bound: the high half of a product instead of a division (Lemire, "Fast Random
// Integer Generation in an Interval", 2019, without the rejection: the bias is below 2^-32 times bound).
static inline uint32_t random_below(struct random *random, uint32_t bound) {
    return (uint32_t)(((random_next(random) >> 32) * bound) >> 32);
}

// True in `per_mille` of a thousand cases.
static inline bool random_chance(struct random *random, uint32_t per_mille) {
    return random_below(random, 1000) < per_mille;
}

// Uniform in [0, 1), 53 bits.
static inline double random_unit(struct random *random) {
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

#endif
