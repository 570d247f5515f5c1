// The HTTP parser on what it refuses: each refusal by its status, the limits at, below and above, and stray bytes anywhere.
#include "tests/unit/http_transcript.h"
#include "tests/unit/unit.h"

static const struct http_limits limits = {.head_bytes = 16384, .body_bytes = 65536, .header_count = 100};

struct refusal {
    struct view bytes;
    enum problem problem;
};

#define REFUSED(bytes, name)                                                                                           \
    { {(bytes), sizeof(bytes) - 1}, PROBLEM_##name }
#define GET "GET /a HTTP/1.1\r\n"
#define GET_HOST GET "Host: h\r\n"
#define POST "POST /a HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static const struct refusal line_refusals[] = {
    // line ends, line folding, control characters, names
    REFUSED("GET /a HTTP/1.1\nHost: h\n\n", BAD_REQUEST),
    REFUSED("\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("\r\r\n" GET_HOST "\r\n", BAD_REQUEST),
    REFUSED("\r\n\r\n\r\n\r\n\r\n" GET_HOST "\r\n", BAD_REQUEST),
    REFUSED(GET "Host: h\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: h\r\n\n", BAD_REQUEST),
    REFUSED(GET_HOST "X: a\rb\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X: a\r\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "\rX: a\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X: a\r\n folded\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X: a\r\n\tfolded\r\n\r\n", BAD_REQUEST),
    REFUSED(GET " Host: h\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST ": nameless\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X : a\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X Y: a\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X(: a\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X\x80: a\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X: a\0b\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "X: a\x01"
                     "b\r\n\r\n",
        BAD_REQUEST),
    REFUSED(GET_HOST "X: a\x7f"
                     "b\r\n\r\n",
        BAD_REQUEST),
    REFUSED(GET_HOST "X\0: a\r\n\r\n", BAD_REQUEST),
    REFUSED("\x16\x03\x01\x02", BAD_REQUEST), // the beginning of TLS
    // the request line
    REFUSED("GET /a\r\n\r\n", BAD_REQUEST), // HTTP/0.9
    REFUSED("GET /a HTTP/0.9\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a HTTP/2.0\r\nHost: h\r\n\r\n", VERSION_NOT_SUPPORTED),
    REFUSED("GET /a HTTP/3.0\r\nHost: h\r\n\r\n", VERSION_NOT_SUPPORTED),
    REFUSED("GET /a HTTP/9.9\r\nHost: h\r\n\r\n", VERSION_NOT_SUPPORTED),
    REFUSED("GET /a http/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a HTTP/1.10\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a HTTP/11\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a HTTP/1.\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a HTTP/1.1 \r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a RTSP/1.0\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("SOURCE /a ICE/1.0\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("DESCRIBE /a RTSP/1.0\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("DESCRIBE /a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a  HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED(" GET /a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("FETCH /a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("get /a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GETX /a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("CONNECT /a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD_REQUEST),
    // the target
    REFUSED("GET * HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("OPTIONS ** HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a?b#c HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET http:/h/a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET http://?a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET http://user@h/a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED("GET http://h/a HTTP/1.1\r\n\r\n", BAD_REQUEST),
};

static const struct refusal field_refusals[] = {
    // Host
    REFUSED(GET "\r\n", BAD_REQUEST),
    REFUSED(GET "X: a\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "Host: h\r\n\r\n", BAD_REQUEST),
    REFUSED(GET_HOST "hOST: other\r\n\r\n", BAD_REQUEST),
    REFUSED("GET /a HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host:\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: \t \r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: a b\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: a/b\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: user@h\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: h:80a\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: :80\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: a,b:1:2\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: a%2\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: [::1\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: []\r\n\r\n", BAD_REQUEST),
    REFUSED(GET "Host: [::1]80\r\n\r\n", BAD_REQUEST),
    // Content-Length
    REFUSED(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", BAD_REQUEST),
    REFUSED(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: 5, 5\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: 5,\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: +5\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: -5\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: 5 5\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: 0x5\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: 5.0\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: five\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length:\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length:  \t\r\n\r\nhello", BAD_REQUEST),
    REFUSED(POST "Content-Length: 18446744073709551616\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Content-Length: 99999999999999999999999999\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Content-Length: 18446744073709551615\r\n\r\n", BODY_TOO_LARGE),
    REFUSED(POST "Content-Length: 65537\r\n\r\n", BODY_TOO_LARGE),
    REFUSED(POST "Expect: 100-continue\r\nContent-Length: 65537\r\n\r\n", BODY_TOO_LARGE),
    // Transfer-Encoding
    REFUSED(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: gzip\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: identity\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding:\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD_REQUEST),
    // Expect, Content-Type
    REFUSED(POST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx", EXPECTATION_FAILED),
    REFUSED(POST "Expect:\r\n\r\n", EXPECTATION_FAILED),
    REFUSED(POST "Content-Type: a\r\nContent-Type: b\r\n\r\n", BAD_REQUEST),
};

static const struct refusal chunk_refusals[] = {
    REFUSED(CHUNKED "\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "x\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "+5\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "-5\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED " 5\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5 \r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\rhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello\rX0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello!\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "4\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5;\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5;a\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5;a=\"b\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5;a=b;c=d\r\nhello\r\n0\r\n\r\n", BAD_REQUEST), // rightful, but llhttp 8.1 mistakes it
    REFUSED(CHUNKED "10001\r\n", BODY_TOO_LARGE),
    REFUSED(CHUNKED "5\r\nhello\r\nfffc\r\n", BODY_TOO_LARGE),
    REFUSED(CHUNKED "ffffffffffffffff\r\n", BODY_TOO_LARGE),
    REFUSED(CHUNKED "10000000000000000\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello\r\n0\r\nX: a\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello\r\n0\r\n\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello\r\n0\r\nX: a\r\n folded\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello\r\n0\r\nnot a field\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello\r\n0\r\n: nameless\r\n\r\n", BAD_REQUEST),
    REFUSED(CHUNKED "5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n", BAD_REQUEST),
};

// Feeds the bytes in two pieces, or (cut above the length) one at a time, and leaves the transcript open.
static void feed(struct transcript *transcript, const struct http_limits *with, struct view bytes, size_t cut) {
    transcript_open(transcript, with);
    if (cut <= bytes.length) {
        transcript_feed(transcript, (struct view){bytes.data, cut});
        transcript_feed(transcript, (struct view){bytes.data + cut, bytes.length - cut});
    } else {
        for (size_t i = 0; i < bytes.length; i++) {
            transcript_feed(transcript, (struct view){bytes.data + i, 1});
        }
    }
    transcript_end(transcript);
}

// How many ways to cut the bytes do not lead to just this problem, with the same detail, and no request.
static unsigned count_wrong(const struct http_limits *with, struct view bytes, enum problem problem) {
    struct transcript whole;
    feed(&whole, with, bytes, bytes.length);
    unsigned wrong =
        !whole.failed || whole.requests > 0 || whole.parser.problem != problem || whole.parser.detail == NULL;
    for (size_t cut = 0; cut <= bytes.length + 1; cut++) {
        struct transcript transcript;
        feed(&transcript, with, bytes, cut);
        wrong += !view_equal(buffer_view(&transcript.text), buffer_view(&whole.text)) || transcript.continues > 0;
        transcript_close(&transcript);
    }
    if (wrong > 0) {
        fprintf(stderr, "\n%.*s\nwas read as: %.*s\n", (int)bytes.length, bytes.data, (int)whole.text.length,
            whole.text.data);
    }
    transcript_close(&whole);
    return wrong;
}

static void check_refusals(const struct refusal *refusals, size_t count) {
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(count_wrong(&limits, refusals[i].bytes, refusals[i].problem), 0);
    }
}

static void test_lines(void) {
    check_refusals(line_refusals, COUNT_OF(line_refusals));
}

static void test_fields(void) {
    check_refusals(field_refusals, COUNT_OF(field_refusals));
}

static void test_chunks(void) {
    check_refusals(chunk_refusals, COUNT_OF(chunk_refusals));
}

// A stray byte that no framing can have, inserted anywhere before the last byte, never leaves a request.
static void test_stray_bytes(void) {
    static const char bytes[] = CHUNKED "5;a=\"b c\"\r\nhello\r\n0;x\r\nT: v\r\n\r\n";
    static const char strays[] = {'\r', '\n', '\0', '\x01', '\x0b', '\x7f'};
    size_t length = sizeof bytes - 1;
    size_t data = (size_t)(strstr(bytes, "hello") - bytes);
    for (size_t at = 0; at + 1 < length; at++) {
        for (size_t i = 0; i < sizeof strays; i++) {
            char damaged[sizeof bytes + 1];
            memcpy(damaged, bytes, at);
            damaged[at] = strays[i];
            memcpy(damaged + at + 1, bytes + at, length - at);
            struct transcript transcript;
            feed(&transcript, &limits, (struct view){damaged, length + 1}, 0);
            // llhttp takes DEL within quotes.
            bool is_quoted_delete = strays[i] == '\x7f' && at > data - 8 && at < data - 2;
            CU_ASSERT(transcript.requests == 0 || is_quoted_delete);
            transcript_close(&transcript);
        }
    }
}

// A byte of the chunk lines changed to any other: if that still is a request, its body is the same.
static void test_changed_chunk_bytes(void) {
    static const char bytes[] = CHUNKED "5;a=\"b c\";d\r\nhello\r\n0;x=y\r\n\r\n";
    size_t length = sizeof bytes - 1;
    size_t begin = sizeof CHUNKED - 1;
    size_t data = (size_t)(strstr(bytes, "hello") - bytes);
    for (size_t at = begin; at < length; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char damaged[sizeof bytes];
            memcpy(damaged, bytes, sizeof bytes);
            damaged[at] = (char)byte;
            bool is_framing_byte = bytes[at] == '\r' || bytes[at] == '\n';
            struct transcript transcript;
            feed(&transcript, &limits, (struct view){damaged, length}, 0);
            bool is_data = at >= data && at < data + 5;
            bool has_body = memmem(transcript.text.data, transcript.text.length, "body=hello\n", 11) != NULL;
            CU_ASSERT(transcript.requests == 0 || is_data || has_body);
            CU_ASSERT(!is_framing_byte || damaged[at] == bytes[at] || transcript.requests == 0);
            transcript_close(&transcript);
        }
    }
}

// Feeds the bytes whole, in halves and one at a time; the problem they all end in, or PROBLEM_COUNT for a request.
static enum problem outcome(const struct http_limits *with, struct view bytes) {
    enum problem problem = PROBLEM_COUNT;
    for (unsigned way = 0; way < 3; way++) {
        struct transcript transcript;
        feed(&transcript, with, bytes, way == 0 ? 0 : way == 1 ? bytes.length / 2 : bytes.length + 1);
        CU_ASSERT_EQUAL(transcript.requests, !transcript.failed);
        enum problem found = transcript.failed ? transcript.parser.problem : PROBLEM_COUNT;
        CU_ASSERT(way == 0 || found == problem);
        problem = found;
        transcript_close(&transcript);
    }
    return problem;
}

static enum problem outcome_of_buffer(const struct http_limits *with, struct buffer *bytes) {
    enum problem problem = outcome(with, buffer_view(bytes));
    buffer_free(bytes);
    return problem;
}

static void append_fill(struct buffer *bytes, size_t count) {
    memset(buffer_reserve(bytes, count), 'x', count);
    bytes->length += count;
}

// A head of just so many bytes, long by its target or by a field.
static enum problem outcome_of_head(size_t length, bool by_target) {
    struct buffer bytes = {0};
    buffer_append(&bytes, VIEW("GET /"));
    size_t rest = strlen("GET / HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n");
    append_fill(&bytes, by_target ? length - rest : 0);
    buffer_append(&bytes, VIEW(" HTTP/1.1\r\nHost: h\r\nX: "));
    append_fill(&bytes, by_target ? 0 : length - rest);
    buffer_append(&bytes, VIEW("\r\n\r\n"));
    CU_ASSERT_EQUAL(bytes.length, length);
    return outcome_of_buffer(&limits, &bytes);
}

static void test_head_limit(void) {
    for (int by_target = 0; by_target < 2; by_target++) {
        CU_ASSERT_EQUAL(outcome_of_head(limits.head_bytes - 1, by_target), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(outcome_of_head(limits.head_bytes, by_target), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(outcome_of_head(limits.head_bytes + 1, by_target), PROBLEM_HEADERS_TOO_LARGE);
    }
    // The target alone is too long when the limit falls within the request line.
    CU_ASSERT_EQUAL(
        outcome_of_head(limits.head_bytes + strlen("Host: h\r\nX: \r\n\r\n"), true), PROBLEM_HEADERS_TOO_LARGE);
    CU_ASSERT_EQUAL(
        outcome_of_head(limits.head_bytes + strlen("\nHost: h\r\nX: \r\n\r\n"), true), PROBLEM_TARGET_TOO_LONG);
    CU_ASSERT_EQUAL(outcome_of_head(2 * limits.head_bytes, true), PROBLEM_TARGET_TOO_LONG);
    // Empty lines before the request do not count.
    struct buffer bytes = {0};
    buffer_append(&bytes, VIEW("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    const struct http_limits tight = {.head_bytes = bytes.length - 4, .body_bytes = 1, .header_count = 1};
    CU_ASSERT_EQUAL(outcome_of_buffer(&tight, &bytes), PROBLEM_COUNT);
}

// Endless input is refused at the limit, not gathered.
static void test_endless_head(void) {
    static const char fill[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct transcript transcript;
    transcript_open(&transcript, &limits);
    size_t fed = 0;
    while (!transcript.failed && fed < 10 * limits.head_bytes) {
        transcript_feed(&transcript, VIEW(fill));
        fed += sizeof fill - 1;
        CU_ASSERT(transcript.parser.head.capacity <= limits.head_bytes);
    }
    CU_ASSERT_EQUAL(transcript.parser.problem, PROBLEM_TARGET_TOO_LONG);
    CU_ASSERT_EQUAL(fed, limits.head_bytes + sizeof fill - 1);
    transcript_close(&transcript);
}

static enum problem outcome_of_fields(unsigned count, bool as_trailers) {
    struct buffer bytes = {0};
    buffer_append(&bytes, as_trailers ? VIEW(CHUNKED "0\r\n") : VIEW(GET_HOST));
    for (unsigned i = as_trailers ? 0 : 1; i < count; i++) {
        buffer_append(&bytes, VIEW("X: y\r\n"));
    }
    buffer_append(&bytes, VIEW("\r\n"));
    return outcome_of_buffer(&limits, &bytes);
}

static void test_field_count_limit(void) {
    for (int as_trailers = 0; as_trailers < 2; as_trailers++) {
        CU_ASSERT_EQUAL(outcome_of_fields(limits.header_count - 1, as_trailers), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(outcome_of_fields(limits.header_count, as_trailers), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(outcome_of_fields(limits.header_count + 1, as_trailers), PROBLEM_HEADERS_TOO_LARGE);
    }
}

// A body of just so many bytes; chunk_size 0: by Content-Length.
static enum problem outcome_of_body(size_t length, size_t chunk_size) {
    struct buffer bytes = {0};
    if (chunk_size == 0) {
        buffer_format(&bytes, POST "Content-Length: %zu\r\n\r\n", length);
        append_fill(&bytes, length);
        return outcome_of_buffer(&limits, &bytes);
    }
    buffer_append(&bytes, VIEW(CHUNKED));
    for (size_t left = length; left > 0;) {
        size_t size = left < chunk_size ? left : chunk_size;
        buffer_format(&bytes, "%zx\r\n", size);
        append_fill(&bytes, size);
        buffer_append(&bytes, VIEW("\r\n"));
        left -= size;
    }
    buffer_append(&bytes, VIEW("0\r\n\r\n"));
    return outcome_of_buffer(&limits, &bytes);
}

static void test_body_limit(void) {
    static const size_t chunk_sizes[] = {0, 16, 1000, 1 << 20};
    for (size_t i = 0; i < COUNT_OF(chunk_sizes); i++) {
        CU_ASSERT_EQUAL(outcome_of_body(limits.body_bytes - 1, chunk_sizes[i]), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(outcome_of_body(limits.body_bytes, chunk_sizes[i]), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(outcome_of_body(limits.body_bytes + 1, chunk_sizes[i]), PROBLEM_BODY_TOO_LARGE);
    }
}

// A chunked body with just so many bytes of framing (chunk lines and the CRLF behind a chunk), in one extension or in zeros.
static enum problem outcome_of_framing(const struct http_limits *with, size_t framing, bool by_zeros) {
    struct buffer bytes = {0};
    buffer_append(&bytes, VIEW(CHUNKED));
    size_t rest = strlen("2;\r\n\r\n0\r\n");
    if (by_zeros) {
        memset(buffer_reserve(&bytes, framing), '0', framing - rest + 1);
        bytes.length += framing - rest + 1;
        buffer_append(&bytes, VIEW("2\r\n"));
    } else {
        buffer_append(&bytes, VIEW("2;"));
        append_fill(&bytes, framing - rest);
        buffer_append(&bytes, VIEW("\r\n"));
    }
    buffer_append(&bytes, VIEW("ab\r\n0\r\n\r\n"));
    return outcome_of_buffer(with, &bytes);
}

static void test_framing_limit(void) {
    const struct http_limits small = {.head_bytes = 100, .body_bytes = 20, .header_count = 4};
    for (int by_zeros = 0; by_zeros < 2; by_zeros++) {
        CU_ASSERT_EQUAL(outcome_of_framing(&small, 119, by_zeros), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(outcome_of_framing(&small, 120, by_zeros), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(outcome_of_framing(&small, 121, by_zeros), PROBLEM_BAD_REQUEST);
        CU_ASSERT_EQUAL(outcome_of_framing(&limits, limits.head_bytes + limits.body_bytes, by_zeros), PROBLEM_COUNT);
        CU_ASSERT_EQUAL(
            outcome_of_framing(&limits, limits.head_bytes + limits.body_bytes + 1, by_zeros), PROBLEM_BAD_REQUEST);
    }
    // Trailers have a limit of their own, that of a head.
    for (size_t over = 0; over < 2; over++) {
        struct buffer bytes = {0};
        buffer_append(&bytes, VIEW(CHUNKED "0\r\nX:"));
        append_fill(&bytes, small.head_bytes - strlen("X:\r\n\r\n") + over);
        buffer_append(&bytes, VIEW("\r\n\r\n"));
        CU_ASSERT_EQUAL(outcome_of_buffer(&small, &bytes), over == 0 ? PROBLEM_COUNT : PROBLEM_HEADERS_TOO_LARGE);
    }
}

int main(void) {
    CU_TestInfo tests[] = {
        {"lines, request lines and targets", test_lines},
        {"fields that are ambiguous or wrong", test_fields},
        {"chunks and trailers", test_chunks},
        {"stray bytes anywhere", test_stray_bytes},
        {"changed bytes in chunk lines", test_changed_chunk_bytes},
        {"the limit of a head, at, below, above", test_head_limit},
        {"endless input", test_endless_head},
        {"the limit of field lines", test_field_count_limit},
        {"the limit of a body", test_body_limit},
        {"the limits of chunk lines and trailers", test_framing_limit},
        CU_TEST_INFO_NULL,
    };
    return unit_run("HTTP refusals", tests);
}
