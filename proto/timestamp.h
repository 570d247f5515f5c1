// Points in time as API texts: ISO 8601 in, UTC with milliseconds out.
#ifndef REVIEWD_PROTO_TIMESTAMP_H
#define REVIEWD_PROTO_TIMESTAMP_H

#include "core/base.h"

enum {
    TIMESTAMP_LENGTH = 24 // of "2024-12-26T10:12:05.740Z"
};

// The first and the last millisecond of the years 1970 to 9999.
#define TIMESTAMP_MIN_MS INT64_C(0)
#define TIMESTAMP_MAX_MS INT64_C(253402300799999)

// Reads YYYY-MM-DD, or YYYY-MM-DDTHH:MM[:SS[.fraction]] followed by Z or ±HH:MM (without zone: UTC), of the years 1970 to
// 9999. Milliseconds since 1970; finer fractions are cut off. False for anything else, such as the 30th of February.
MUST_CHECK bool timestamp_parse(struct view text, int64_t *ms);

// Writes TIMESTAMP_LENGTH characters, no terminator. ms must be from TIMESTAMP_MIN_MS to TIMESTAMP_MAX_MS.
void timestamp_format(int64_t ms, char *out);

#endif
