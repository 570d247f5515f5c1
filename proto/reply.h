// The payloads of reply messages, DB actor (or acceptor) to writer. A payload is a kind and what that kind carries.
// Packing appends to a message that answers a request (message_answer_to); unpacking survives any bytes.
#ifndef REVIEWD_PROTO_REPLY_H
#define REVIEWD_PROTO_REPLY_H

#include "core/message.h"
#include "proto/msgpack_reader.h"
#include "proto/problem.h"
#include "proto/review.h"

// About the most that replies take, for who has to make room before they are there: one without reviews, and one review. (Text of
// 2000 characters, escaped, and ten URLs; a shop's own responses are reckoned to be no longer than 4 KiB.)
enum {
    REPLY_SMALL_BYTES = 4 * 1024,
    REPLY_REVIEW_BYTES = 36 * 1024
};

enum reply_kind {
    REPLY_BODY,     // 200: reply_pack_body
    REPLY_META,     // 200: reply_pack_meta
    REPLY_REVIEW,   // 200: reply_pack_kind, then one reply_pack_review
    REPLY_CREATED,  // 201 with Location: reply_pack_kind, then one reply_pack_review
    REPLY_DONE,     // 204: reply_pack_kind
    REPLY_OPTIONS,  // 204 with Allow and the preflight headers: reply_pack_options
    REPLY_CONTINUE, // 100, interim: reply_pack_kind
    REPLY_FILE,     // 200, or 304: reply_pack_file
    REPLY_PROBLEM,  // the problem's status: reply_pack_problem
    REPLY_KIND_COUNT
};

struct reply_problem {
    enum problem problem;
    struct view detail;
    uint32_t allow;         // bits of 1 << enum http_method, for the Allow header of a 405; 0: none
    uint32_t retry_after_s; // for Retry-After; 0: none
    uint32_t errors;        // how many pairs (field, detail) follow
};

void reply_pack_kind(struct message **reply, enum reply_kind kind);
// A JSON body that is ready to be sent.
void reply_pack_body(struct message **reply, struct view body);
void reply_pack_review(struct message **reply, const struct review *review);
void reply_pack_meta(struct message **reply, const struct review_meta *meta);
// `file` is an index in the static files; `is_known`: the client has it already.
void reply_pack_file(struct message **reply, uint32_t file, bool is_known);
void reply_pack_options(struct message **reply, uint32_t allow);
// `errors` may be null.
void reply_pack_problem(struct message **reply, enum problem problem, struct view detail, uint32_t allow,
    uint32_t retry_after_s, const struct field_errors *errors);

// Reads the kind and leaves the reader at what follows. A failure is seen in reader->failed.
enum reply_kind reply_read_kind(struct msgpack_reader *reader);
struct view reply_read_body(struct msgpack_reader *reader);
void reply_read_review(struct msgpack_reader *reader, struct review *review);
void reply_read_meta(struct msgpack_reader *reader, struct review_meta *meta);
uint32_t reply_read_file(struct msgpack_reader *reader, bool *is_known);
uint32_t reply_read_options(struct msgpack_reader *reader);
void reply_read_problem(struct msgpack_reader *reader, struct reply_problem *problem);
void reply_read_field_error(struct msgpack_reader *reader, struct view *field, struct view *detail);

#endif
