// The texts of a review: summary, body, response, name, e-mail address, photos.
#ifndef REVIEWD_SEED_WRITER_H
#define REVIEWD_SEED_WRITER_H

#include "seed/maker.h"

// Checks that the greatest texts of this grammar fit into REVIEW_TEXT_ROOM. False with the failure told.
MUST_CHECK bool writer_check(const struct grammar *grammar, struct failure *failure);

// Writes all texts of a review with that rating, as fields of the format, to where there is room for ENCODE_MAX_ROW.
// Returns the end.
char *writer_fill(const struct maker_tables *tables, const struct product *product, uint32_t rating,
    struct random *random, enum seed_format format, char *at);

#endif
