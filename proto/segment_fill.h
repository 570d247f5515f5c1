// The payload of SEGMENTS, DB actor to admin: what each segment covers and holds.
#ifndef REVIEWD_PROTO_SEGMENT_FILL_H
#define REVIEWD_PROTO_SEGMENT_FILL_H

#include "core/message.h"
#include "proto/msgpack_reader.h"

struct segment_fill {
    struct view name; // of its table
    int64_t first_product;
    int64_t end_product; // exclusive
    int64_t reviews;     // as PostgreSQL's statistics know; below 0: not counted yet
};

// Appends one segment.
void segment_fill_pack(struct message **message, const struct segment_fill *fill);

// Reads the next segment; the name stays in the message. False when there is none left, or it cannot be read.
MUST_CHECK bool segment_fill_read(struct msgpack_reader *reader, struct segment_fill *fill);

#endif
