// One made review, in the terms of the table, without its texts: those are written where they are sent from.
#ifndef REVIEWD_SEED_REVIEW_H
#define REVIEWD_SEED_REVIEW_H

#include "core/base.h"

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
};

#endif
