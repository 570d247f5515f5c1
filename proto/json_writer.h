// Writes JSON text into a buffer. The caller writes the punctuation; these write the values.
#ifndef REVIEWD_PROTO_JSON_WRITER_H
#define REVIEWD_PROTO_JSON_WRITER_H

#include "core/buffer.h"

// A quoted string of valid UTF-8: ", \ and control characters escaped (RFC 8259), all else as it is.
void json_write_string(struct buffer *out, struct view text);
void json_write_int(struct buffer *out, int64_t value);

// The mean sum/count, rounded half up to four decimals, without quotes: 3.8184. The sum is not negative, the count is from
// 1 to 2^48.
void json_write_mean(struct buffer *out, int64_t sum, int64_t count);

#endif
