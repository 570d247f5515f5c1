// What a review is while it passes through the actors, and the lists that name its parts.
#ifndef REVIEWD_PROTO_REVIEW_H
#define REVIEWD_PROTO_REVIEW_H

#include "core/base.h"

enum {
    PRODUCT_ID_MAX = 2147483647,
    RATING_MAX = 5,
    CHARACTERISTIC_COUNT = 6,
    CHARACTERISTIC_BITS =
        3, // a characteristic in `characteristics`: bits 3i to 3i+2 rate the one with id i, 0: not rated
    REVIEW_ID_PRODUCT_SHIFT = 20, // review_id = product_id << 20 | n
};
#define REVIEW_ID_MAX INT64_C(9007199254740991) // 2^53 - 1

// The names of the characteristics, by id.
extern const char *const characteristic_names[CHARACTERISTIC_COUNT];

enum review_sort {
    SORT_RELEVANT,
    SORT_NEWEST,
    SORT_HELPFUL,
    SORT_COUNT
};

// One review as it is shown. Views belong to whatever it was decoded from.
struct review {
    int64_t review_id;
    int64_t created_ms; // since 1970, UTC
    int32_t rating;
    int32_t helpfulness;
    bool recommend;
    struct view summary;
    struct view body;
    struct view response; // absent: data is null
    struct view reviewer_name;
    struct view photos; // JSON text of the array, or absent
};

// A product's totals.
struct review_meta {
    int32_t product_id;
    int32_t ratings[RATING_MAX];
    int32_t recommended[2];
    int32_t characteristic_sum[CHARACTERISTIC_COUNT];
    int32_t characteristic_count[CHARACTERISTIC_COUNT];
};

static inline int32_t review_product_id(int64_t review_id) {
    return (int32_t)(review_id >> REVIEW_ID_PRODUCT_SHIFT);
}

#endif
