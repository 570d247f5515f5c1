// Reply payloads to the JSON of response bodies. Each reads one payload behind its kind and appends compact JSON; what is
// written means nothing when the reader has failed afterwards.
#ifndef REVIEWD_PROTO_REPLY_JSON_H
#define REVIEWD_PROTO_REPLY_JSON_H

#include "core/buffer.h"
#include "proto/reply.h"

void reply_json_list(struct buffer *out, struct msgpack_reader *reader);
void reply_json_meta(struct buffer *out, struct msgpack_reader *reader);
void reply_json_review(struct buffer *out, const struct review *review);

// A problem whose field errors, if it has any, are still in the reader.
void reply_json_problem(struct buffer *out, const struct reply_problem *problem, struct msgpack_reader *reader);

#endif
