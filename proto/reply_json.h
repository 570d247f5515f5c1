// The JSON of response bodies: each function appends compact JSON. Those that take a reader read one payload behind its kind;
// what they write means nothing when the reader has failed afterwards.
#ifndef REVIEWD_PROTO_REPLY_JSON_H
#define REVIEWD_PROTO_REPLY_JSON_H

#include "core/buffer.h"
#include "proto/reply.h"
#include "proto/request.h"

// A list: its beginning, each of its reviews, its end.
void reply_json_list_begin(struct buffer *out, const struct list_request *asked);
void reply_json_list_add(struct buffer *out, const struct review *review, bool is_first);
void reply_json_list_end(struct buffer *out);

void reply_json_meta(struct buffer *out, struct msgpack_reader *reader);
void reply_json_review(struct buffer *out, const struct review *review);

// A problem whose field errors, if it has any, are still in the reader.
void reply_json_problem(struct buffer *out, const struct reply_problem *problem, struct msgpack_reader *reader);

#endif
