#include "proto/http_parser.h"

#include "proto/http_target.h"

#include <strings.h>

enum state {
    STATE_HEAD,
    STATE_BODY, // of a known length
    STATE_CHUNKS,
    STATE_TRAILERS,
    STATE_DONE, // the request has been given out; what it needed is freed by the next call
    STATE_FAILED
};

enum seen {
    SEEN_HOST = 1,
    SEEN_CODING = 2,
    SEEN_TYPE = 4,
    SEEN_CONTINUE = 8,
    SEEN_HEAD = 16,
    SEEN_END = 32,
    SEEN_VERSION = 64
};

// For a callback of llhttp: the request is refused.
static int refuse(struct http_parser *parser, enum problem problem, const char *detail) {
    parser->problem = problem;
    parser->detail = detail;
    return -1;
}

static int refuse_as_bad(struct http_parser *parser, const char *detail) {
    return refuse(parser, PROBLEM_BAD_REQUEST, detail);
}

static int on_method_complete(llhttp_t *llhttp) {
    struct http_parser *parser = llhttp->data;
    switch (llhttp->method) {
#define METHOD(name)                                                                                                   \
    case HTTP_##name:                                                                                                  \
        parser->request.method = METHOD_##name;                                                                        \
        break;
#include "proto/http_method.def"
#undef METHOD
    case HTTP_CONNECT:
    case HTTP_PRI: return refuse_as_bad(parser, "Neither tunnels nor HTTP/2 are served here.");
    default: parser->request.method = METHOD_OTHER;
    }
    return 0;
}

static int on_url(llhttp_t *llhttp, const char *at, size_t length) {
    struct http_parser *parser = llhttp->data;
    struct http_request *request = &parser->request;
    if (!http_target_split(request->method, (struct view){at, length}, &request->path, &request->query)) {
        return refuse_as_bad(
            parser, "The request target must be a path, an http URL without fragment, or * for OPTIONS.");
    }
    return 0;
}

// llhttp calls it with "1.1", and knows other protocols than HTTP. What precedes is at least a letter, a space, "/", a space.
static int on_version(llhttp_t *llhttp, const char *at, size_t length) {
    struct http_parser *parser = llhttp->data;
    if (length != 3 || memcmp(at - 5, "HTTP/", 5) != 0 || at[0] == '0') {
        return refuse_as_bad(parser, "The request line does not end with HTTP/1.0 or HTTP/1.1.");
    }
    if (at[0] != '1') {
        return refuse(parser, PROBLEM_VERSION_NOT_SUPPORTED, "HTTP/1.0 and HTTP/1.1 are served here.");
    }
    parser->request.version_minor = at[2] > '0';
    parser->seen |= SEEN_VERSION;
    return 0;
}

static int judge_host(struct http_parser *parser, struct view value) {
    if ((parser->seen & SEEN_HOST) != 0) {
        return refuse_as_bad(parser, "Host is given twice.");
    }
    parser->seen |= SEEN_HOST;
    return http_host_is_valid(value)
               ? 0
               : refuse_as_bad(parser, "Host is not a host name or address with or without a port.");
}

static int judge_transfer_encoding(struct http_parser *parser, struct view value) {
    bool is_chunked = value.length == 7 && strncasecmp(value.data, "chunked", 7) == 0;
    if (!is_chunked || (parser->seen & SEEN_CODING) != 0 || parser->request.version_minor == 0) {
        return refuse_as_bad(parser, "Transfer-Encoding must be chunked and nothing else, once, in HTTP/1.1.");
    }
    parser->seen |= SEEN_CODING;
    return 0;
}

static int judge_content_type(struct http_parser *parser, struct view value) {
    if ((parser->seen & SEEN_TYPE) != 0) {
        return refuse_as_bad(parser, "Content-Type is given twice.");
    }
    parser->seen |= SEEN_TYPE;
    parser->request.content_type = value;
    return 0;
}

static int judge_expect(struct http_parser *parser, struct view value) {
    if (value.length != 12 || strncasecmp(value.data, "100-continue", 12) != 0) {
        return refuse(parser, PROBLEM_EXPECTATION_FAILED, "Expect can be 100-continue and nothing else.");
    }
    parser->seen |= SEEN_CONTINUE;
    return 0;
}

