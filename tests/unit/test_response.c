// response.c and problem.c: the bytes that clients see, for each kind of reply.
#include "proto/response.h"

#include "core/clock.h"
#include "proto/http_method.h"
#include "proto/operation.h"
#include "proto/reply.h"
#include "proto/reply_json.h"
#include "proto/timestamp.h"

#include "tests/unit/random.h"
#include "tests/unit/sample_review.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <json-c/json.h>

#define DATE "Date: Tue, 24 Nov 2026 07:00:00 GMT\r\n"
#define NOSNIFF "X-Content-Type-Options: nosniff\r\n"
#define CORS                                                                                                           \
    "Access-Control-Allow-Origin: *\r\n"                                                                               \
    "Access-Control-Expose-Headers: Location, Retry-After, Server-Timing\r\n"
#define COMMON DATE NOSNIFF CORS
#define SAMPLE_JSON                                                                                                    \
    "{\"review_id\":814743558,\"rating\":4,\"summary\":\"Good\",\"recommend\":1,\"response\":\"Thank you!\","          \
    "\"body\":\"Warm, and it \\\"fits\\\".\\n\",\"date\":\"2024-12-26T10:12:05.740Z\",\"reviewer_name\":\"Zoë\","     \
    "\"helpfulness\":197,"                                                                                             \
    "\"photos\":[{\"url\":\"https://example.com/a.jpg\",\"thumbnail_url\":\"https://example.com/a.jpg\"}]}"
#define BARE_JSON                                                                                                      \
    "{\"review_id\":1048577,\"rating\":1,\"summary\":\"\",\"recommend\":0,\"response\":null,\"body\":\"b\","           \
    "\"date\":\"1970-01-01T00:00:00.000Z\",\"reviewer_name\":\"n\",\"helpfulness\":0,\"photos\":[]}"

static int64_t now_s(void) {
    int64_t ms;
    return timestamp_parse(VIEW("2026-11-24T07:00:00Z"), &ms) ? ms / 1000 : 0;
}

// A rendered response; free it with response_free.
struct response {
    int status;
    struct buffer text;
};

static struct response render_with(const char *cors_origin, const struct message *reply) {
    struct response_renderer renderer = {.cors_origin = view_of(cors_origin)};
    struct response response = {0};
    response_set_date(&renderer, now_s());
    buffer_append(&response.text, VIEW("before"));
    response.status = response_render(&renderer, &response.text, reply);
    CU_ASSERT_FATAL(response.text.length >= 6 && memcmp(response.text.data, "before", 6) == 0);
    buffer_consume(&response.text, 6);
    response_renderer_free(&renderer);
    return response;
}

static void response_free(struct response *response) {
    buffer_free(&response->text);
}

static void check_text(struct view text, const char *expected) {
    if (!view_equal(text, view_of(expected))) {
        fprintf(stderr, "expected:\n%s\nfound:\n%.*s\n", expected, (int)text.length, text.data);
        CU_FAIL("the response is another");
    }
}

// Renders and frees the reply and compares all of the response.
static void check_response(struct message *reply, uint16_t flags, int status, const char *expected) {
    reply->flags = flags;
    struct response response = render_with("*", reply);
    CU_ASSERT_EQUAL(response.status, status);
    check_text(buffer_view(&response.text), expected);
    response_free(&response);
    message_free(reply);
}

