// A product that is reviewed: what it is, what it is called, how good it is. Nothing of it is stored.
#ifndef REVIEWD_SEED_PRODUCT_H
#define REVIEWD_SEED_PRODUCT_H

#include "seed/grammar.h"

enum {
    CHARACTERISTIC_COUNT = 6,
    RATING_COUNT = 5
};

struct product {
    uint32_t id;
    // Index into the kinds of kind.def.
    uint32_t kind;
    // Bit i: its reviews rate the characteristic with id i (Fit, Length, Comfort, Quality, Width, Size).
    uint32_t characteristics;
    // How often its ratings are 1, 2, 3, 4 (the rest are 5): running sums, of 1000.
    const uint16_t *rating_shares;
    // The mean of what reviewers say of the fit, length, width and size: 3 is just right.
    uint32_t fit_centre;
    // When it was first sold, as a fraction of the five years.
    double launch;
    char model[GRAMMAR_MAX_MODEL];
    size_t model_length;
};

void product_make(struct product *product, uint64_t seed, uint32_t product_id);

// The product's kind as a noun of the language.
struct view product_thing(const struct product *product, enum language language);

#endif
