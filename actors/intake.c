#include "actors/intake.h"

#include "core/clock.h"
#include "proto/operation.h"
#include "proto/reply.h"
#include "proto/route.h"

#include <stdio.h>
#include <strings.h>

enum {
    RETRY_AFTER_S = 1
};

uint16_t intake_flags(const struct http_request *request) {
    unsigned flags = 0;
    flags |= request->method == METHOD_HEAD ? MESSAGE_HEAD : 0;
    flags |= request->keep_alive ? 0 : MESSAGE_CLOSE;
    flags |= request->keep_alive && request->version_minor == 0 ? MESSAGE_KEEP_ALIVE_10 : 0;
    flags |= request->wants_timing ? MESSAGE_TIMING : 0;
    return (uint16_t)flags;
}

static struct message *problem_reply(
    enum problem problem, const char *detail, uint32_t allow, uint16_t flags, const struct field_errors *errors) {
    struct message *reply = message_new(256);
    reply->operation = OPERATION_OTHER;
    reply->flags = flags;
    uint32_t retry_after_s = problem_status(problem) == 503 ? RETRY_AFTER_S : 0;
    reply_pack_problem(&reply, problem, view_of(detail), allow, retry_after_s, errors);
    return reply;
}

struct message *intake_problem(enum problem problem, const char *detail, uint16_t flags) {
    return problem_reply(problem, detail, 0, flags, NULL);
}

static struct message *method_not_allowed(uint32_t allow, uint16_t flags) {
    return problem_reply(PROBLEM_METHOD_NOT_ALLOWED,
        "This resource does not have that method; Allow names those it has.", allow, flags, NULL);
}

// Whether the media type is application/json, with or without parameters.
static bool is_json(struct view content_type) {
    static const struct view json = {"application/json", 16};
    if (content_type.length < json.length || strncasecmp(content_type.data, json.data, json.length) != 0) {
        return false;
    }
    if (content_type.length == json.length) {
        return true;
    }
    char next = content_type.data[json.length];
    return next == ';' || next == ' ' || next == '\t';
}

static enum intake_result answer(struct intake *intake, struct message *reply, enum operation operation) {
    reply->operation = (uint16_t)operation;
    intake->message = reply;
    return INTAKE_ANSWER;
}

static enum intake_result take_review(
    struct intake *intake, const struct http_request *request, const struct route_match *match, uint16_t flags) {
    if (!is_json(request->content_type)) {
        return answer(intake, intake_problem(PROBLEM_NOT_JSON, "The Content-Type must be application/json.", flags),
            match->operation);
    }
    struct review_body body;
    struct field_errors errors = {0};
    const char *detail = "";
    enum review_body_result result = review_body_parse(&body, request->body, clock_wall_ms(), &errors, &detail);
    switch (result) {
    case REVIEW_BODY_OK:
        body.request.product_id = match->key.product_id;
        intake->message = message_new((uint32_t)request->body.length + 128);
        request_pack_add(&intake->message, &body.request);
        break;
    case REVIEW_BODY_MALFORMED: intake->message = intake_problem(PROBLEM_BAD_REQUEST, detail, flags); break;
    case REVIEW_BODY_INVALID:
        intake->message =
            problem_reply(PROBLEM_INVALID_FIELDS, "Some fields are wrong; errors names them all.", 0, flags, &errors);
        break;
    }
    review_body_free(&body);
    intake->message->operation = (uint16_t)match->operation;
    intake->message->flags = flags;
    return result == REVIEW_BODY_OK ? INTAKE_ASK : INTAKE_ANSWER;
}

static enum intake_result take_operation(
    struct intake *intake, const struct http_request *request, const struct route_match *match, uint16_t flags) {
    intake->product_id = match->key.product_id;
    if (match->operation == OPERATION_REVIEW_ADD) {
        intake->reply_bytes += REPLY_REVIEW_BYTES;
        return take_review(intake, request, match, flags);
    }
    if (match->key.product_id < 1) { // the id of a review names its product, and this names none
        return answer(intake, intake_problem(PROBLEM_NOT_FOUND, "There is no such review.", flags), match->operation);
    }
    struct message *message = message_new(64);
    if (match->operation == OPERATION_REVIEW_LIST) {
        intake->reply_bytes += (uint32_t)match->list.count * REPLY_REVIEW_BYTES;
        request_pack_list(&message, &match->list);
    } else {
        intake->reply_bytes += match->operation == OPERATION_REVIEW_GET ? REPLY_REVIEW_BYTES : 0;
        request_pack_key(&message, &match->key);
    }
    message->operation = (uint16_t)match->operation;
    message->flags = flags;
    intake->message = message;
    return INTAKE_ASK;
}

// A path that is no route's: perhaps a file's.
static enum intake_result take_other(
    struct intake *intake, const struct http_request *request, const struct static_files *files, uint16_t flags) {
    int32_t file = static_files_find(files, request->path);
    uint32_t allow = 1u << METHOD_GET | 1u << METHOD_HEAD | 1u << METHOD_OPTIONS;
    if (file < 0) {
        return answer(
            intake, intake_problem(PROBLEM_NOT_FOUND, "There is nothing at this path.", flags), OPERATION_OTHER);
    }
    if ((allow & 1u << request->method) == 0) {
        return answer(intake, method_not_allowed(allow, flags), OPERATION_OTHER);
    }
    struct message *reply = message_new(32);
    reply->flags = flags;
    if (request->method == METHOD_OPTIONS) {
        reply_pack_options(&reply, allow);
    } else {
        intake->reply_bytes += (uint32_t)files->files[file].body.length;
        reply_pack_file(&reply, (uint32_t)file, static_file_is_known(&files->files[file], request->if_none_match));
    }
    return answer(intake, reply, OPERATION_OTHER);
}

enum intake_result intake_request(
    struct intake *intake, const struct http_request *request, const struct static_files *files) {
    struct route_match match = {.operation = OPERATION_OTHER};
    uint16_t flags = intake_flags(request);
    intake->reply_bytes = REPLY_SMALL_BYTES;
    switch (route_find(request->method, request->path, request->query, &match)) {
    case ROUTE_FOUND: return take_operation(intake, request, &match, flags);
    case ROUTE_BAD_PARAMETER:
        return answer(intake, intake_problem(PROBLEM_BAD_PARAMETER, match.detail, flags), match.operation);
    case ROUTE_METHOD_NOT_ALLOWED: return answer(intake, method_not_allowed(match.allow, flags), OPERATION_OTHER);
    case ROUTE_OPTIONS: {
        struct message *reply = message_new(32);
        reply->flags = flags;
        reply_pack_options(&reply, match.allow);
        return answer(intake, reply, OPERATION_OTHER);
    }
    case ROUTE_UNKNOWN_PATH: break;
    }
    return take_other(intake, request, files, flags);
}
