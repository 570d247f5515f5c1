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
    struct grammar_word model;
};

// What the kinds are called: filled once and then only read.
struct product_words;

// Null, with the failure told, without memory or if a word is too long. Release with free().
MUST_CHECK struct product_words *product_words_create(struct failure *failure);

void product_make(struct product *product, uint64_t seed, uint32_t product_id);

// What the product is called in texts of the language. Valid as long as both.
struct grammar_context product_context(
    const struct product *product, const struct product_words *words, enum language language);

#endif