// The same for a response with a body: `head` is expected to be followed by the right Content-Length.
static void check_body(struct message *reply, uint16_t flags, int status, const char *head, const char *body) {
    struct buffer expected = {0};
    buffer_format(&expected, "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
    buffer_append(&expected, VIEW("\0"));
    check_response(reply, flags, status, expected.data);
    buffer_free(&expected);
}

static struct message *list_reply(uint32_t results) {
    struct message *reply = message_new(0);
    struct review reviews[] = {sample_review(), sample_bare_review()};
    struct buffer body = {0};
    reply_json_list_begin(&body, &(struct list_request){.product_id = 777, .page = 3, .count = 5});
    for (uint32_t i = 0; i < results; i++) {
        reply_json_list_add(&body, &reviews[i % 2], i == 0);
    }
    reply_json_list_end(&body);
    reply_pack_body(&reply, buffer_view(&body));
    buffer_free(&body);
    return reply;
}

static struct message *review_reply(enum reply_kind kind, const struct review *review) {
    struct message *reply = message_new(0);
    reply_pack_kind(&reply, kind);
    reply_pack_review(&reply, review);
    return reply;
}

static struct message *plain_reply(enum reply_kind kind) {
    struct message *reply = message_new(0);
    reply_pack_kind(&reply, kind);
    return reply;
}

static void test_list(void) {
    check_body(list_reply(2), 0, 200,
        "HTTP/1.1 200 OK\r\n" COMMON "Content-Type: application/json\r\nCache-Control: no-cache\r\n",
        "{\"product\":777,\"page\":3,\"count\":5,\"results\":[" SAMPLE_JSON "," BARE_JSON "]}");
    check_body(list_reply(0), 0, 200,
        "HTTP/1.1 200 OK\r\n" COMMON "Content-Type: application/json\r\nCache-Control: no-cache\r\n",
        "{\"product\":777,\"page\":3,\"count\":5,\"results\":[]}");
}

static void test_meta(void) {
    struct review_meta meta = {777, {5, 11, 5, 7, 2}, {12, 18}, {42, 0, 0, 2, 0, 5}, {11, 0, 0, 3, 0, 1}};
    struct message *reply = message_new(0);
    reply_pack_meta(&reply, &meta);
    check_body(reply, 0, 200,
        "HTTP/1.1 200 OK\r\n" COMMON "Content-Type: application/json\r\nCache-Control: no-cache\r\n",
        "{\"product_id\":\"777\",\"ratings\":{\"1\":5,\"2\":11,\"3\":5,\"4\":7,\"5\":2},\"recommended\":{\"0\":12,\"1\":18},"
        "\"characteristics\":{\"Fit\":{\"id\":0,\"value\":\"3.8182\"},\"Quality\":{\"id\":3,\"value\":\"0.6667\"},"
        "\"Size\":{\"id\":5,\"value\":\"5.0000\"}}}");
    reply = message_new(0);
    reply_pack_meta(&reply, &(struct review_meta){.product_id = PRODUCT_ID_MAX});
    check_body(reply, 0, 200,
        "HTTP/1.1 200 OK\r\n" COMMON "Content-Type: application/json\r\nCache-Control: no-cache\r\n",
        "{\"product_id\":\"2147483647\",\"ratings\":{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0},\"recommended\":{\"0\":0,\"1\":0},"
        "\"characteristics\":{}}");
}

static void test_review(void) {
    struct review review = sample_review();
    check_body(review_reply(REPLY_REVIEW, &review), 0, 200,
        "HTTP/1.1 200 OK\r\n" COMMON "Content-Type: application/json\r\nCache-Control: no-cache\r\n", SAMPLE_JSON);
    check_body(review_reply(REPLY_CREATED, &review), 0, 201,
        "HTTP/1.1 201 Created\r\n" COMMON "Location: /reviews/777/814743558\r\nContent-Type: application/json\r\n",
        SAMPLE_JSON);
}

static void test_no_content(void) {
    check_response(plain_reply(REPLY_DONE), 0, 204, "HTTP/1.1 204 No Content\r\n" COMMON "\r\n");
    check_response(plain_reply(REPLY_DONE), MESSAGE_HEAD, 204, "HTTP/1.1 204 No Content\r\n" COMMON "\r\n");
}

static void test_continue(void) {
    check_response(plain_reply(REPLY_CONTINUE), 0, 100, "HTTP/1.1 100 Continue\r\n\r\n");
    check_response(plain_reply(REPLY_CONTINUE), MESSAGE_CLOSE | MESSAGE_TIMING, 100, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void test_connection_field(void) {
    check_response(
        plain_reply(REPLY_DONE), MESSAGE_CLOSE, 204, "HTTP/1.1 204 No Content\r\n" COMMON "Connection: close\r\n\r\n");
    check_response(plain_reply(REPLY_DONE), MESSAGE_KEEP_ALIVE_10, 204,
        "HTTP/1.1 204 No Content\r\n" COMMON "Connection: keep-alive\r\n\r\n");
    check_response(plain_reply(REPLY_DONE), MESSAGE_KEEP_ALIVE_10 | MESSAGE_CLOSE, 204,
        "HTTP/1.1 204 No Content\r\n" COMMON "Connection: close\r\n\r\n");
}

static void test_options(void) {
    struct message *reply = message_new(0);
    reply_pack_options(&reply, 1U << METHOD_GET | 1U << METHOD_HEAD | 1U << METHOD_OPTIONS);
    struct response response = render_with("", reply);
    CU_ASSERT_EQUAL(response.status, 204);
    check_text(
        buffer_view(&response.text), "HTTP/1.1 204 No Content\r\n" DATE NOSNIFF "Allow: GET, HEAD, OPTIONS\r\n\r\n");
    response_free(&response);
    check_response(reply, 0, 204,
        "HTTP/1.1 204 No Content\r\n" COMMON "Allow: GET, HEAD, OPTIONS\r\n"
        "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
        "Access-Control-Allow-Headers: Content-Type, X-Server-Timing\r\nAccess-Control-Max-Age: 86400\r\n\r\n");
}

static void test_one_origin(void) {
    struct message *reply = plain_reply(REPLY_DONE);
    struct response response = render_with("https://shop.example", reply);
    check_text(buffer_view(&response.text),
        "HTTP/1.1 204 No Content\r\n" DATE NOSNIFF "Access-Control-Allow-Origin: https://shop.example\r\n"
        "Access-Control-Expose-Headers: Location, Retry-After, Server-Timing\r\nVary: Origin\r\n\r\n");
    response_free(&response);
    message_free(reply);
}

static void test_problems(void) {
    struct message *reply = message_new(0);
    reply_pack_problem(&reply, PROBLEM_NOT_FOUND, VIEW("There is no \"such\" review."), 0, 0, NULL);
    check_body(reply, 0, 404,
        "HTTP/1.1 404 Not Found\r\n" COMMON "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n",
        "{\"type\":\"/problems/not-found\",\"title\":\"Not found\",\"status\":404,\"detail\":\"There is no \\\"such\\\" review.\"}");
    reply = message_new(0);
    reply_pack_problem(
        &reply, PROBLEM_METHOD_NOT_ALLOWED, VIEW("No."), 1U << METHOD_PUT | 1U << METHOD_OPTIONS, 0, NULL);
    check_body(reply, 0, 405,
        "HTTP/1.1 405 Method Not Allowed\r\n" COMMON "Allow: PUT, OPTIONS\r\n"
        "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n",
        "{\"type\":\"/problems/method-not-allowed\",\"title\":\"Method not allowed\",\"status\":405,\"detail\":\"No.\"}");
    reply = message_new(0);
    reply_pack_problem(&reply, PROBLEM_OVERLOADED, VIEW("Later."), 0, 7, NULL);
    check_body(reply, MESSAGE_CLOSE, 503,
        "HTTP/1.1 503 Service Unavailable\r\n" COMMON "Connection: close\r\nRetry-After: 7\r\n"
        "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n",
        "{\"type\":\"/problems/overloaded\",\"title\":\"Overloaded\",\"status\":503,\"detail\":\"Later.\"}");
}

static void test_wrong_fields(void) {
    struct field_errors errors = {2, {{"rating", "is required"}, {"photos[2]", "must be a \"URL\""}}};
    struct message *reply = message_new(0);
    reply_pack_problem(&reply, PROBLEM_INVALID_FIELDS, VIEW("Two."), 0, 0, &errors);
    check_body(reply, 0, 422,
        "HTTP/1.1 422 Unprocessable Content\r\n" COMMON
        "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n",
        "{\"type\":\"/problems/invalid-fields\",\"title\":\"Invalid fields\",\"status\":422,\"detail\":\"Two.\",\"errors\":["
        "{\"field\":\"rating\",\"detail\":\"is required\"},{\"field\":\"photos[2]\",\"detail\":\"must be a \\\"URL\\\"\"}]}");
}

// Each problem has a slug made of its name, a title, and a status line of its status.
static void test_every_problem(void) {
    static const char *const names[] = {
#define PROBLEM(name, status, slug, title) #name,
#include "proto/problem.def"
#undef PROBLEM
    };
    for (int problem = 0; problem < PROBLEM_COUNT; problem++) {
        char slug[64] = {0};
        for (size_t i = 0; names[problem][i] != 0; i++) {
            slug[i] = names[problem][i] == '_' ? '-' : (char)tolower((unsigned char)names[problem][i]);
        }
        CU_ASSERT_STRING_EQUAL(problem_slug((enum problem)problem), slug);
        CU_ASSERT(strlen(problem_title((enum problem)problem)) > 0);
        struct message *reply = message_new(0);
        reply_pack_problem(&reply, (enum problem)problem, VIEW("Why."), 0, 0, NULL);
        struct response response = render_with("*", reply);
        char line[16];
        snprintf(line, sizeof line, "HTTP/1.1 %d ", problem_status((enum problem)problem));
        CU_ASSERT_EQUAL(response.status, problem_status((enum problem)problem));
        CU_ASSERT_EQUAL(strncmp(response.text.data, line, strlen(line)), 0);
        response_free(&response);
        message_free(reply);
    }
}

// Where the body begins; 0 if the head has no end.
static size_t head_length(const struct buffer *text) {
    const char *end = memmem(text->data, text->length, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - text->data) + 4;
}

// The value of Content-Length, or -1.
static long content_length(const struct buffer *text) {
    const char *field = memmem(text->data, text->length, "\r\nContent-Length: ", 18);
    char digits[16] = "-1"; // terminated, as the text is not
    if (field != NULL) {
        const char *first = field + 18;
        size_t left = (size_t)(text->data + text->length - first);
        memcpy(digits, first, left < sizeof digits - 1 ? left : sizeof digits - 1);
    }
    return strtol(digits, NULL, 10);
}

// HEAD has the head of GET and nothing else. Frees the reply.
static void check_head_of(struct message *reply) {
    struct response get = render_with("*", reply);
    reply->flags = MESSAGE_HEAD;
    struct response head = render_with("*", reply);
    size_t length = head_length(&get.text);
    CU_ASSERT_EQUAL(head.status, get.status);
    CU_ASSERT(length > 0 && length < get.text.length);
    CU_ASSERT_EQUAL(content_length(&get.text), (long)(get.text.length - length));
    CU_ASSERT(view_equal(buffer_view(&head.text), (struct view){get.text.data, length}));
    response_free(&get);
    response_free(&head);
    message_free(reply);
}

static void test_head(void) {
    struct review review = sample_review();
    check_head_of(list_reply(0));
    check_head_of(list_reply(2));
    check_head_of(list_reply(100));
    check_head_of(review_reply(REPLY_REVIEW, &review));
    struct message *reply = message_new(0);
    reply_pack_meta(&reply, &(struct review_meta){.product_id = 1});
    check_head_of(reply);
    reply = message_new(0);
    reply_pack_problem(&reply, PROBLEM_NOT_FOUND, VIEW("No such review."), 0, 0, NULL);
    check_head_of(reply);
}

// Bodies whose length has more, as many, or fewer digits than one would guess from the payload.
static void test_content_length_of_any_size(void) {
    static char text[200000];
    unsigned wrong = 0;
    for (size_t length = 0; length < sizeof text; length += 1 + length / 7) {
        for (int is_escaped = 0; is_escaped < 2; is_escaped++) {
            memset(text, is_escaped ? 1 : 'x', sizeof text);
            struct review review = sample_bare_review();
            review.body = (struct view){text, length};
            struct message *reply = review_reply(REPLY_REVIEW, &review);
            struct response response = render_with("*", reply);
            size_t head = head_length(&response.text);
            size_t expected = strlen(BARE_JSON) - 1 + length * (is_escaped ? 6 : 1);
            wrong += content_length(&response.text) != (long)expected;
            wrong += response.text.length != head + expected || response.text.data[head] != '{' ||
                     response.text.data[response.text.length - 1] != '}';
            response_free(&response);
            check_head_of(reply);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

// Renders the reply, which asks for its times; the value of one of them in milliseconds, or -1.
static double time_of(struct message *reply, const char *name) {
    struct response response = render_with("*", reply);
    buffer_append(&response.text, VIEW("\0"));
    const char *field = strstr(response.text.data, "\r\nServer-Timing: ");
    const char *value = field == NULL ? NULL : strstr(field, name);
    double ms = value == NULL ? -1 : strtod(value + strlen(name), NULL);
    response_free(&response);
    return ms;
}

static void test_timing(void) {
    struct message *reply = plain_reply(REPLY_DONE);
    uint64_t now_ns = clock_now_ns();
    reply->flags = MESSAGE_TIMING;
    reply->accepted_ns = now_ns - 1500 * NS_PER_MS;
    reply->asked_ns = now_ns - 1450 * NS_PER_MS;
    reply->enqueued_ns = now_ns - 400 * NS_PER_MS;
    CU_ASSERT_DOUBLE_EQUAL(time_of(reply, " queue;dur="), 50, 0.001);
    CU_ASSERT_DOUBLE_EQUAL(time_of(reply, ", db;dur="), 1050, 0.001);
    CU_ASSERT(time_of(reply, ", render;dur=") >= 400);
    CU_ASSERT(time_of(reply, ", total;dur=") >= 1500 && time_of(reply, ", total;dur=") < 60000);
    reply->asked_ns = 0;                            // PostgreSQL was not asked
    reply->enqueued_ns = clock_now_ns() + NS_PER_S; // a clock that goes back gives 0
    CU_ASSERT_EQUAL(time_of(reply, "queue;dur="), -1);
    CU_ASSERT_EQUAL(time_of(reply, "db;dur="), -1);
    CU_ASSERT_EQUAL(time_of(reply, " render;dur="), 0);
    CU_ASSERT(time_of(reply, ", total;dur=") >= 1500);
    message_free(reply);
}

static void test_dates(void) {
    static const struct {
        const char *iso;
        const char *http;
    } cases[] = {{"1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"},
        {"2026-11-24T07:00:00Z", "Tue, 24 Nov 2026 07:00:00 GMT"},
        {"2038-01-19T03:14:08Z", "Tue, 19 Jan 2038 03:14:08 GMT"}};
    struct response_renderer renderer = {0};
    struct message *reply = plain_reply(REPLY_DONE);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = -1;
        CU_ASSERT(timestamp_parse(view_of(cases[i].iso), &ms));
        response_set_date(&renderer, ms / 1000);
        struct buffer out = {0};
        char expected[128];
        CU_ASSERT_EQUAL(response_render(&renderer, &out, reply), 204);
        snprintf(expected, sizeof expected, "HTTP/1.1 204 No Content\r\nDate: %s\r\n" NOSNIFF "\r\n", cases[i].http);
        check_text(buffer_view(&out), expected);
        buffer_free(&out);
    }
    message_free(reply);
    response_renderer_free(&renderer);
}

// Renders and frees the reply, which must come out as the problem "internal".
static void check_unreadable(struct message *reply) {
    check_body(reply, 0, 500,
        "HTTP/1.1 500 Internal Server Error\r\n" COMMON
        "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n",
        "{\"type\":\"/problems/internal\",\"title\":\"Internal error\",\"status\":500,"
        "\"detail\":\"The answer could not be read.\"}");
}

static void test_unreadable_payloads(void) {
    check_unreadable(message_new(0));
    check_unreadable(plain_reply(REPLY_KIND_COUNT));
    check_unreadable(plain_reply(REPLY_BODY));
    check_unreadable(plain_reply(REPLY_PROBLEM));
    struct message *reply = plain_reply(REPLY_DONE);
    message_append(&reply, "x", 1);
    check_unreadable(reply);
    uint32_t length = 1;
    for (uint32_t cut = 0; cut < length; cut++) {
        reply = list_reply(2);
        length = reply->length;
        reply->length = cut;
        check_unreadable(reply);
    }
    CU_ASSERT(length > 100);
}

// Whatever the payload, the response is one whole response of the status that is told.
static void test_mangled_payloads(void) {
    struct review review = sample_review();
    struct field_errors errors = {1, {{"rating", "is required"}}};
    struct message *replies[5] = {
        list_reply(2), review_reply(REPLY_CREATED, &review), message_new(0), message_new(0), message_new(0)};
    reply_pack_meta(&replies[2], &(struct review_meta){.product_id = 1, .characteristic_count = {1}});
    reply_pack_problem(&replies[3], PROBLEM_INVALID_FIELDS, VIEW("d"), 31, 9, &errors);
    reply_pack_options(&replies[4], 3);
    uint64_t random = 8;
    unsigned wrong = 0;
    unsigned unreadable = 0;
    for (int round = 0; round < 50000; round++) {
        struct message *original = replies[round % 5];
        struct message *reply = message_new(0);
        message_append(&reply, original->payload, original->length);
        for (size_t changes = random_below(&random, 4); changes > 0; changes--) {
            reply->payload[random_below(&random, reply->length)] = (char)random_next(&random);
        }
        struct response response = render_with("*", reply);
        char line[16];
        snprintf(line, sizeof line, "HTTP/1.1 %d ", response.status);
        size_t head = head_length(&response.text);
        long length = content_length(&response.text);
        wrong += strncmp(response.text.data, line, strlen(line)) != 0 || head == 0;
        wrong += length >= 0 ? head + (size_t)length != response.text.length : head != response.text.length;
        unreadable += response.status == 500;
        response_free(&response);
        message_free(reply);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(unreadable > 100 && unreadable < 50000);
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        message_free(replies[i]);
    }
}

// The bodies are JSON that json-c reads back.
static void test_bodies_are_json(void) {
    struct message *reply = list_reply(100);
    struct response response = render_with("*", reply);
    buffer_append(&response.text, VIEW("\0"));
    struct json_object *list = json_tokener_parse(response.text.data + head_length(&response.text));
    struct json_object *results = json_object_object_get(list, "results");
    CU_ASSERT_EQUAL(json_object_array_length(results), 100);
    struct json_object *review = json_object_array_get_idx(results, 98);
    CU_ASSERT_STRING_EQUAL(json_object_get_string(json_object_object_get(review, "body")), "Warm, and it \"fits\".\n");
    CU_ASSERT_EQUAL(json_object_array_length(json_object_object_get(review, "photos")), 1);
    json_object_put(list);
    response_free(&response);
    message_free(reply);
}

static bool has_line(const char *text, const char *before, const char *value, const char *after) {
    char line[128];
    snprintf(line, sizeof line, "\n%s%s%s\n", before, value, after);
    return strstr(text, line) != NULL;
}

// openapi.yaml has every problem and every route, and the version.
static void test_the_description(void) {
    static const char *const patterns[] = {
#define ROUTE(method, pattern, operation) pattern,
#include "proto/route.def"
#undef ROUTE
    };
    static char text[65536];
    FILE *file = fopen(SOURCE_DIR "/proto/openapi.yaml", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    CU_ASSERT_EQUAL(fclose(file), 0);
    for (int problem = 0; problem < PROBLEM_COUNT; problem++) {
        CU_ASSERT(has_line(text, "            - /problems/", problem_slug((enum problem)problem), ""));
    }
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        CU_ASSERT(has_line(text, "  ", patterns[i], ":"));
    }
    CU_ASSERT(has_line(text, "  version: ", REVIEWD_VERSION, ""));
}

int main(void) {
    CU_TestInfo tests[] = {
        {"a list", test_list},
        {"totals", test_meta},
        {"one review", test_review},
        {"no content", test_no_content},
        {"100 (Continue)", test_continue},
        {"Connection", test_connection_field},
        {"OPTIONS", test_options},
        {"one origin", test_one_origin},
        {"problems", test_problems},
        {"wrong fields", test_wrong_fields},
        {"every problem", test_every_problem},
        {"openapi.yaml", test_the_description},
        {"HEAD", test_head},
        {"Content-Length of any size", test_content_length_of_any_size},
        {"Server-Timing", test_timing},
        {"dates", test_dates},
        {"unreadable payloads", test_unreadable_payloads},
        {"mangled payloads", test_mangled_payloads},
        {"bodies are JSON", test_bodies_are_json},
        CU_TEST_INFO_NULL,
    };
    return unit_run("response", tests);
}
