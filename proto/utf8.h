// UTF-8 (RFC 3629): validity and length in characters.
#ifndef REVIEWD_PROTO_UTF8_H
#define REVIEWD_PROTO_UTF8_H

#include "core/base.h"

// Whether the bytes are valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
MUST_CHECK bool utf8_valid(struct view bytes);

// The number of characters (code points) of valid UTF-8.
size_t utf8_length(struct view text);

#endif
