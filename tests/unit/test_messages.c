// request.c and reply.c: what is packed is read back, whatever its values, and no other bytes are taken for it.
#include "proto/http_method.h"
#include "proto/reply.h"
#include "proto/request.h"
#include "proto/timestamp.h"

#include "tests/unit/random.h"
#include "tests/unit/sample_review.h"
#include "tests/unit/unit.h"

typedef bool payload_reader(struct view payload);

static bool reads_list(struct view payload) {
    struct list_request request;
    return request_unpack_list(payload, &request);
}

static bool reads_key(struct view payload) {
    struct key_request request;
    return request_unpack_key(payload, &request);
}

static bool reads_add(struct view payload) {
    struct add_request request;
    return request_unpack_add(payload, &request);
}

// Reads any reply whole, as a writer would.
static bool reads_reply(struct view payload) {
    struct msgpack_reader reader;
    struct review_meta meta;
    struct review review;
    struct reply_problem problem;
    struct view field, detail;
    msgpack_reader_init(&reader, payload);
    switch (reply_read_kind(&reader)) {
    case REPLY_BODY: (void)reply_read_body(&reader); break;
    case REPLY_REVIEW:
    case REPLY_CREATED: reply_read_review(&reader, &review); break;
    case REPLY_META: reply_read_meta(&reader, &meta); break;
    case REPLY_OPTIONS: (void)reply_read_options(&reader); break;
    case REPLY_FILE: {
        bool is_known;
        (void)reply_read_file(&reader, &is_known);
        break;
    }
    case REPLY_PROBLEM:
        reply_read_problem(&reader, &problem);
        for (uint32_t i = 0; i < problem.errors; i++) {
            reply_read_field_error(&reader, &field, &detail);
        }
        break;
    default: break;
    }
    return msgpack_reader_done(&reader);
}

// Reads a copy in memory of exactly that size, so that a sanitizer sees every byte read too far.
static bool reads_copy(payload_reader *read, const char *bytes, size_t length) {
    char *copy = malloc(length + (length == 0));
    memcpy(copy, bytes, length);
    bool good = read((struct view){copy, length});
    free(copy);
    return good;
}

// The message is read whole, but no beginning of it, nor with something behind it; with bytes changed it may be read or
// not. Frees the message.
static void check_message(struct message *message, payload_reader *read) {
    unsigned wrong = 0;
    CU_ASSERT(reads_copy(read, message->payload, message->length));
    for (uint32_t cut = 0; cut < message->length; cut++) {
        wrong += reads_copy(read, message->payload, cut);
    }
    uint64_t random = 6;
    for (int round = 0; round < 20000; round++) {
        size_t place = random_below(&random, message->length);
        char before = message->payload[place];
        message->payload[place] = (char)random_next(&random);
        (void)reads_copy(read, message->payload, message->length);
        if (round % 4 != 0) { // otherwise changes add up
            message->payload[place] = before;
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    message_free(message);
}

static void check_with_rest(struct message *message, payload_reader *read) {
    struct message *longer = message_new(0);
    message_append(&longer, message->payload, message->length);
    message_append(&longer, "\x00", 1);
    CU_ASSERT_FALSE(reads_copy(read, longer->payload, longer->length));
    message_free(longer);
    check_message(message, read);
}

static void test_list_request(void) {
    static const struct list_request requests[] = {
        {1, 1, 0, SORT_RELEVANT}, {777, 5, 3, SORT_NEWEST}, {PRODUCT_ID_MAX, 100, 9999, SORT_HELPFUL}};
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct message *message = message_new(0);
        struct list_request read = {0};
        request_pack_list(&message, &requests[i]);
        CU_ASSERT(request_unpack_list(message_payload(message), &read));
        CU_ASSERT_EQUAL(read.product_id, requests[i].product_id);
        CU_ASSERT_EQUAL(read.count, requests[i].count);
        CU_ASSERT_EQUAL(read.page, requests[i].page);
        CU_ASSERT_EQUAL(read.sort, requests[i].sort);
        CU_ASSERT_FALSE(reads_key(message_payload(message)));
        CU_ASSERT_FALSE(reads_add(message_payload(message)));
        check_with_rest(message, reads_list);
    }
}

static void test_wrong_list_requests(void) {
    static const struct list_request requests[] = {{0, 1, 0, SORT_NEWEST}, {-1, 1, 0, SORT_NEWEST},
        {1, 0, 0, SORT_NEWEST}, {1, -1, 0, SORT_NEWEST}, {1, 1, -1, SORT_NEWEST}, {1, 1, 0, SORT_COUNT}};
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct message *message = message_new(0);
        request_pack_list(&message, &requests[i]);
        CU_ASSERT_FALSE(reads_list(message_payload(message)));
        message_free(message);
    }
}

