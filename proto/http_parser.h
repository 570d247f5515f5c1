// HTTP/1.x requests out of a byte stream, one at a time: llhttp's grammar plus the refusals that it leaves to us.
//
// The head of a request is gathered whole before it is parsed, so that no state of ours depends on where the bytes were
// split. A parser between requests holds no memory.
#ifndef REVIEWD_PROTO_HTTP_PARSER_H
#define REVIEWD_PROTO_HTTP_PARSER_H

#include "core/buffer.h"
#include "proto/http_method.h"
#include "proto/problem.h"

#include <llhttp.h>

struct http_limits {
    size_t head_bytes;    // request line and header fields together
    size_t body_bytes;
    unsigned header_count;
};

// A parsed request. Views are good until the next http_parser_next or http_parser_free.
struct http_request {
    enum http_method method;
    uint8_t version_minor; // HTTP/1.0 or HTTP/1.1
    bool keep_alive;       // what version and Connection say together
    bool expects_continue;
    bool wants_timing;         // it has a header X-Server-Timing: 1
    struct view path;          // of the target, percent-encoding untouched; "*" for OPTIONS *
    struct view query;         // without the question mark; empty: none
    struct view content_type;  // absent: null data
    struct view body;
};

enum parser_event {
    PARSER_NEED_MORE, // all input is taken; give more
    PARSER_CONTINUE,  // the head has come and expects 100 (Continue) before its body; call again
    PARSER_REQUEST,   // parser->request is complete
    PARSER_FAILED     // parser->problem and parser->detail tell why; the connection cannot go on
};

struct http_parser {
    struct http_request request;
    enum problem problem;
    const char *detail; // static text
    // private
    const struct http_limits *limits;
    llhttp_t llhttp;
    struct buffer head; // an incomplete head, or the head of a request whose body is incomplete
    struct buffer body;
    unsigned state;
    size_t scanned;
    size_t line_start;
    unsigned header_count;
    unsigned seen;
    const char *field;
    size_t field_length;
};

// `limits` must outlive the parser.
void http_parser_init(struct http_parser *parser, const struct http_limits *limits);

// Takes bytes from *input (advancing it) up to the next event. After PARSER_REQUEST or PARSER_CONTINUE call it again with what
// is left of the input, even if that is nothing. The input must stay in place until the request has been used.
MUST_CHECK enum parser_event http_parser_next(struct http_parser *parser, struct view *input);

// Whether part of a request has arrived, so that the client owes the rest.
bool http_parser_is_within_request(const struct http_parser *parser);

void http_parser_free(struct http_parser *parser);

#endif
