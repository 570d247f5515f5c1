// libFuzzer: the HTTP parser and the routes on any bytes. The first byte says where the stream is cut; cut or whole, it must be
// read alike, within the limits, and details must be plain text. Run: fuzz_http [-max_total_time=SECONDS] [CORPUS_FOLDER]
#include "proto/route.h"
#include "tests/unit/http_transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = {.head_bytes = 512, .body_bytes = 128, .header_count = 8};

static void require_plain(const char *detail) {
    transcript_require(detail != NULL && detail[0] != 0, "a refusal without detail");
    for (const char *character = detail; *character != 0; character++) {
        transcript_require(
            *character >= ' ' && *character < 0x7F && *character != '"' && *character != '\\', "a detail is not plain");
    }
}

static void route(enum http_method method, struct view path, struct view query) {
    struct route_match match;
    enum route_result result = route_find(method, path, query, &match);
    if (result == ROUTE_BAD_PARAMETER) {
        require_plain(match.detail);
    } else if (result == ROUTE_FOUND && match.operation == OPERATION_REVIEW_LIST) {
        transcript_require(match.list.count >= 1 && match.list.count <= 100 && match.list.page >= 0 &&
                               (match.list.page + 1) * match.list.count <= 10000 && match.list.product_id >= 1,
            "a list out of range");
    }
}

// The routes of a stream's requests.
static void route_requests(struct view stream) {
    struct http_parser parser;
    http_parser_init(&parser, &limits);
    for (;;) {
        enum parser_event event = http_parser_next(&parser, &stream);
        if (event == PARSER_REQUEST) {
            transcript_require(parser.request.body.length <= limits.body_bytes, "a body over the limit");
            route(parser.request.method, parser.request.path, parser.request.query);
        } else if (event != PARSER_CONTINUE) {
            break;
        }
    }
    http_parser_free(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    size_t piece = 1 + data[0] % 64u;
    struct view stream = {(const char *)data + 1, size - 1};
    struct transcript whole;
    struct transcript split;
    transcript_open(&whole, &limits);
    transcript_feed(&whole, stream);
    transcript_end(&whole);
    transcript_open(&split, &limits);
    for (size_t at = 0; at < stream.length; at += piece) {
        size_t left = stream.length - at;
        transcript_feed(&split, (struct view){stream.data + at, left < piece ? left : piece});
    }
    transcript_end(&split);
    transcript_require(
        view_equal(buffer_view(&whole.text), buffer_view(&split.text)), "cut and whole are read differently");
    if (whole.failed) {
        require_plain(whole.parser.detail);
    }
    transcript_close(&whole);
    transcript_close(&split);
    route_requests(stream);
    // The bytes as a path, too, which need not be one that the parser lets through.
    const char *mark = memchr(stream.data, '?', stream.length);
    size_t path = mark != NULL ? (size_t)(mark - stream.data) : stream.length;
    route((enum http_method)(data[0] % (METHOD_OTHER + 1)), (struct view){stream.data, path},
        (struct view){stream.data + path, stream.length - path});
    return 0;
}
