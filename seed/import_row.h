// Records as rows of the tables source_…, in PostgreSQL's binary COPY.
#ifndef REVIEWD_SEED_IMPORT_ROW_H
#define REVIEWD_SEED_IMPORT_ROW_H

#include "seed/layout.h"
#include "seed/output.h"

enum {
    // The longest row: texts of the greatest lengths, photos, and the numbers.
    IMPORT_ROW_MAX = 128 * 1024
};

// "source_review (place, …)": where rows of the layout go.
const char *import_row_target(enum layout layout);

// The room must have been reserved: IMPORT_ROW_MAX. `place`: see import_internal.h.
void import_row_put(struct output *output, enum layout layout, int64_t place, const struct import_record *record);

// Keeps the place of a bad line of the original's files, whose lines are counted by product. False if that is not needed.
bool import_row_put_gap(struct output *output, enum layout layout, int64_t place, const struct import_record *record);

#endif
