// Makes all reviews of a segment, or of a part of it, into an output.
#ifndef REVIEWD_SEED_SEGMENT_H
#define REVIEWD_SEED_SEGMENT_H

#include "seed/failure.h"
#include "seed/maker.h"
#include "seed/output.h"
#include "seed/plan.h"
#include "seed/progress.h"
#include "seed/tally.h"

// What one thread needs: about half a megabyte.
struct segment_writer {
    struct failure *failure;
    struct progress *progress;
    enum seed_format format;
    struct output output;
    struct maker maker;
};

// The products from first_product up to, but without, end_product. The segment's first part brings along what stands before
// the rows, its last part what stands behind them.
struct segment_part {
    const struct segment *segment;
    uint32_t first_product;
    uint32_t end_product;
};

// Writes the part. What the output has not handed on is left in it. `tallies` is null or has room for one a product;
// *tally_count grows by how many products have reviews. False when stopped or failed.
MUST_CHECK bool segment_write_part(struct segment_writer *writer, const struct plan *plan,
    const struct segment_part *part, struct tally *tallies, size_t *tally_count);

// Writes the segment, flushed to the end; *tally_count is set.
MUST_CHECK bool segment_write(struct segment_writer *writer, const struct plan *plan, const struct segment *segment,
    struct tally *tallies, size_t *tally_count);

#endif
