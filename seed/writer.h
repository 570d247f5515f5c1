// The texts of a review: summary, body, response, name, e-mail address, photos.
#ifndef REVIEWD_SEED_WRITER_H
#define REVIEWD_SEED_WRITER_H

#include "seed/product.h"
#include "seed/review.h"

// Checks that the greatest texts of this grammar fit into REVIEW_TEXT_ROOM. False with the failure told.
MUST_CHECK bool writer_check(const struct grammar *grammar, struct failure *failure);

// Writes all texts of the review, whose rating is set, into `room` (REVIEW_TEXT_ROOM bytes).
void writer_fill(const struct grammar *grammar, const struct product *product, struct random *random, char *room,
    struct review *review);

#endif
