// HTTP/1.x requests out of a byte stream, one at a time: llhttp's grammar plus the refusals that it leaves to us.
//
// The head of a request is gathered whole before it is parsed, so that no state of ours depends on where the bytes were
// split. A parser between requests holds no memory.
//
// HTTP/1.0 and 1.1 are spoken; a higher minor version counts as 1.1 (RFC 9110, 2.5), HTTP/0.9 is a 400, another major version
// a 505. Of methods, the ones of llhttp's table are known, but for CONNECT and PRI. A head has exactly one space between the
// parts of its request line, CRLF behind every line, no folded lines, one Host (which only HTTP/1.0 may leave out), and at
// most one Content-Length, Transfer-Encoding and Content-Type: even an equal repetition is refused. Transfer-Encoding must be
// "chunked" alone, without Content-Length and not in HTTP/1.0. Upgrade is ignored; trailers are checked and dropped.
#ifndef REVIEWD_PROTO_HTTP_PARSER_H
#define REVIEWD_PROTO_HTTP_PARSER_H

#include "core/buffer.h"
#include "proto/http_head.h"
#include "proto/http_method.h"
#include "proto/problem.h"

#include <llhttp.h>

// Beyond them a request is refused: with 413 for its body, as soon as its length is known, with 414 or 431 for its head.
// The framing of a chunked body (chunk sizes, extensions, line ends) may take head_bytes and body_bytes together, else 400;
// its trailers as much as a head, else 431.
struct http_limits {
    size_t head_bytes; // from the request line to the empty line, line ends included
    size_t body_bytes;
    unsigned header_count;
};

// A parsed request. Views are good until the next http_parser_next or http_parser_free.
struct http_request {
    enum http_method method;
    uint8_t version_minor;     // HTTP/1.0 or HTTP/1.1
    bool keep_alive;           // what version and Connection say together
    bool expects_continue;     // Expect: 100-continue in HTTP/1.1, and a body is announced
    bool wants_timing;         // it has a header X-Server-Timing: 1 (or true)
    struct view path;          // of the target, percent-encoding untouched; "*" for OPTIONS *
    struct view query;         // without the question mark; empty: none
    struct view content_type;  // absent: null data
    struct view if_none_match; // the last one; absent: null data
    struct view body;
};

enum parser_event {
    PARSER_NEED_MORE, // all input is taken; give more
    PARSER_CONTINUE, // the head has come and expects 100 (Continue) before its body, of which nothing has come; call again
    PARSER_REQUEST, // parser->request is complete
    PARSER_FAILED // parser->problem and parser->detail tell why; the connection cannot go on, and further input is dropped
};

struct http_parser {
    struct http_request request;
    enum problem problem;
    const char *detail; // static text
    // private
    const struct http_limits *limits;
    unsigned state;
    unsigned seen;         // what the head has had so far
    struct http_head scan; // of the head, later of the trailers
    struct buffer head;    // an incomplete head, or the head of a request whose body is incomplete
    struct buffer body;    // a body that did not come whole in one input
    llhttp_t llhttp;
    struct view field; // the header field that llhttp is at
    struct view value;
    size_t chunk_left;   // bytes of the current chunk's data that are still to come
    size_t framing_left; // bytes that a chunked body may still spend on framing
};

// `limits` must outlive the parser.
void http_parser_init(struct http_parser *parser, const struct http_limits *limits);

// Takes bytes from *input (advancing it) up to the next event. After PARSER_REQUEST or PARSER_CONTINUE call it again with what
// is left of the input, even if that is nothing. The input must stay in place until the request has been used.
MUST_CHECK enum parser_event http_parser_next(struct http_parser *parser, struct view *input);

// Whether part of a request has arrived, so that the client owes the rest. (An empty line before it is no part.)
bool http_parser_is_within_request(const struct http_parser *parser);

void http_parser_free(struct http_parser *parser);

#endif