static void test_key_request(void) {
    static const struct key_request requests[] = {{1, 0}, {777, 814743582}, {PRODUCT_ID_MAX, REVIEW_ID_MAX}};
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct message *message = message_new(0);
        struct key_request read = {0};
        request_pack_key(&message, &requests[i]);
        CU_ASSERT(request_unpack_key(message_payload(message), &read));
        CU_ASSERT_EQUAL(read.product_id, requests[i].product_id);
        CU_ASSERT_EQUAL(read.review_id, requests[i].review_id);
        check_with_rest(message, reads_key);
    }
    static const struct key_request wrong[] = {{0, 1}, {1, -1}, {1, REVIEW_ID_MAX + 1}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct message *message = message_new(0);
        request_pack_key(&message, &wrong[i]);
        CU_ASSERT_FALSE(reads_key(message_payload(message)));
        message_free(message);
    }
}

static struct add_request sample_add(void) {
    return (struct add_request){.product_id = 777,
        .rating = 5,
        .characteristics = 0x3FFFF,
        .recommend = true,
        .created_ms = TIMESTAMP_MAX_MS,
        .summary = VIEW("s"),
        .body = VIEW("body \0 with all bytes \xFF"),
        .reviewer_name = VIEW("name"),
        .email = VIEW("a@b"),
        .photos = VIEW("[]")};
}

static bool adds_equal(const struct add_request *a, const struct add_request *b) {
    return a->product_id == b->product_id && a->rating == b->rating && a->characteristics == b->characteristics &&
           a->recommend == b->recommend && a->created_ms == b->created_ms && view_equal(a->summary, b->summary) &&
           view_equal(a->body, b->body) && view_equal(a->reviewer_name, b->reviewer_name) &&
           view_equal(a->email, b->email) && view_equal(a->photos, b->photos) &&
           (a->photos.data == NULL) == (b->photos.data == NULL);
}

static void test_add_request(void) {
    static char long_body[8000];
    memset(long_body, 'x', sizeof long_body);
    struct add_request requests[3] = {sample_add(), sample_add(), sample_add()};
    requests[1] = (struct add_request){.product_id = 1,
        .rating = 1,
        .summary = VIEW(""),
        .body = VIEW("b"),
        .reviewer_name = VIEW("n"),
        .email = VIEW("e@e")};
    requests[2].body = (struct view){long_body, sizeof long_body};
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct message *message = message_new(0);
        struct add_request read = {0};
        request_pack_add(&message, &requests[i]);
        CU_ASSERT(request_unpack_add(message_payload(message), &read));
        CU_ASSERT(adds_equal(&read, &requests[i]));
        check_with_rest(message, reads_add);
    }
}

static bool add_is_refused(const struct add_request *request) {
    struct message *message = message_new(0);
    request_pack_add(&message, request);
    bool is_read = reads_add(message_payload(message));
    message_free(message);
    return !is_read;
}

static void test_wrong_add_requests(void) {
#define REFUSED(member, value)                                                                                         \
    do {                                                                                                               \
        struct add_request request = sample_add();                                                                     \
        request.member = (value);                                                                                      \
        CU_ASSERT(add_is_refused(&request));                                                                           \
    } while (0)
    const struct view absent = {0};
    REFUSED(product_id, 0);
    REFUSED(rating, 0);
    REFUSED(rating, 6);
    REFUSED(characteristics, -1);
    REFUSED(characteristics, 0x40000);
    REFUSED(created_ms, -1);
    REFUSED(created_ms, TIMESTAMP_MAX_MS + 1);
    REFUSED(summary, absent);
    REFUSED(body, absent);
    REFUSED(reviewer_name, absent);
    REFUSED(email, absent);
#undef REFUSED
}

