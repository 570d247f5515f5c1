// How many reviews each product has, and where the segments begin and end: known before anything is made, so that every
// thread can make any segment.
#ifndef REVIEWD_SEED_PLAN_H
#define REVIEWD_SEED_PLAN_H

#include "seed/settings.h"

#define PLAN_MAX_RECORDS UINT64_C(2000000000)

enum {
    PLAN_MAX_PRODUCTS = 100000000,
    // A review's n has 20 bits and begins at 1.
    PLAN_MAX_PRODUCT_RECORDS = 1048575,
    PLAN_MAX_SEGMENTS = 10000
};

// The products from first_product up to, but without, end_product, in one table or file.
struct segment {
    uint32_t number;
    uint32_t first_product;
    uint32_t end_product;
    uint64_t records;
};

struct plan {
    uint64_t records;
    uint32_t products;
    uint32_t segment_count;
    // Reviews of each product, by its id; there is no product 0.
    uint32_t *product_records;
    struct segment *segments;
};

// Draws the counts, which add up to settings->records exactly, and cuts the products into segments of about
// settings->segment_records. False without memory. Release with plan_free().
MUST_CHECK bool plan_create(struct plan *plan, const struct settings *settings);
void plan_free(struct plan *plan);

#endif