static int judge_timing(struct http_parser *parser, struct view value) {
    bool is_true = value.length == 4 && strncasecmp(value.data, "true", 4) == 0;
    parser->request.wants_timing = is_true || view_equal(value, VIEW("1"));
    return 0;
}

static int keep_if_none_match(struct http_parser *parser, struct view value) {
    parser->request.if_none_match = value;
    return 0;
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t length) {
    struct http_parser *parser = llhttp->data;
    parser->field = (struct view){at, length};
    parser->value = (struct view){at + length, 0};
    return 0;
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t length) {
    struct http_parser *parser = llhttp->data;
    while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t')) {
        length--;
    }
    parser->value = (struct view){at, length};
    return 0;
}

// Content-Length needs no judge: llhttp sees to it that it comes once, is digits and fits 64 bits.
static int on_header_value_complete(llhttp_t *llhttp) {
    static const struct {
        struct view name;
        int (*judge)(struct http_parser *parser, struct view value);
    } fields[] = {
        {{"host", 4}, judge_host},
        {{"transfer-encoding", 17}, judge_transfer_encoding},
        {{"content-type", 12}, judge_content_type},
        {{"expect", 6}, judge_expect},
        {{"x-server-timing", 15}, judge_timing},
        {{"if-none-match", 13}, keep_if_none_match},
    };
    struct http_parser *parser = llhttp->data;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (parser->field.length == fields[i].name.length &&
            strncasecmp(parser->field.data, fields[i].name.data, fields[i].name.length) == 0) {
            return fields[i].judge(parser, parser->value);
        }
    }
    return 0;
}

static int on_headers_complete(llhttp_t *llhttp) {
    struct http_parser *parser = llhttp->data;
    struct http_request *request = &parser->request;
    if ((parser->seen & SEEN_VERSION) == 0) { // HTTP/0.9, which has none
        return refuse_as_bad(parser, "The request line does not end with HTTP/1.0 or HTTP/1.1.");
    }
    if ((parser->seen & SEEN_HOST) == 0 && request->version_minor > 0) {
        return refuse_as_bad(parser, "HTTP/1.1 requires a Host.");
    }
    if (llhttp->content_length > parser->limits->body_bytes) {
        return refuse(parser, PROBLEM_BODY_TOO_LARGE, "Content-Length is more than this server reads.");
    }
    bool has_body = llhttp->content_length > 0 || (parser->seen & SEEN_CODING) != 0;
    request->expects_continue = has_body && (parser->seen & SEEN_CONTINUE) != 0 && request->version_minor > 0;
    // Close wins over keep-alive (RFC 9112, 9.3).
    request->keep_alive = llhttp_should_keep_alive(llhttp) != 0 && (llhttp->flags & F_CONNECTION_CLOSE) == 0;
    llhttp->upgrade = 0; // or llhttp would take what follows for another protocol
    parser->seen |= SEEN_HEAD;
    return 0;
}

static int on_body(llhttp_t *llhttp, const char *at, size_t length) {
    struct http_parser *parser = llhttp->data;
    struct view bytes = {at, length};
    bool is_whole = parser->state == STATE_BODY && parser->body.length == 0 && llhttp->content_length == 0;
    if (is_whole) {
        parser->request.body = bytes;
        return 0;
    }
    buffer_append(&parser->body, bytes);
    parser->request.body = buffer_view(&parser->body);
    parser->chunk_left -= parser->state == STATE_CHUNKS ? length : 0;
    return 0;
}

// Stops llhttp behind the last chunk's line: http_head takes the trailers.
static int on_chunk_header(llhttp_t *llhttp) {
    struct http_parser *parser = llhttp->data;
    if (llhttp->content_length > parser->limits->body_bytes - parser->body.length) {
        return refuse(parser, PROBLEM_BODY_TOO_LARGE, "The chunks of the body are more than this server reads.");
    }
    parser->chunk_left = (size_t)llhttp->content_length;
    return parser->chunk_left == 0 ? HPE_PAUSED : 0;
}

static int on_message_complete(llhttp_t *llhttp) {
    struct http_parser *parser = llhttp->data;
    parser->seen |= SEEN_END;
    return 0;
}

