// The HTTP parser on what it accepts: what it reads out of requests, and that splits and pipelines change nothing.
#include "tests/unit/http_transcript.h"
#include "tests/unit/random.h"
#include "tests/unit/unit.h"

static const struct http_limits limits = {.head_bytes = 16384, .body_bytes = 65536, .header_count = 100};

// Requests, each with what it must be read as.
static const struct {
    const char *bytes;
    const char *expected;
} samples[] = {
    {"GET /reviews/777/list?count=2&sort=newest HTTP/1.1\r\nHost: shop.example\r\n\r\n",
        "GET 1.1 keep path=/reviews/777/list query=count=2&sort=newest type=- body=-\nend"},
    {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET 1.1 path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n", "GET 1.1 path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close, foo\r\n\r\n", "GET 1.1 path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.1\r\nHost: h\r\nConnection: foo\r\nConnection: close\r\n\r\n",
        "GET 1.1 path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", "GET 1.1 keep path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.0\r\n\r\n", "GET 1.0 path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET 1.0 keep path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET 1.0 path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", "GET 1.1 keep path=/ query=- type=- body=-\nend"},
    {"GET / HTTP/1.9\r\nHost: h\r\n\r\n", "GET 1.1 keep path=/ query=- type=- body=-\nend"},
    {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET 1.1 keep path=/ query=- type=- body=-\nend"},
    {"\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET 1.1 keep path=/ query=- type=- body=-\nend"},
    {"HEAD /a%20b HTTP/1.1\r\nHost:h:8080\r\n\r\n", "HEAD 1.1 keep path=/a%20b query=- type=- body=-\nend"},
    {"GET /?a=/? HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "GET 1.1 keep path=/ query=a=/? type=- body=-\nend"},
    {"GET /a? HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET 1.1 keep path=/a query=- type=- body=-\nend"},
    {"GET http://shop.example/a/b?c=d HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET 1.1 keep path=/a/b query=c=d type=- body=-\nend"},
    {"GET HTTPS://shop.example:443/a HTTP/1.1\r\nHost: h\r\n\r\n", "GET 1.1 keep path=/a query=- type=- body=-\nend"},
    {"GET http://shop.example?c=d HTTP/1.1\r\nHost: h\r\n\r\n", "GET 1.1 keep path=/ query=c=d type=- body=-\nend"},
    {"GET http://shop.example HTTP/1.1\r\nHost: h\r\n\r\n", "GET 1.1 keep path=/ query=- type=- body=-\nend"},
    {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS 1.1 keep path=* query=- type=- body=-\nend"},
    {"OPTIONS /a HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS 1.1 keep path=/a query=- type=- body=-\nend"},
    {"DELETE /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi",
        "other 1.1 keep path=/a query=- type=- body=hi\nend"},
    {"TRACE /a HTTP/1.1\r\nHost: h\r\n\r\n", "other 1.1 keep path=/a query=- type=- body=-\nend"},
    {"PATCH /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "other 1.1 keep path=/a query=- type=- body=hi\nend"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Type:  application/json \t\r\nContent-Length: 5 \r\n\r\nhello",
        "POST 1.1 keep path=/a query=- type=application/json body=hello\nend"},
    {"POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Type: t\r\nContent-Length: 5\r\n\r\nhello",
        "POST 1.1 keep path=/a query=b=c type=t body=hello\nend"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Type:\r\nX:\r\ncontent-length:0\r\n\r\n",
        "POST 1.1 keep path=/a query=- type= body=-\nend"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nX-Server-Timing: 1\r\nContent-Length: 007\r\n\r\n\r\n\r\n\r\n!",
        "POST 1.1 keep timing path=/a query=- type=- body=\r\n\r\n\r\n!\nend"},
    {"GET /a HTTP/1.1\r\nHost: h\r\nx-server-timing: TRUE\r\nX: \x80\xff\t \"\r\n\r\n",
        "GET 1.1 keep timing path=/a query=- type=- body=-\nend"},
    {"GET /a HTTP/1.1\r\nHost: h\r\nX-Server-Timing: 0\r\n\r\n", "GET 1.1 keep path=/a query=- type=- body=-\nend"},
    {"POST /a HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "POST 1.0 path=/a query=- type=- body=abc\nend"},
    {"PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc",
        "PUT 1.1 keep expect path=/a query=- type=- body=abc\nend"},
    {"PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "PUT 1.1 keep expect path=/a query=- type=- body=-\nend"},
    {"PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n", "PUT 1.1 keep path=/a query=- type=- body=-\nend"},
    {"PUT /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        "PUT 1.0 path=/a query=- type=- body=x\nend"},
    {"GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET 1.1 keep path=/a query=- type=- body=-\nend"},
    {"GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
        "GET 1.1 keep path=/a query=- type=- body=-\nend"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 4\r\n\r\nbody",
        "POST 1.1 keep path=/a query=- type=- body=body\nend"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: upgrade\r\nTransfer-Encoding: Chunked\r\n\r\n"
     "4\r\nbody\r\n0\r\n\r\n",
        "POST 1.1 keep path=/a query=- type=- body=body\nend"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
     "1;k=v\r\na\r\n00a;z;q=\"v ;\tw\"\r\n0123456789\r\nB\r\nhello world\r\n000\r\n\r\n",
        "POST 1.1 keep path=/a query=- type=- body=a0123456789hello world\nend"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n"
     "2\r\n\r\n\r\n0;last\r\nX-Trailer: one\r\nContent-Length: 9\r\nY:\r\n\r\n",
        "POST 1.1 keep path=/a query=- type=a/b body=\r\n\nend"},
    {"POST /a HTTP/1.1\r\nHost: h\r\n", "incomplete"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell", "incomplete"},
    {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "incomplete"},
    {"\r\n", "end"},
    {"", "end"},
};

// Feeds the bytes in pieces that end at `cuts` (ascending).
static void feed_in_pieces(struct transcript *transcript, struct view bytes, const size_t *cuts, size_t cut_count) {
    size_t from = 0;
    for (size_t i = 0; i < cut_count; i++) {
        transcript_feed(transcript, (struct view){bytes.data + from, cuts[i] - from});
        from = cuts[i];
    }
    transcript_feed(transcript, (struct view){bytes.data + from, bytes.length - from});
    transcript_end(transcript);
}

static void feed_bytewise(struct transcript *transcript, struct view bytes) {
    for (size_t i = 0; i < bytes.length; i++) {
        transcript_feed(transcript, (struct view){bytes.data + i, 1});
    }
    transcript_end(transcript);
}

static void test_samples(void) {
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct transcript transcript;
        transcript_open(&transcript, &limits);
        feed_in_pieces(&transcript, view_of(samples[i].bytes), NULL, 0);
        bool is_equal = view_equal(buffer_view(&transcript.text), view_of(samples[i].expected));
        CU_ASSERT(is_equal);
        if (!is_equal) {
            fprintf(stderr, "\nsample %zu: %.*s\n", i, (int)transcript.text.length, transcript.text.data);
        }
        CU_ASSERT_EQUAL(transcript.continues, 0);
        transcript_close(&transcript);
    }
}

// Every sample cut in two, and in three, at every byte, and fed byte by byte.
static void test_splits(void) {
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct view bytes = view_of(samples[i].bytes);
        unsigned wrong = 0;
        for (size_t first = 0; first <= bytes.length; first++) {
            for (size_t second = first; second <= bytes.length; second++) {
                struct transcript transcript;
                transcript_open(&transcript, &limits);
                feed_in_pieces(&transcript, bytes, (size_t[]){first, second}, 2);
                wrong += !view_equal(buffer_view(&transcript.text), view_of(samples[i].expected));
                transcript_close(&transcript);
            }
        }
        struct transcript transcript;
        transcript_open(&transcript, &limits);
        feed_bytewise(&transcript, bytes);
        wrong += !view_equal(buffer_view(&transcript.text), view_of(samples[i].expected));
        transcript_close(&transcript);
        CU_ASSERT_EQUAL(wrong, 0);
    }
}

// 100 of the complete samples in one stream; *expected: what they are read as.
static void make_pipeline(uint64_t *seed, struct buffer *bytes, struct buffer *expected) {
    size_t complete = COUNT_OF(samples) - 5;
    for (int i = 0; i < 100; i++) {
        size_t sample = random_below(seed, complete);
        buffer_append(bytes, view_of(samples[sample].bytes));
        struct view text = view_of(samples[sample].expected);
        buffer_append(expected, (struct view){text.data, text.length - strlen("end")});
    }
    buffer_append(expected, VIEW("end"));
}

static int compare_sizes(const void *a, const void *b) {
    const size_t *left = a;
    const size_t *right = b;
    return (*left > *right) - (*left < *right);
}

static void test_pipelines(void) {
    uint64_t seed = 20240611;
    for (size_t round = 0; round < 300; round++) {
        struct buffer bytes = {0};
        struct buffer expected = {0};
        make_pipeline(&seed, &bytes, &expected);
        size_t cuts[64];
        size_t cut_count = round % (COUNT_OF(cuts) + 1);
        for (size_t i = 0; i < cut_count; i++) {
            cuts[i] = random_below(&seed, bytes.length + 1);
        }
        qsort(cuts, cut_count, sizeof cuts[0], compare_sizes);
        struct transcript transcript;
        transcript_open(&transcript, &limits);
        feed_in_pieces(&transcript, buffer_view(&bytes), cuts, cut_count);
        CU_ASSERT_EQUAL(transcript.requests, 100);
        CU_ASSERT(view_equal(buffer_view(&transcript.text), buffer_view(&expected)));
        transcript_close(&transcript);
        buffer_free(&bytes);
        buffer_free(&expected);
    }
}

// A request that came in one piece is not copied: its views lie in the input, and what follows it is left there.
static void test_in_place(void) {
    static const char bytes[] = "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Type: t\r\nContent-Length: 2\r\n\r\nhiGET /";
    struct http_parser parser;
    http_parser_init(&parser, &limits);
    struct view input = {bytes, sizeof bytes - 1};
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_REQUEST);
    CU_ASSERT_PTR_EQUAL(parser.request.path.data, bytes + 5);
    CU_ASSERT_PTR_EQUAL(parser.request.body.data, bytes + sizeof bytes - 1 - strlen("hiGET /"));
    CU_ASSERT_PTR_NULL(parser.head.data);
    CU_ASSERT_PTR_NULL(parser.body.data);
    CU_ASSERT(view_equal(input, VIEW("GET /")));
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_NEED_MORE);
    CU_ASSERT(http_parser_is_within_request(&parser));
    http_parser_free(&parser);
}

// CONTINUE comes once, and only if the body is still to come.
static void test_continue(void) {
    static const char head[] = "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    struct http_parser parser;
    http_parser_init(&parser, &limits);
    struct view input = VIEW(head);
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_CONTINUE);
    CU_ASSERT(http_parser_is_within_request(&parser));
    CU_ASSERT(view_equal(parser.request.path, VIEW("/a")));
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_NEED_MORE);
    input = VIEW("a");
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_NEED_MORE);
    input = VIEW("bc");
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_REQUEST);
    CU_ASSERT(view_equal(parser.request.path, VIEW("/a")));
    CU_ASSERT(view_equal(parser.request.body, VIEW("abc")));
    CU_ASSERT_FALSE(http_parser_is_within_request(&parser));
    http_parser_free(&parser);

    // How many there are when the stream is cut in two at each byte: one at the head's end, none elsewhere.
    static const char whole[] = "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc";
    for (size_t cut = 0; cut < sizeof whole; cut++) {
        struct transcript transcript;
        transcript_open(&transcript, &limits);
        feed_in_pieces(&transcript, VIEW(whole), &cut, 1);
        CU_ASSERT_EQUAL(transcript.continues, cut == sizeof head - 1);
        CU_ASSERT_EQUAL(transcript.requests, 1);
        transcript_close(&transcript);
    }
}