static bool reviews_equal(const struct review *a, const struct review *b) {
    return a->review_id == b->review_id && a->created_ms == b->created_ms && a->rating == b->rating &&
           a->helpfulness == b->helpfulness && a->recommend == b->recommend && view_equal(a->summary, b->summary) &&
           view_equal(a->body, b->body) && view_equal(a->response, b->response) &&
           (a->response.data == NULL) == (b->response.data == NULL) && view_equal(a->reviewer_name, b->reviewer_name) &&
           view_equal(a->photos, b->photos) && (a->photos.data == NULL) == (b->photos.data == NULL);
}

static void test_body_reply(void) {
    struct message *message = message_new(0);
    reply_pack_body(&message, VIEW("{\"product\":777}"));
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, message_payload(message));
    CU_ASSERT_EQUAL(reply_read_kind(&reader), REPLY_BODY);
    CU_ASSERT(view_equal(reply_read_body(&reader), VIEW("{\"product\":777}")));
    CU_ASSERT(msgpack_reader_done(&reader));
    check_with_rest(message, reads_reply);
}

static void test_review_reply(void) {
    struct review reviews[3] = {sample_review(), sample_bare_review(), sample_review()};
    reviews[2].review_id = REVIEW_ID_MAX;
    reviews[2].created_ms = TIMESTAMP_MAX_MS;
    reviews[2].helpfulness = INT32_MAX;
    reviews[2].response = VIEW("");
    for (size_t i = 0; i < COUNT_OF(reviews); i++) {
        struct message *message = message_new(0);
        struct msgpack_reader reader;
        struct review read;
        reply_pack_kind(&message, REPLY_REVIEW);
        reply_pack_review(&message, &reviews[i]);
        msgpack_reader_init(&reader, message_payload(message));
        CU_ASSERT_EQUAL(reply_read_kind(&reader), REPLY_REVIEW);
        reply_read_review(&reader, &read);
        CU_ASSERT(reviews_equal(&read, &reviews[i]));
        CU_ASSERT(msgpack_reader_done(&reader));
        check_with_rest(message, reads_reply);
    }
}

static void test_wrong_reviews(void) {
#define REFUSED(member, value)                                                                                         \
    do {                                                                                                               \
        struct message *message = message_new(0);                                                                      \
        struct review review = sample_review();                                                                        \
        review.member = (value);                                                                                       \
        reply_pack_kind(&message, REPLY_REVIEW);                                                                       \
        reply_pack_review(&message, &review);                                                                          \
        CU_ASSERT_FALSE(reads_reply(message_payload(message)));                                                        \
        message_free(message);                                                                                         \
    } while (0)
    REFUSED(review_id, 0);
    REFUSED(review_id, REVIEW_ID_MAX + 1);
    REFUSED(created_ms, -1);
    REFUSED(created_ms, TIMESTAMP_MAX_MS + 1);
    REFUSED(rating, 0);
    REFUSED(rating, 6);
    REFUSED(helpfulness, -1);
#undef REFUSED
}

static void test_meta_reply(void) {
    struct review_meta meta = {.product_id = PRODUCT_ID_MAX};
    for (int i = 0; i < RATING_MAX; i++) {
        meta.ratings[i] = INT32_MAX - i;
    }
    meta.recommended[1] = 12;
    for (int id = 0; id < CHARACTERISTIC_COUNT; id++) {
        meta.characteristic_sum[id] = 1000 * id;
        meta.characteristic_count[id] = 300 * id;
    }
    struct message *message = message_new(0);
    reply_pack_meta(&message, &meta);
    struct msgpack_reader reader;
    struct review_meta read;
    msgpack_reader_init(&reader, message_payload(message));
    CU_ASSERT_EQUAL(reply_read_kind(&reader), REPLY_META);
    reply_read_meta(&reader, &read);
    CU_ASSERT(msgpack_reader_done(&reader));
    CU_ASSERT_EQUAL(memcmp(&read, &meta, sizeof meta), 0);
    check_with_rest(message, reads_reply);
}

