// Makes reviews.
#include "seed/maker.h"

#include <math.h>
#include <stdlib.h>

#include "seed/writer.h"

bool maker_tables_create(struct maker_tables *tables, uint64_t seed, int64_t until_ms, struct failure *failure) {
    tables->seed = seed;
    tables->until_ms = until_ms;
    moment_tables_fill(&tables->moments);
    for (size_t i = 0; i < MAKER_GAPS; i++) {
        tables->gaps[i] = (uint64_t)rint(-log(((double)i + 0.5) / MAKER_GAPS) * 0x1p20);
    }
    tables->grammar = grammar_create(failure);
    tables->words = product_words_create(failure);
    if (tables->grammar == NULL || tables->words == NULL || !writer_check(tables->grammar, failure)) {
        maker_tables_free(tables);
        return false;
    }
    return true;
}

void maker_tables_free(struct maker_tables *tables) {
    grammar_free(tables->grammar);
    tables->grammar = NULL;
    free(tables->words);
    tables->words = NULL;
}

// The low bits fill the steps between two quantiles.
static uint64_t next_gap(struct maker *maker) {
    uint64_t word = random_next(&maker->gap_random);
    return maker->tables->gaps[word >> 54] + (word & 0x3ff) + 1;
}

// Points thrown evenly on a line, in order and without sorting: the running sums of exponential gaps, divided by the sum
// of all (Devroye, "Non-Uniform Random Variate Generation", 1986, chapter V).
void maker_begin(struct maker *maker, uint32_t product_id, uint32_t count) {
    product_make(&maker->product, maker->tables->seed, product_id);
    maker->count = count;
    maker->made = 0;
    maker->gap_total = 0;
    maker->gap_sum = 0;
    random_start(&maker->gap_random, maker->tables->seed, RANDOM_GAPS, product_id);
    for (uint32_t i = 0; i <= count; i++) {
        maker->gap_total += next_gap(maker);
    }
    random_start(&maker->gap_random, maker->tables->seed, RANDOM_GAPS, product_id);
    random_start(&maker->random, maker->tables->seed, RANDOM_REVIEWS, product_id);
}

// Counted without a branch: which rating it is cannot be foretold.
static uint32_t pick_rating(const struct product *product, struct random *random) {
    uint32_t number = random_below(random, 1000);
    uint32_t rating = 1;
    for (uint32_t i = 0; i < RATING_COUNT - 1; i++) {
        rating += number >= product->rating_shares[i] ? 1 : 0;
    }
    return rating;
}

// Votes have a Pareto tail with exponent 1, the simplest of the power laws by which attention spreads (Newman, "Power laws,
// Pareto distributions and Zipf's law", 2005): half the reviews have none, and twice the votes are half as common. From 2^13
// on it is cut off.
static uint32_t pick_votes(struct random *random) {
    uint64_t word = random_next(random) | UINT64_C(1) << 13;
    uint32_t octave = (uint32_t)__builtin_ctzll(word);
    return (1u << octave) - 1 + (uint32_t)((word >> 32) & ((1u << octave) - 1));
}

static uint32_t clamp_rating(int value) {
    return value < 1 ? 1 : (value > RATING_COUNT ? RATING_COUNT : (uint32_t)value);
}

// Comfort and quality follow the rating, the others the product. A few reviews rate none, some leave one out.
static uint32_t pick_characteristics(const struct product *product, uint32_t rating, struct random *random) {
    static const uint32_t FOLLOW_RATING = 1u << 2 | 1u << 3;
    uint64_t word = random_next(random);
    uint32_t packed = 0;
    if ((word & 15) == 0) {
        return 0;
    }
    word >>= 4;
    for (uint32_t i = 0; i < CHARACTERISTIC_COUNT; i++, word >>= 8) {
        if ((product->characteristics >> i & 1) == 0 || (word & 15) == 0) {
            continue;
        }
        // The sum of two small even numbers: -1, 0, 0 or 1.
        int noise = (int)(word >> 4 & 1) + (int)(word >> 5 & 1) - 1;
        uint32_t centre = (FOLLOW_RATING >> i & 1) != 0 ? rating : product->fit_centre;
        packed |= clamp_rating((int)centre + noise) << (3 * i);
    }
    return packed;
}

bool maker_next(struct maker *maker) {
    // Of a thousand, by rating.
    static const uint32_t RECOMMENDED[] = {20, 80, 450, 920, 985};
    if (maker->made == maker->count) {
        return false;
    }
    struct review *review = &maker->review;
    struct random *random = &maker->random;
    maker->made++;
    maker->gap_sum += next_gap(maker);
    double share = (double)maker->gap_sum / (double)maker->gap_total;
    review->product_id = maker->product.id;
    review->review_id = (int64_t)maker->product.id << 20 | maker->made;
    review->created_us = 1000 * moment_of_review(maker->tables->until_ms, maker->product.launch, share);
    review->helpfulness = pick_votes(random);
    review->relevance_us = review->created_us + moment_relevance_us(&maker->tables->moments, review->helpfulness);
    review->rating = pick_rating(&maker->product, random);
    review->recommend = random_chance(random, RECOMMENDED[review->rating - 1]);
    review->reported = random_chance(random, 10);
    review->characteristics = pick_characteristics(&maker->product, review->rating, random);
    return true;
}

char *maker_write_texts(struct maker *maker, enum seed_format format, char *at) {
    return writer_fill(maker->tables, &maker->product, maker->review.rating, &maker->random, format, at);
}
