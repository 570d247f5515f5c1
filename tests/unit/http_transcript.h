// What an HTTP parser makes of a byte stream, written down as text, so that two ways to feed the same bytes can be compared.
// What no input may bring about aborts, for unit tests and fuzzers alike.
#ifndef REVIEWD_TESTS_UNIT_HTTP_TRANSCRIPT_H
#define REVIEWD_TESTS_UNIT_HTTP_TRANSCRIPT_H

#include "proto/http_parser.h"

#include <stdio.h>
#include <stdlib.h>

struct transcript {
    struct http_parser parser;
    struct buffer text; // of the requests and the failure, without the CONTINUE events: those depend on the splits
    unsigned requests;
    unsigned continues;
    bool failed;
    bool continue_pending;
};

static inline void transcript_require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "HTTP parser: %s\n", what);
        abort();
    }
}

static inline void transcript_open(struct transcript *transcript, const struct http_limits *limits) {
    *transcript = (struct transcript){0};
    http_parser_init(&transcript->parser, limits);
}

static inline void transcript_close(struct transcript *transcript) {
    http_parser_free(&transcript->parser);
    buffer_free(&transcript->text);
}

static inline void transcript_write_view(struct buffer *text, const char *name, struct view view) {
    buffer_format(text, " %s=", name);
    buffer_append(text, view.data == NULL ? VIEW("-") : view);
}

static inline void transcript_write_request(struct buffer *text, const struct http_request *request) {
    const char *method = request->method == METHOD_OTHER ? "other" : http_method_name(request->method);
    buffer_format(text, "%s 1.%d%s%s%s", method, request->version_minor, request->keep_alive ? " keep" : "",
        request->expects_continue ? " expect" : "", request->wants_timing ? " timing" : "");
    transcript_write_view(text, "path", request->path);
    transcript_write_view(text, "query", request->query.length > 0 ? request->query : (struct view){0});
    transcript_write_view(text, "type", request->content_type);
    transcript_write_view(text, "body", request->body.length > 0 ? request->body : (struct view){0});
    buffer_append(text, VIEW("\n"));
}

// Writes down one event; false when the piece of input is used up.
static inline bool transcript_take_event(struct transcript *transcript, enum parser_event event, size_t left) {
    struct http_parser *parser = &transcript->parser;
    switch (event) {
    case PARSER_REQUEST:
        transcript->requests++;
        transcript->continue_pending = false;
        transcript_write_request(&transcript->text, &parser->request);
        transcript_require(!http_parser_is_within_request(parser), "a complete request counts as incomplete");
        return true;
    case PARSER_CONTINUE:
        transcript->continues++;
        transcript_require(parser->request.expects_continue && left == 0, "100 is due where it cannot be");
        transcript_require(!transcript->continue_pending, "100 is due twice");
        transcript->continue_pending = true;
        return true;
    case PARSER_NEED_MORE:
        transcript_require(left == 0, "input is left though more is needed");
        transcript_require(
            http_parser_is_within_request(parser) || (parser->head.data == NULL && parser->body.data == NULL),
            "memory is held between requests");
        return false;
    default:
        transcript_require(event == PARSER_FAILED && left == 0, "input is left after a failure");
        transcript_require(parser->head.data == NULL && parser->body.data == NULL, "memory is held after a failure");
        if (!transcript->failed) {
            buffer_format(&transcript->text, "%d %s\n", problem_status(parser->problem), parser->detail);
        }
        transcript->failed = true;
        return false;
    }
}

// Feeds a piece of the stream, from a block of just that size: a sanitizer sees reads beyond it and views that outlive it.
static inline void transcript_feed(struct transcript *transcript, struct view piece) {
    char *block = malloc(piece.length + (piece.length == 0));
    transcript_require(block != NULL, "out of memory");
    memcpy(block, piece.data, piece.length);
    struct view input = {block, piece.length};
    bool more = true;
    while (more) {
        bool had_failed = transcript->failed;
        enum parser_event event = http_parser_next(&transcript->parser, &input);
        transcript_require(!had_failed || event == PARSER_FAILED, "a failed parser went on");
        more = transcript_take_event(transcript, event, input.length);
    }
    free(block);
}

// Notes whether the stream has ended within a request.
static inline void transcript_end(struct transcript *transcript) {
    bool is_within = http_parser_is_within_request(&transcript->parser);
    buffer_append(&transcript->text, is_within ? VIEW("incomplete") : VIEW("end"));
}

#endif