static void test_plain_replies(void) {
    struct message *message = message_new(0);
    reply_pack_kind(&message, REPLY_DONE);
    check_with_rest(message, reads_reply);
    message = message_new(0);
    reply_pack_kind(&message, REPLY_KIND_COUNT);
    CU_ASSERT_FALSE(reads_reply(message_payload(message)));
    message_free(message);
    message = message_new(0);
    reply_pack_options(&message, 1U << METHOD_GET | 1U << METHOD_OPTIONS);
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, message_payload(message));
    CU_ASSERT_EQUAL(reply_read_kind(&reader), REPLY_OPTIONS);
    CU_ASSERT_EQUAL(reply_read_options(&reader), 1U << METHOD_GET | 1U << METHOD_OPTIONS);
    check_with_rest(message, reads_reply);
    message = message_new(0);
    reply_pack_options(&message, 1U << METHOD_COUNT);
    CU_ASSERT_FALSE(reads_reply(message_payload(message)));
    message_free(message);
}

static void test_problem_reply(void) {
    static struct field_errors errors;
    errors.count = FIELD_ERRORS_MAX;
    for (int i = 0; i < FIELD_ERRORS_MAX; i++) {
        snprintf(errors.errors[i].field, sizeof errors.errors[i].field, "photos[%d]", i);
        memset(errors.errors[i].detail, 'd', sizeof errors.errors[i].detail - 1);
    }
    for (int problem = 0; problem < PROBLEM_COUNT; problem++) {
        struct message *message = message_new(0);
        reply_pack_problem(&message, (enum problem)problem, VIEW("Why."), 1U << METHOD_PUT, UINT32_MAX, &errors);
        struct msgpack_reader reader;
        struct reply_problem read;
        msgpack_reader_init(&reader, message_payload(message));
        CU_ASSERT_EQUAL(reply_read_kind(&reader), REPLY_PROBLEM);
        reply_read_problem(&reader, &read);
        CU_ASSERT_EQUAL((int)read.problem, problem);
        CU_ASSERT(view_equal(read.detail, VIEW("Why.")));
        CU_ASSERT_EQUAL(read.allow, 1U << METHOD_PUT);
        CU_ASSERT_EQUAL(read.retry_after_s, UINT32_MAX);
        CU_ASSERT_EQUAL_FATAL(read.errors, FIELD_ERRORS_MAX);
        for (uint32_t i = 0; i < read.errors; i++) {
            struct view field, detail;
            reply_read_field_error(&reader, &field, &detail);
            CU_ASSERT(view_equal(field, view_of(errors.errors[i].field)));
            CU_ASSERT(view_equal(detail, view_of(errors.errors[i].detail)));
        }
        CU_ASSERT(msgpack_reader_done(&reader));
        if (problem == PROBLEM_INVALID_FIELDS) {
            check_with_rest(message, reads_reply);
        } else {
            message_free(message);
        }
    }
    struct message *message = message_new(0);
    reply_pack_problem(&message, PROBLEM_COUNT, VIEW(""), 0, 0, NULL);
    CU_ASSERT_FALSE(reads_reply(message_payload(message)));
    message_free(message);
}

static void test_random_bytes(void) {
    static payload_reader *const readers[] = {reads_list, reads_key, reads_add, reads_reply};
    uint64_t random = 7;
    for (int round = 0; round < 200000; round++) {
        char bytes[80];
        size_t length = random_below(&random, sizeof bytes);
        random_fill(&random, bytes, length);
        for (size_t i = 0; i < COUNT_OF(readers); i++) {
            (void)reads_copy(readers[i], bytes, length);
        }
    }
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        CU_ASSERT_FALSE(readers[i]((struct view){0}));
    }
}

int main(void) {
    CU_TestInfo tests[] = {
        {"list request", test_list_request},
        {"wrong list requests", test_wrong_list_requests},
        {"key request", test_key_request},
        {"add request", test_add_request},
        {"wrong add requests", test_wrong_add_requests},
        {"a body that is ready", test_body_reply},
        {"a review", test_review_reply},
        {"wrong reviews", test_wrong_reviews},
        {"meta reply", test_meta_reply},
        {"plain replies", test_plain_replies},
        {"problem reply", test_problem_reply},
        {"random bytes", test_random_bytes},
        CU_TEST_INFO_NULL,
    };
    return unit_run("messages", tests);
}
