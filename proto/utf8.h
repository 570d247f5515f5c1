// UTF-8 (RFC 3629): validity, length in characters, and the characters one by one.
#ifndef REVIEWD_PROTO_UTF8_H
#define REVIEWD_PROTO_UTF8_H

#include "core/base.h"

// Whether the bytes are valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
MUST_CHECK bool utf8_valid(struct view bytes);

// The number of characters (code points) of valid UTF-8.
size_t utf8_length(struct view text);

// Takes the first character off valid UTF-8 that is not empty, and returns its code point.
uint32_t utf8_next(struct view *text);

#endif