// An empty line is no part of a request; the first byte of a request line is.
static void test_within_request(void) {
    struct http_parser parser;
    http_parser_init(&parser, &limits);
    struct view input = VIEW("\r\n\r");
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_NEED_MORE);
    CU_ASSERT_FALSE(http_parser_is_within_request(&parser));
    input = VIEW("\nG");
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_NEED_MORE);
    CU_ASSERT(http_parser_is_within_request(&parser));
    input = VIEW("\n");
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_FAILED);
    CU_ASSERT_FALSE(http_parser_is_within_request(&parser));
    input = VIEW("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CU_ASSERT_EQUAL(http_parser_next(&parser, &input), PARSER_FAILED);
    CU_ASSERT_EQUAL(input.length, 0);
    http_parser_free(&parser);
}

#define METHOD_NAME(number, name, text) #text,
// Every method of llhttp's table: what routes know by its own name, CONNECT refused, the others METHOD_OTHER.
static void test_methods(void) {
    static const char *const names[] = {HTTP_METHOD_MAP(METHOD_NAME)};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct buffer bytes = {0};
        buffer_format(&bytes, "%s /a HTTP/1.1\r\nHost: h\r\n\r\n", names[i]);
        struct http_parser parser;
        http_parser_init(&parser, &limits);
        struct view input = buffer_view(&bytes);
        enum parser_event event = http_parser_next(&parser, &input);
        CU_ASSERT_EQUAL(event, strcmp(names[i], "CONNECT") == 0 ? PARSER_FAILED : PARSER_REQUEST);
        enum http_method known = METHOD_GET;
        while (known < METHOD_COUNT && strcmp(names[i], http_method_name(known)) != 0) {
            known++;
        }
        CU_ASSERT(event == PARSER_FAILED || parser.request.method == known);
        http_parser_free(&parser);
        buffer_free(&bytes);
    }
}

int main(void) {
    CU_TestInfo tests[] = {
        {"requests are read as what they are", test_samples},
        {"splits at every byte change nothing", test_splits},
        {"pipelines of 100 requests, split anywhere", test_pipelines},
        {"a request in one piece is read in place", test_in_place},
        {"100 (Continue) is due once, before the body", test_continue},
        {"what counts as within a request", test_within_request},
        {"every method", test_methods},
        CU_TEST_INFO_NULL,
    };
    return unit_run("HTTP parser", tests);
}
