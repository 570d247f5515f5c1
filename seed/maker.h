// Makes the reviews of one product after the other, oldest first; one maker a thread.
#ifndef REVIEWD_SEED_MAKER_H
#define REVIEWD_SEED_MAKER_H

#include "seed/moment.h"
#include "seed/product.h"
#include "seed/review.h"
#include "seed/settings.h"

enum {
    MAKER_GAPS = 1024
};

// What all makers share and only read.
struct maker_tables {
    uint64_t seed;
    int64_t until_ms;
    struct grammar *grammar;
    struct product_words *words;
    struct moment_tables moments;
    // Quantiles of an exponential distribution: the gaps between points thrown evenly on a line.
    uint64_t gaps[MAKER_GAPS];
};

struct maker {
    const struct maker_tables *tables;
    struct product product;
    struct random random;
    // The gaps are drawn twice: once for their sum, then again one a review.
    struct random gap_random;
    uint64_t gap_total;
    uint64_t gap_sum;
    uint32_t count;
    uint32_t made;
    struct review review;
};

// Builds the tables; false with the failure told. Release with maker_tables_free().
MUST_CHECK bool maker_tables_create(
    struct maker_tables *tables, uint64_t seed, int64_t until_ms, struct failure *failure);
void maker_tables_free(struct maker_tables *tables);

// Turns to a product with so many reviews. maker->tables must be set.
void maker_begin(struct maker *maker, uint32_t product_id, uint32_t count);

// Makes the next review into maker->review; false when the product has no more.
bool maker_next(struct maker *maker);

// Writes the texts of that review, once, as fields of the format; there must be room for ENCODE_MAX_ROW. Returns the end.
char *maker_write_texts(struct maker *maker, enum seed_format format, char *at);

#endif
