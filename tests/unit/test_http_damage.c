// The HTTP parser on damaged streams: random mutations of requests never crash it, never stall it, and are read alike
// however they are split. The seed is fixed.
#include "tests/unit/http_transcript.h"
#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER
#endif

enum {
#ifdef UNDER_SANITIZER
    ROUNDS = 60000
#else
    ROUNDS = 500000
#endif
};

// Small, so that mutations meet the limits.
static const struct http_limits limits = {.head_bytes = 200, .body_bytes = 40, .header_count = 6};

static const char *const seeds[] = {
    "GET /reviews/777/list?count=2&sort=newest HTTP/1.1\r\nHost: shop.example\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\nhello",
    "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\na;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
    "PUT /b HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
    "PUT /b HTTP/1.1\r\nHost: [::1]:80\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "GET http://h/a?b HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Server-Timing: 1\r\n\r\n",
};

// What is often between right and wrong.
static const char *const tokens[] = {
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "0",
    "5",
    "ffffffffffffffff",
    "0\r\n\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Host: h\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "GET ",
    "POST ",
    "*",
    "/",
    "?",
    "#",
    "%",
    "chunked",
    "\x80",
    "\"",
    "+",
    "-",
};

static void insert(struct buffer *bytes, size_t at, struct view text) {
    buffer_reserve(bytes, text.length);
    memmove(bytes->data + at + text.length, bytes->data + at, bytes->length - at);
    memcpy(bytes->data + at, text.data, text.length);
    bytes->length += text.length;
}

static void mutate(uint64_t *seed, struct buffer *bytes) {
    size_t at = random_below(seed, bytes->length);
    size_t length = 1 + random_below(seed, 12);
    length = length < bytes->length - at ? length : bytes->length - at;
    switch (random_below(seed, 5)) {
    case 0: bytes->data[at] = (char)random_next(seed); break;
    case 1: insert(bytes, at, view_of(tokens[random_below(seed, COUNT_OF(tokens))])); break;
    case 2: bytes->data[at] ^= (char)(1 << random_below(seed, 7)); break;
    case 3:
        memmove(bytes->data + at, bytes->data + at + length, bytes->length - at - length);
        bytes->length -= bytes->length > length ? length : 0;
        break;
    default: {
        char copy[16];
        memcpy(copy, bytes->data + at, length);
        insert(bytes, random_below(seed, bytes->length + 1), (struct view){copy, length});
    }
    }
}

// One to three requests, with up to five mutations.
static void make_stream(uint64_t *seed, struct buffer *bytes) {
    bytes->length = 0;
    for (size_t left = 1 + random_below(seed, 3); left > 0; left--) {
        buffer_append(bytes, view_of(seeds[random_below(seed, COUNT_OF(seeds))]));
    }
    for (size_t left = random_below(seed, 6); left > 0; left--) {
        mutate(seed, bytes);
    }
}

static void feed_at_random(struct transcript *transcript, uint64_t *seed, struct view bytes, size_t piece_max) {
    for (size_t at = 0; at < bytes.length;) {
        size_t length = 1 + random_below(seed, piece_max);
        length = length < bytes.length - at ? length : bytes.length - at;
        transcript_feed(transcript, (struct view){bytes.data + at, length});
        at += length;
    }
    transcript_end(transcript);
}

static void test_damage(void) {
    uint64_t seed = 7540113804746346429;
    struct buffer bytes = {0};
    unsigned differing = 0;
    unsigned requests = 0;
    unsigned failures = 0;
    for (int round = 0; round < ROUNDS; round++) {
        make_stream(&seed, &bytes);
        struct transcript whole;
        struct transcript split;
        transcript_open(&whole, &limits);
        transcript_open(&split, &limits);
        transcript_feed(&whole, buffer_view(&bytes));
        transcript_end(&whole);
        feed_at_random(&split, &seed, buffer_view(&bytes), (size_t)1 << random_below(&seed, 7));
        if (!view_equal(buffer_view(&whole.text), buffer_view(&split.text))) {
            differing++;
            fprintf(stderr, "\nround %d: %.*s\n", round, (int)bytes.length, bytes.data);
        }
        requests += whole.requests;
        failures += whole.failed;
        transcript_close(&whole);
        transcript_close(&split);
    }
    CU_ASSERT_EQUAL(differing, 0);
    // Both outcomes are common, or the mutations would test little.
    CU_ASSERT(requests > ROUNDS / 2);
    CU_ASSERT(failures > ROUNDS / 4);
    buffer_free(&bytes);
}

// Bytes without any sense.
static void test_noise(void) {
    uint64_t seed = 1181783497276652981;
    char bytes[300];
    for (int round = 0; round < ROUNDS / 10; round++) {
        random_fill(&seed, bytes, sizeof bytes);
        struct transcript transcript;
        transcript_open(&transcript, &limits);
        feed_at_random(&transcript, &seed, (struct view){bytes, sizeof bytes}, 40);
        CU_ASSERT(transcript.failed);
        transcript_close(&transcript);
    }
}

int main(void) {
    CU_TestInfo tests[] = {
        {"mutated streams are read alike however split", test_damage},
        {"noise", test_noise},
        CU_TEST_INFO_NULL,
    };
    return unit_run("HTTP damage", tests);
}
