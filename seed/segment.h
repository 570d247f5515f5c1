// Makes all reviews of a segment into an output.
#ifndef REVIEWD_SEED_SEGMENT_H
#define REVIEWD_SEED_SEGMENT_H

#include "seed/failure.h"
#include "seed/maker.h"
#include "seed/output.h"
#include "seed/plan.h"
#include "seed/progress.h"
#include "seed/tally.h"

// What one thread needs: about 300 KB.
struct segment_writer {
    struct failure *failure;
    struct progress *progress;
    enum seed_format format;
    struct output output;
    struct maker maker;
};

// Writes the segment, flushed to the end. `tallies` is null or has room for one a product; *tally_count is then how many
// products have reviews. False when stopped or failed.
MUST_CHECK bool segment_write(struct segment_writer *writer, const struct plan *plan, const struct segment *segment,
    struct tally *tallies, size_t *tally_count);

#endif
