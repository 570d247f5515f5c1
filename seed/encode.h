// Reviews as CSV (RFC 4180) or as PostgreSQL's binary COPY, in the column order of columns.def.
#ifndef REVIEWD_SEED_ENCODE_H
#define REVIEWD_SEED_ENCODE_H

#include "seed/output.h"
#include "seed/review.h"
#include "seed/tally.h"

enum {
    // The longest row: the texts, each quote doubled, and the numbers.
    ENCODE_MAX_ROW = 2 * REVIEW_TEXT_ROOM + 1024,
    ENCODE_MAX_TALLY = 512
};

// What stands before the rows, one row, and what stands behind them. The room must have been reserved: ENCODE_MAX_ROW each.
// CSV: a header line, lines end with CRLF, text is always quoted, null is an empty field without quotes, booleans are t and
// f, times are ISO 8601 in UTC with milliseconds (relevance, which is computed, with microseconds).
void encode_csv_begin(struct output *output);
void encode_csv_review(struct output *output, const struct review *review);

void encode_binary_begin(struct output *output);
void encode_binary_review(struct output *output, const struct review *review);
void encode_binary_end(struct output *output);

// A row of product_meta for binary COPY; reserve ENCODE_MAX_TALLY.
void encode_binary_tally(struct output *output, const struct tally *tally);

#endif
