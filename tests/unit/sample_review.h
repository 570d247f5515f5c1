// Reviews for tests of what packs and shows them.
#ifndef REVIEWD_TESTS_UNIT_SAMPLE_REVIEW_H
#define REVIEWD_TESTS_UNIT_SAMPLE_REVIEW_H

#include "proto/review.h"

// A review with a value in every field.
static inline struct review sample_review(void) {
    return (struct review){
        .review_id = INT64_C(777) << REVIEW_ID_PRODUCT_SHIFT | 6,
        .created_ms = INT64_C(1735207925740),
        .rating = 4,
        .helpfulness = 197,
        .recommend = true,
        .summary = VIEW("Good"),
        .body = VIEW("Warm, and it \"fits\".\n"),
        .response = VIEW("Thank you!"),
        .reviewer_name = VIEW("Zoë"),
        .photos = VIEW("[{\"url\":\"https://example.com/a.jpg\",\"thumbnail_url\":\"https://example.com/a.jpg\"}]"),
    };
}

// A review with nothing in what can be absent or empty, and the smallest numbers.
static inline struct review sample_bare_review(void) {
    return (struct review){
        .review_id = INT64_C(1) << REVIEW_ID_PRODUCT_SHIFT | 1,
        .rating = 1,
        .summary = VIEW(""),
        .body = VIEW("b"),
        .reviewer_name = VIEW("n"),
    };
}

#endif
