// The lines of a request's head, or of a chunked body's trailers, byte by byte: finds where they end and refuses at once what
// no line may hold. What it lets through ends every line with CRLF and has a name, a colon and a value in every field line.
#ifndef REVIEWD_PROTO_HTTP_HEAD_H
#define REVIEWD_PROTO_HTTP_HEAD_H

#include "core/base.h"
#include "proto/problem.h"

enum head_result {
    HEAD_INCOMPLETE, // all input is taken; the empty line has not come yet
    HEAD_COMPLETE,   // the input is taken up to and with the empty line
    HEAD_REFUSED     // `problem` and `detail` tell why
};

// The state between two pieces of input; it keeps no bytes.
struct http_head {
    enum problem problem;
    const char *detail; // static text
    size_t length;      // bytes taken so far, without empty lines before the request line
    // private
    size_t bytes_max;
    unsigned fields_max;
    unsigned fields;
    unsigned empty_lines;
    unsigned state;
};

// Begins a head: at most 4 empty lines, a request line, fields, the empty line. Limits: bytes from the request line to the
// empty line, both with their CRLF, and the number of field lines. Beyond them: 414 within the request line, 431 after it.
void http_head_start(struct http_head *head, size_t bytes_max, unsigned fields_max);

// Begins trailers: fields and the empty line, within such limits (431).
void http_head_start_trailers(struct http_head *head, size_t bytes_max, unsigned fields_max);

// Takes bytes from *input (advancing it). How the bytes are split between calls makes no difference.
MUST_CHECK enum head_result http_head_scan(struct http_head *head, struct view *input);

#endif
