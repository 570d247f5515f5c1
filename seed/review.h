// One made review, in the terms of the table.
#ifndef REVIEWD_SEED_REVIEW_H
#define REVIEWD_SEED_REVIEW_H

#include "core/base.h"

enum {
    PHOTOS_MAX = 5,
    // Enough for all the texts of a review: see REVIEW_MAX_ROW in encode.h.
    REVIEW_TEXT_ROOM = 24 * 1024
};

struct review {
    int64_t review_id;
    // Microseconds since 1970.
    int64_t created_us;
    int64_t relevance_us;
    uint32_t product_id;
    uint32_t helpfulness;
    uint32_t characteristics;
    uint32_t rating;
    bool recommend;
    bool reported;
    // Valid until the next review is made; null data for SQL's null.
    struct view summary;
    struct view body;
    struct view response;
    struct view reviewer_name;
    struct view email;
    struct view photos;
};

#endif
