// What becomes of a parsed HTTP request: a message for a DB actor, or at once the reply for the writer.
#ifndef REVIEWD_ACTORS_INTAKE_H
#define REVIEWD_ACTORS_INTAKE_H

#include "core/message.h"
#include "proto/http_parser.h"
#include "proto/review_body.h"
#include "proto/static_files.h"

enum intake_result {
    INTAKE_ASK,   // the message goes to the DB actor that `product_id` chooses
    INTAKE_ANSWER // the message is the reply
};

struct intake {
    struct message *message; // operation, flags and payload are set; the rest of the envelope is the caller's
    int32_t product_id;
    uint32_t reply_bytes; // that the reply can have at most, about
};

// Judges the request. `files` are those served beside the routes, or null. The caller owns intake->message. Any thread;
// nothing is kept.
MUST_CHECK enum intake_result intake_request(
    struct intake *intake, const struct http_request *request, const struct static_files *files);

// The flags of a request's reply (message.h).
uint16_t intake_flags(const struct http_request *request);

// A reply with a problem: what an acceptor answers for itself. `detail` is static text or outlives the call.
struct message *intake_problem(enum problem problem, const char *detail, uint16_t flags);

#endif
