// Percent-encoded text (RFC 3986), read as it is decoded, without a copy. A malformed escape equals nothing.
#ifndef REVIEWD_PROTO_URL_H
#define REVIEWD_PROTO_URL_H

#include "core/base.h"

// Whether two hexadecimal digits follow every percent sign.
MUST_CHECK bool url_is_well_formed(struct view text);

// Whether the decoded text is `plain`, which has no percent sign.
MUST_CHECK bool url_equals(struct view text, struct view plain);

// The first decoded character, or -1 if there is none.
MUST_CHECK int url_first(struct view text);

// Reads a decoded number from 0 to `max`: decimal digits without sign, and without leading zeros. False for anything else.
MUST_CHECK bool url_read_number(struct view text, int64_t max, int64_t *number);

#endif
