#include "proto/response.h"

#include "core/clock.h"
#include "proto/http_method.h"
#include "proto/json_writer.h"
#include "proto/operation.h"
#include "proto/reply.h"
#include "proto/reply_json.h"
#include "proto/static_files.h"
#include "proto/timestamp.h"

#include <inttypes.h>

enum {
    STATUS_OK = 200,
    STATUS_CREATED = 201,
    STATUS_NO_CONTENT = 204,
    STATUS_CONTINUE = 100,
    STATUS_NOT_MODIFIED = 304,
    HEAD_BYTES = 640,           // about what a head takes
    REVIEW_OVERHEAD_BYTES = 176 // about what JSON adds to a review's payload
};

#define APPEND(out, literal) buffer_append(out, VIEW(literal))

static const char json_fields[] = "Content-Type: application/json\r\nCache-Control: no-cache\r\n";
static const char created_fields[] = "Content-Type: application/json\r\n";
static const char problem_fields[] = "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n";

// Every status that a response can have (RFC 9110, section 15; 431: RFC 6585).
static struct view status_line(int status) {
    static const struct {
        int status;
        const char *line;
    } lines[] = {
        {STATUS_OK, "HTTP/1.1 200 OK\r\n"},
        {STATUS_NO_CONTENT, "HTTP/1.1 204 No Content\r\n"},
        {STATUS_CREATED, "HTTP/1.1 201 Created\r\n"},
        {STATUS_CONTINUE, "HTTP/1.1 100 Continue\r\n"},
        {STATUS_NOT_MODIFIED, "HTTP/1.1 304 Not Modified\r\n"},
        {400, "HTTP/1.1 400 Bad Request\r\n"},
        {404, "HTTP/1.1 404 Not Found\r\n"},
        {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
        {408, "HTTP/1.1 408 Request Timeout\r\n"},
        {413, "HTTP/1.1 413 Content Too Large\r\n"},
        {414, "HTTP/1.1 414 URI Too Long\r\n"},
        {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
        {417, "HTTP/1.1 417 Expectation Failed\r\n"},
        {422, "HTTP/1.1 422 Unprocessable Content\r\n"},
        {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
        {503, "HTTP/1.1 503 Service Unavailable\r\n"},
        {504, "HTTP/1.1 504 Gateway Timeout\r\n"},
        {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        if (lines[i].status == status) {
            return view_of(lines[i].line);
        }
    }
    return VIEW("HTTP/1.1 500 Internal Server Error\r\n");
}

// Appends "Tue, 24 Nov 2026 07:00:00 GMT" (RFC 9110, section 5.6.7).
static void write_http_date(struct buffer *out, int64_t now_s) {
    // 1970-01-01 was a Thursday.
    static const char *const weekdays[] = {"Thu, ", "Fri, ", "Sat, ", "Sun, ", "Mon, ", "Tue, ", "Wed, "};
    static const char *const months[] = {
        " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec "};
    char iso[TIMESTAMP_LENGTH];
    timestamp_format(now_s * 1000, iso);
    int month = (iso[5] - '0') * 10 + iso[6] - '0';
    buffer_append(out, view_of(weekdays[now_s / 86400 % 7]));
    buffer_append(out, (struct view){iso + 8, 2});
    buffer_append(out, view_of(months[month - 1]));
    buffer_append(out, (struct view){iso, 4});
    APPEND(out, " ");
    buffer_append(out, (struct view){iso + 11, 8});
    APPEND(out, " GMT");
}

void response_set_date(struct response_renderer *renderer, int64_t now_s) {
    struct buffer *out = &renderer->common_fields;
    out->length = 0;
    APPEND(out, "Date: ");
    write_http_date(out, now_s);
    APPEND(out, "\r\nX-Content-Type-Options: nosniff\r\n");
    if (renderer->cors_origin.length > 0) {
        APPEND(out, "Access-Control-Allow-Origin: ");
        buffer_append(out, renderer->cors_origin);
        APPEND(out, "\r\nAccess-Control-Expose-Headers: Location, Retry-After, Server-Timing\r\n");
        if (!view_equal(renderer->cors_origin, VIEW("*"))) {
            APPEND(out, "Vary: Origin\r\n");
        }
    }
}

void response_renderer_free(struct response_renderer *renderer) {
    buffer_free(&renderer->common_fields);
}

static void write_methods(struct buffer *out, uint32_t allow) {
    bool is_first = true;
    for (unsigned method = 0; method < METHOD_COUNT; method++) {
        if ((allow & 1U << method) != 0) {
            buffer_append(out, is_first ? VIEW("") : VIEW(", "));
            buffer_append(out, view_of(http_method_name((enum http_method)method)));
            is_first = false;
        }
    }
}

static void write_allow(struct buffer *out, uint32_t allow) {
    APPEND(out, "Allow: ");
    write_methods(out, allow);
    APPEND(out, "\r\n");
}

static void write_ms_between(struct buffer *out, uint64_t from_ns, uint64_t to_ns) {
    uint64_t passed_us = to_ns > from_ns ? (to_ns - from_ns) / NS_PER_US : 0;
    buffer_format(out, "%" PRIu64 ".%03" PRIu64, passed_us / 1000, passed_us % 1000);
}

// Milliseconds that the request waited for a connection, that PostgreSQL and its answer took, and that the reply waited for
// this writer and took to render.
static void write_timing(struct buffer *out, const struct message *reply) {
    uint64_t now_ns = clock_now_ns();
    APPEND(out, "Server-Timing: ");
    if (reply->asked_ns != 0) {
        APPEND(out, "queue;dur=");
        write_ms_between(out, reply->accepted_ns, reply->asked_ns);
        APPEND(out, ", db;dur=");
        write_ms_between(out, reply->asked_ns, reply->enqueued_ns);
        APPEND(out, ", ");
    }
    APPEND(out, "render;dur=");
    write_ms_between(out, reply->enqueued_ns, now_ns);
    APPEND(out, ", total;dur=");
    write_ms_between(out, reply->accepted_ns, now_ns);
    APPEND(out, "\r\n");
}

static void write_head(
    const struct response_renderer *renderer, struct buffer *out, const struct message *reply, int status) {
    buffer_append(out, status_line(status));
    buffer_append(out, buffer_view(&renderer->common_fields));
    if ((reply->flags & MESSAGE_CLOSE) != 0) {
        APPEND(out, "Connection: close\r\n");
    } else if ((reply->flags & MESSAGE_KEEP_ALIVE_10) != 0) {
        APPEND(out, "Connection: keep-alive\r\n");
    }
    if ((reply->flags & MESSAGE_TIMING) != 0) {
        write_timing(out, reply);
    }
}

// A body is rendered in place behind a Content-Length with as many digits as its length is guessed to have; if it turns out
// to have more or fewer, the body is moved. So a large body is almost never copied.
struct body_place {
    size_t digits; // where the value of Content-Length begins
    size_t begin;  // where the body begins
};

static size_t digits_of(size_t value) {
    size_t digits = 1;
    for (; value >= 10; value /= 10) {
        digits++;
    }
    return digits;
}

static struct body_place begin_body(struct buffer *out, size_t length_guess) {
    static const char placeholder[] = "00000000000000000000";
    APPEND(out, "Content-Length: ");
    size_t digits = out->length;
    buffer_append(out, (struct view){placeholder, digits_of(length_guess)});
    APPEND(out, "\r\n\r\n");
    return (struct body_place){digits, out->length};
}

// Fixes Content-Length; takes the body away again if the request was HEAD.
static void end_body(struct buffer *out, struct body_place place, const struct message *reply) {
    size_t length = out->length - place.begin;
    bool is_head = (reply->flags & MESSAGE_HEAD) != 0;
    size_t digits = digits_of(length);
    size_t begin = place.digits + digits + strlen("\r\n\r\n");
    if (begin != place.begin) {
        (void)buffer_reserve(out, begin > place.begin ? begin - place.begin : 0);
        memmove(out->data + begin, out->data + place.begin, is_head ? 0 : length);
        memcpy(out->data + begin - strlen("\r\n\r\n"), "\r\n\r\n", strlen("\r\n\r\n"));
    }
    out->length = place.digits;
    json_write_int(out, (int64_t)length);
    out->length = is_head ? begin : begin + length;
}

static int render_body(const struct response_renderer *renderer, struct buffer *out, const struct message *reply,
    struct msgpack_reader *reader) {
    struct view body = reply_read_body(reader);
    (void)buffer_reserve(out, HEAD_BYTES + body.length);
    write_head(renderer, out, reply, STATUS_OK);
    APPEND(out, json_fields);
    APPEND(out, "Content-Length: ");
    json_write_int(out, (int64_t)body.length);
    APPEND(out, "\r\n\r\n");
    if ((reply->flags & MESSAGE_HEAD) == 0) {
        buffer_append(out, body);
    }
    return STATUS_OK;
}

static int render_meta(const struct response_renderer *renderer, struct buffer *out, const struct message *reply,
    struct msgpack_reader *reader) {
    write_head(renderer, out, reply, STATUS_OK);
    APPEND(out, json_fields);
    struct body_place place = begin_body(out, 100);
    reply_json_meta(out, reader);
    end_body(out, place, reply);
    return STATUS_OK;
}

static int render_review(const struct response_renderer *renderer, struct buffer *out, const struct message *reply,
    struct msgpack_reader *reader, int status) {
    struct review review;
    reply_read_review(reader, &review);
    write_head(renderer, out, reply, status);
    if (status == STATUS_CREATED) {
        APPEND(out, "Location: /reviews/");
        json_write_int(out, review_product_id(review.review_id));
        APPEND(out, "/");
        json_write_int(out, review.review_id);
        APPEND(out, "\r\n");
        APPEND(out, created_fields);
    } else {
        APPEND(out, json_fields);
    }
    struct body_place place = begin_body(out, reply->length + REVIEW_OVERHEAD_BYTES);
    reply_json_review(out, &review);
    end_body(out, place, reply);
    return status;
}

static int render_options(const struct response_renderer *renderer, struct buffer *out, const struct message *reply,
    struct msgpack_reader *reader) {
    uint32_t allow = reply_read_options(reader);
    write_head(renderer, out, reply, STATUS_NO_CONTENT);
    write_allow(out, allow);
    if (renderer->cors_origin.length > 0) {
        APPEND(out, "Access-Control-Allow-Methods: ");
        write_methods(out, allow);
        APPEND(out,
            "\r\nAccess-Control-Allow-Headers: Content-Type, X-Server-Timing\r\nAccess-Control-Max-Age: 86400\r\n");
    }
    APPEND(out, "\r\n");
    return STATUS_NO_CONTENT;
}

static int render_file(const struct response_renderer *renderer, struct buffer *out, const struct message *reply,
    struct msgpack_reader *reader) {
    bool is_known;
    uint32_t index = reply_read_file(reader, &is_known);
    if (renderer->files == NULL || index >= renderer->files->count) {
        reader->failed = true;
        return 0;
    }
    const struct static_file *file = &renderer->files->files[index];
    int status = is_known ? STATUS_NOT_MODIFIED : STATUS_OK;
    write_head(renderer, out, reply, status);
    buffer_format(out, "ETag: %s\r\nCache-Control: %s\r\n", file->etag,
        file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (is_known) {
        APPEND(out, "\r\n");
        return status;
    }
    buffer_format(out, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n", file->type, file->body.length);
    if ((reply->flags & MESSAGE_HEAD) == 0) {
        buffer_append(out, buffer_view(&file->body));
    }
    return status;
}

static int write_problem(const struct response_renderer *renderer, struct buffer *out, const struct message *reply,
    const struct reply_problem *problem, struct msgpack_reader *reader) {
    int status = problem_status(problem->problem);
    write_head(renderer, out, reply, status);
    if (problem->allow != 0) {
        write_allow(out, problem->allow);
    }
    if (problem->retry_after_s != 0) {
        APPEND(out, "Retry-After: ");
        json_write_int(out, problem->retry_after_s);
        APPEND(out, "\r\n");
    }
    APPEND(out, problem_fields);
    struct body_place place = begin_body(out, 100);
    reply_json_problem(out, problem, reader);
    end_body(out, place, reply);
    return status;
}

static int render_problem(const struct response_renderer *renderer, struct buffer *out, const struct message *reply,
    struct msgpack_reader *reader) {
    struct reply_problem problem;
    reply_read_problem(reader, &problem);
    return write_problem(renderer, out, reply, &problem, reader);
}

static int render_done(const struct response_renderer *renderer, struct buffer *out, const struct message *reply) {
    write_head(renderer, out, reply, STATUS_NO_CONTENT);
    APPEND(out, "\r\n");
    return STATUS_NO_CONTENT;
}

static int render_continue(struct buffer *out) {
    buffer_append(out, status_line(STATUS_CONTINUE));
    APPEND(out, "\r\n");
    return STATUS_CONTINUE;
}

int response_render(struct response_renderer *renderer, struct buffer *out, const struct message *reply) {
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, message_payload(reply));
    size_t begin = out->length;
    int status = 0;
    switch (reply_read_kind(&reader)) {
    case REPLY_BODY: status = render_body(renderer, out, reply, &reader); break;
    case REPLY_META: status = render_meta(renderer, out, reply, &reader); break;
    case REPLY_REVIEW: status = render_review(renderer, out, reply, &reader, STATUS_OK); break;
    case REPLY_CREATED: status = render_review(renderer, out, reply, &reader, STATUS_CREATED); break;
    case REPLY_DONE: status = render_done(renderer, out, reply); break;
    case REPLY_OPTIONS: status = render_options(renderer, out, reply, &reader); break;
    case REPLY_CONTINUE: status = render_continue(out); break;
    case REPLY_FILE: status = render_file(renderer, out, reply, &reader); break;
    case REPLY_PROBLEM: status = render_problem(renderer, out, reply, &reader); break;
    case REPLY_KIND_COUNT: break;
    }
    if (!msgpack_reader_done(&reader)) {
        static const struct reply_problem unreadable = {.problem = PROBLEM_INTERNAL,
            .detail = {"The answer could not be read.", sizeof "The answer could not be read." - 1}};
        out->length = begin;
        status = write_problem(renderer, out, reply, &unreadable, &reader);
    }
    return status;
}