static const llhttp_settings_t settings = {
    .on_method_complete = on_method_complete,
    .on_url = on_url,
    .on_version = on_version,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

static void begin(struct http_parser *parser) {
    buffer_free(&parser->head);
    buffer_free(&parser->body);
    *parser = (struct http_parser){.limits = parser->limits};
    http_head_start(&parser->scan, parser->limits->head_bytes, parser->limits->header_count);
    llhttp_init(&parser->llhttp, HTTP_REQUEST, &settings);
    parser->llhttp.lenient_flags |= LENIENT_VERSION; // on_version judges it
}

static enum parser_event fail(struct http_parser *parser, enum problem problem, const char *detail) {
    buffer_free(&parser->head);
    buffer_free(&parser->body);
    parser->request = (struct http_request){0};
    parser->state = STATE_FAILED;
    parser->problem = problem;
    parser->detail = detail;
    return PARSER_FAILED;
}

static enum parser_event finish(struct http_parser *parser) {
    parser->state = STATE_DONE;
    return PARSER_REQUEST;
}

static void take(struct view *input, size_t count) {
    input->data += count;
    input->length -= count;
}

// What is wrong when it was llhttp that found it.
static const char *llhttp_fault(const struct http_parser *parser) {
    switch (llhttp_get_errno(&parser->llhttp)) {
    case HPE_INVALID_METHOD: return "The method is not a known one.";
    case HPE_INVALID_URL: return "The request target is malformed.";
    case HPE_INVALID_CONTENT_LENGTH: return "Content-Length is not a number of digits.";
    case HPE_UNEXPECTED_CONTENT_LENGTH: return "Content-Length is given twice or beside Transfer-Encoding.";
    case HPE_INVALID_TRANSFER_ENCODING: return "Transfer-Encoding is not chunked, or is given beside Content-Length.";
    case HPE_INVALID_HEADER_TOKEN: return "A header field is malformed.";
    default:
        return parser->state == STATE_HEAD ? "The request line is malformed." : "A chunk of the body is malformed.";
    }
}

// Gives llhttp bytes; *taken: those up to where it paused, if it did. False: the parser has failed.
static bool run_llhttp(struct http_parser *parser, struct view bytes, size_t *taken) {
    parser->llhttp.data = parser;
    llhttp_errno_t result = llhttp_execute(&parser->llhttp, bytes.data, bytes.length);
    *taken = result == HPE_PAUSED ? (size_t)(llhttp_get_error_pos(&parser->llhttp) - bytes.data) : bytes.length;
    if (result == HPE_OK || result == HPE_PAUSED) {
        return true;
    }
    if (parser->detail == NULL) {
        (void)refuse_as_bad(parser, llhttp_fault(parser));
    }
    (void)fail(parser, parser->problem, parser->detail);
    return false;
}

static enum parser_event take_body(struct http_parser *parser, struct view *input) {
    size_t left = (size_t)parser->llhttp.content_length;
    struct view piece = {input->data, input->length < left ? input->length : left};
    size_t taken;
    if (!run_llhttp(parser, piece, &taken)) {
        return PARSER_FAILED;
    }
    take(input, taken);
    return (parser->seen & SEEN_END) != 0 ? finish(parser) : PARSER_NEED_MORE;
}

static enum parser_event take_trailers(struct http_parser *parser, struct view *input) {
    switch (http_head_scan(&parser->scan, input)) {
    case HEAD_INCOMPLETE: return PARSER_NEED_MORE;
    case HEAD_COMPLETE: return finish(parser);
    default: return fail(parser, parser->scan.problem, parser->scan.detail);
    }
}

// llhttp gets no more at once than could be framing within the limit, so that the limit falls on the same byte however the
// input is split.
static enum parser_event take_chunks(struct http_parser *parser, struct view *input) {
    while (input->length > 0) {
        size_t room = parser->chunk_left + parser->framing_left;
        if (room == 0) {
            return fail(parser, PROBLEM_BAD_REQUEST, "The body has too many or too long lines between its chunks.");
        }
        struct view piece = {input->data, input->length < room ? input->length : room};
        size_t body_before = parser->body.length;
        size_t taken;
        if (!run_llhttp(parser, piece, &taken)) {
            return PARSER_FAILED;
        }
        take(input, taken);
        parser->framing_left -= taken - (parser->body.length - body_before);
        if (llhttp_get_errno(&parser->llhttp) == HPE_PAUSED) {
            parser->state = STATE_TRAILERS;
            http_head_start_trailers(&parser->scan, parser->limits->head_bytes, parser->limits->header_count);
            return take_trailers(parser, input);
        }
    }
    return PARSER_NEED_MORE;
}

static enum parser_event take_rest(struct http_parser *parser, struct view *input) {
    if (input->length == 0) {
        return PARSER_NEED_MORE;
    }
    switch ((enum state)parser->state) {
    case STATE_BODY: return take_body(parser, input);
    case STATE_CHUNKS: return take_chunks(parser, input);
    default: return take_trailers(parser, input);
    }
}

static void move_view(struct view *view, const char *from, const char *to) {
    if (view->data != NULL) {
        view->data = to + (view->data - from);
    }
}

// Copies the head out of the input, which will be gone before the request is complete.
static void keep_head(struct http_parser *parser, struct view head) {
    if (head.data != parser->head.data) {
        buffer_append(&parser->head, head);
        move_view(&parser->request.path, head.data, parser->head.data);
        move_view(&parser->request.query, head.data, parser->head.data);
        move_view(&parser->request.content_type, head.data, parser->head.data);
        move_view(&parser->request.if_none_match, head.data, parser->head.data);
    }
}

// Parses the whole head. False: the parser has failed.
static bool parse_head(struct http_parser *parser, struct view head) {
    size_t taken;
    if (!run_llhttp(parser, head, &taken)) {
        return false;
    }
    if ((parser->seen & SEEN_HEAD) == 0) {
        (void)fail(parser, PROBLEM_BAD_REQUEST, "The request line is malformed.");
        return false;
    }
    return true;
}

static enum parser_event take_head(struct http_parser *parser, struct view *input) {
    if (input->length == 0) {
        return PARSER_NEED_MORE;
    }
    size_t before = parser->scan.length;
    enum head_result result = http_head_scan(&parser->scan, input);
    if (result == HEAD_REFUSED) {
        return fail(parser, parser->scan.problem, parser->scan.detail);
    }
    size_t taken = parser->scan.length - before;
    struct view head = {input->data - taken, taken};
    if (result == HEAD_INCOMPLETE || before > 0) {
        buffer_append(&parser->head, head);
        head = buffer_view(&parser->head);
    }
    if (result == HEAD_INCOMPLETE) {
        return PARSER_NEED_MORE;
    }
    if (!parse_head(parser, head)) {
        return PARSER_FAILED;
    }
    if ((parser->seen & SEEN_END) != 0) {
        return finish(parser);
    }
    parser->state = (parser->seen & SEEN_CODING) != 0 ? STATE_CHUNKS : STATE_BODY;
    parser->framing_left = parser->limits->head_bytes + parser->limits->body_bytes;
    bool owes_continue = parser->request.expects_continue && input->length == 0;
    enum parser_event event = owes_continue ? PARSER_CONTINUE : take_rest(parser, input);
    if (event == PARSER_CONTINUE || event == PARSER_NEED_MORE) {
        keep_head(parser, head);
    }
    return event;
}

void http_parser_init(struct http_parser *parser, const struct http_limits *limits) {
    *parser = (struct http_parser){.limits = limits};
    begin(parser);
}

enum parser_event http_parser_next(struct http_parser *parser, struct view *input) {
    if (parser->state == STATE_DONE) {
        begin(parser);
    }
    enum parser_event event;
    switch ((enum state)parser->state) {
    case STATE_HEAD: event = take_head(parser, input); break;
    case STATE_FAILED: event = PARSER_FAILED; break;
    default: event = take_rest(parser, input);
    }
    if (event == PARSER_FAILED && input->length > 0) {
        take(input, input->length);
    }
    return event;
}

bool http_parser_is_within_request(const struct http_parser *parser) {
    return parser->state == STATE_HEAD ? parser->scan.length > 0 : parser->state < STATE_DONE;
}

void http_parser_free(struct http_parser *parser) {
    buffer_free(&parser->head);
    buffer_free(&parser->body);
}
