// Reads msgpack in place: a cursor over bytes that need not be well-formed. Every read is checked against the end; the
// first failure sticks, so that a caller may read a whole record and look once. No allocation.
#ifndef REVIEWD_PROTO_MSGPACK_READER_H
#define REVIEWD_PROTO_MSGPACK_READER_H

#include "core/base.h"

struct msgpack_reader {
    const unsigned char *position;
    const unsigned char *end;
    bool failed;
};

void msgpack_reader_init(struct msgpack_reader *reader, struct view bytes);

// Any integer that fits; 0 and `failed` otherwise.
int64_t msgpack_read_int(struct msgpack_reader *reader);

// Any integer from `low` to `high`; `low` and `failed` otherwise.
int64_t msgpack_read_int_within(struct msgpack_reader *reader, int64_t low, int64_t high);

bool msgpack_read_bool(struct msgpack_reader *reader);

// A str or bin, in place; nil reads as an absent view (null data).
struct view msgpack_read_text(struct msgpack_reader *reader);

// The number of elements of an array, at most `limit` and never more than bytes remain.
uint32_t msgpack_read_array(struct msgpack_reader *reader, uint32_t limit);

// Whether everything was read well and nothing is left over.
MUST_CHECK bool msgpack_reader_done(const struct msgpack_reader *reader);

#endif
