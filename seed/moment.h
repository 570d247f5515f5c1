// Times: parsing --until, writing ISO 8601, spreading reviews over the years, and the relevance of a review.
#ifndef REVIEWD_SEED_MOMENT_H
#define REVIEWD_SEED_MOMENT_H

#include "core/base.h"

#define MOMENT_DAY_MS INT64_C(86400000)
// 2000-01-01T00:00:00Z, from which PostgreSQL counts.
#define MOMENT_2000_US INT64_C(946684800000000)
// Five years of 365.25 days.
#define MOMENT_SPAN_MS (INT64_C(157788) * 1000 * 1000)

enum {
    MOMENT_RELEVANCE_TABLE = 1024
};

// Tables filled once and then only read.
struct moment_tables {
    // What so many votes add to a review's relevance, in microseconds.
    int64_t relevance_us[MOMENT_RELEVANCE_TABLE];
};

void moment_tables_fill(struct moment_tables *tables);

// 90 days for every doubling of (votes + 1): equals the database's review_relevance() to the microsecond.
int64_t moment_relevance_us(const struct moment_tables *tables, uint32_t votes);

// The beginning of today in UTC, in milliseconds since 1970: the default of --until.
int64_t moment_today_ms(void);

// Reads YYYY-MM-DD between 1980 and 2100 as the beginning of that day, in milliseconds since 1970. False if it is not a date.
MUST_CHECK bool moment_parse_date(const char *text, int64_t *ms);

// Writes 2024-12-26T10:12:05.740Z with 3 or 6 digits of a second; returns the end. At most 28 bytes.
char *moment_write(char *at, int64_t unix_us, unsigned fraction_digits);

// The time of a review: `share` in [0, 1) of a product's reviews came before it. The product was launched at the fraction
// `launch` of the five years before until_ms. Grows with share. Reviews get denser towards the end, and fewer at night.
int64_t moment_of_review(int64_t until_ms, double launch, double share);

#endif
