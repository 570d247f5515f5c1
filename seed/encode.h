// Reviews as CSV (RFC 4180) or as PostgreSQL's binary COPY, in the column order of columns.def.
//
// A row is its numbers, then its texts, which are written straight to their place: encode_text_begin(), the bytes,
// encode_text_end() or encode_null() for each column of text, and encode_row_end().
#ifndef REVIEWD_SEED_ENCODE_H
#define REVIEWD_SEED_ENCODE_H

#include "seed/output.h"
#include "seed/review.h"
#include "seed/settings.h"
#include "seed/tally.h"

enum {
    // The longest texts of a review; writer_check() sees to it.
    REVIEW_TEXT_ROOM = 24 * 1024,
    // The longest row: the texts, each quote doubled, and the numbers.
    ENCODE_MAX_ROW = 2 * REVIEW_TEXT_ROOM + 1024,
    ENCODE_MAX_TALLY = 512
};

// What stands before the rows, and what stands behind them. The room must have been reserved: ENCODE_MAX_ROW each.
// CSV: a header line, lines end with CRLF, text is always quoted, null is an empty field without quotes, booleans are t and
// f, times are ISO 8601 in UTC with milliseconds (relevance, which is computed, with microseconds).
void encode_csv_begin(struct output *output);
void encode_binary_begin(struct output *output);
void encode_binary_end(struct output *output);

// The columns before the texts. Both return the end.
char *encode_csv_numbers(char *at, const struct review *review);
char *encode_binary_numbers(char *at, const struct review *review);

// Doubles the quotation marks from `start` to `at`; returns the new end.
char *encode_csv_quotes(char *start, char *at);

// Sets the four bytes before `start` to the length of what follows.
void encode_binary_length(char *start, const char *at);

// A row of product_meta for binary COPY; reserve ENCODE_MAX_TALLY.
void encode_binary_tally(struct output *output, const struct tally *tally);

// Where the text's bytes go.
static inline char *encode_text_begin(enum seed_format format, char *at) {
    if (format == FORMAT_CSV) {
        *at = '"';
        return at + 1;
    }
    return at + sizeof(uint32_t);
}

// The text goes from `start` to `at`; `quoted` if there may be a quotation mark in it. Returns where the next field goes.
static inline char *encode_text_end(enum seed_format format, char *start, char *at, bool quoted) {
    if (format == FORMAT_CSV) {
        at = quoted ? encode_csv_quotes(start, at) : at;
        memcpy(at, "\",", 2);
        return at + 2;
    }
    encode_binary_length(start, at);
    return at;
}

static inline char *encode_null(enum seed_format format, char *at) {
    if (format == FORMAT_CSV) {
        *at = ',';
        return at + 1;
    }
    memset(at, 0xff, sizeof(uint32_t));
    return at + sizeof(uint32_t);
}

// Takes back the comma behind the last field.
static inline char *encode_row_end(enum seed_format format, char *at) {
    if (format == FORMAT_CSV) {
        memcpy(at - 1, "\r\n", 2);
        return at + 1;
    }
    return at;
}

#endif
