// A product's row of product_meta, counted while its reviews are made.
#ifndef REVIEWD_SEED_TALLY_H
#define REVIEWD_SEED_TALLY_H

#include "seed/product.h"
#include "seed/review.h"

struct tally {
    uint32_t product_id;
    uint32_t next_n;
    uint32_t ratings[RATING_COUNT];
    uint32_t recommended[2];
    uint32_t characteristic_sums[CHARACTERISTIC_COUNT];
    uint32_t characteristic_counts[CHARACTERISTIC_COUNT];
};

// Counts one review more; a reported one only moves next_n.
static inline void tally_add(struct tally *tally, const struct review *review) {
    tally->product_id = review->product_id;
    tally->next_n++;
    if (review->reported) {
        return;
    }
    tally->ratings[review->rating - 1]++;
    tally->recommended[review->recommend ? 1 : 0]++;
    for (uint32_t i = 0; i < CHARACTERISTIC_COUNT; i++) {
        uint32_t value = review->characteristics >> (3 * i) & 7;
        tally->characteristic_sums[i] += value;
        tally->characteristic_counts[i] += value > 0 ? 1 : 0;
    }
}

#endif
