// review_body.c and review_text.c: each rule of POST /reviews/{product_id}, at its edges, in characters and not in bytes.
#include "proto/review_body.h"

#include "proto/review_text.h"
#include "proto/timestamp.h"
#include "proto/utf8.h"

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#include <json-c/json.h>

#define INTEGER_FAULT "must be an integer from 1 to 5"
#define REQUIRED "\"rating\":4,\"recommend\":true,\"body\":\"b\",\"name\":\"n\",\"email\":\"a@b\""

static const int64_t now_ms = INT64_C(1795503600000); // 2026-11-24T07:00:00Z

// What came of a body; free it with review_body_free.
struct outcome {
    struct review_body body;
    enum review_body_result result;
    struct field_errors errors;
    const char *detail;
};

// Parses a copy in memory of exactly that size, and frees it: nothing may point into it afterwards.
static void parse(struct outcome *outcome, struct view json) {
    char *copy = malloc(json.length + (json.length == 0));
    memcpy(copy, json.data, json.length);
    outcome->detail = "none";
    outcome->result =
        review_body_parse(&outcome->body, (struct view){copy, json.length}, now_ms, &outcome->errors, &outcome->detail);
    free(copy);
}

static const char *describe(const struct outcome *outcome) {
    static char text[8192];
    size_t end = 0;
    text[0] = 0;
    if (outcome->result == REVIEW_BODY_MALFORMED) {
        snprintf(text, sizeof text, "malformed: %s", outcome->detail);
    }
    for (size_t i = 0; outcome->result == REVIEW_BODY_INVALID && i < outcome->errors.count; i++) {
        end += (size_t)snprintf(text + end, sizeof text - end, "%s%s %s", i > 0 ? "; " : "",
            outcome->errors.errors[i].field, outcome->errors.errors[i].detail);
    }
    return text;
}

// Asserts what is wrong with a body: "field detail; field detail", "malformed: …", or "" for nothing.
static void check_view(struct view json, const char *expected) {
    static struct outcome outcome;
    parse(&outcome, json);
    const char *found = describe(&outcome);
    if (strcmp(found, expected) != 0) {
        fprintf(stderr, "%.*s\n  expected: %s\n  found:    %s\n", (int)json.length, json.data, expected, found);
        CU_FAIL("a body was judged otherwise");
    }
    review_body_free(&outcome.body);
}

static void check(const char *json, const char *expected) {
    check_view(view_of(json), expected);
}

// A body that is right but for having this value in place of the required field, or in addition.
// `expected` is as for check_view, but the field's name may be left out.
static void check_field(const char *field, struct view value, const char *expected) {
    static const char *const required[][2] = {
        {"rating", "4"}, {"recommend", "true"}, {"body", "\"b\""}, {"name", "\"n\""}, {"email", "\"a@b\""}};
    struct buffer json = {0};
    buffer_format(&json, "{\"%s\":", field);
    buffer_append(&json, value);
    for (size_t i = 0; i < COUNT_OF(required); i++) {
        if (strcmp(field, required[i][0]) != 0) {
            buffer_format(&json, ",\"%s\":%s", required[i][0], required[i][1]);
        }
    }
    buffer_append(&json, VIEW("}"));
    struct buffer all = {0};
    if (expected[0] != 0) {
        bool names_field = strncmp(expected, field, strlen(field)) == 0;
        buffer_format(&all, "%s%s%s", names_field ? "" : field, names_field ? "" : " ", expected);
    }
    buffer_append(&all, VIEW("\0"));
    check_view(buffer_view(&json), all.data);
    buffer_free(&json);
    buffer_free(&all);
}

static void check_values(const char *field, const char *const *values, size_t count, const char *expected) {
    for (size_t i = 0; i < count; i++) {
        check_field(field, view_of(values[i]), expected);
    }
}

// The field with a string of `count` times `unit`, between `before` and `after`.
static void check_repeated(
    const char *field, const char *before, const char *unit, size_t count, const char *after, const char *expected) {
    struct buffer value = {0};
    buffer_format(&value, "%s", before);
    for (size_t i = 0; i < count; i++) {
        buffer_append(&value, view_of(unit));
    }
    buffer_append(&value, view_of(after));
    check_field(field, buffer_view(&value), expected);
    buffer_free(&value);
}

#define CHECK_VALUES(field, expected, ...)                                                                             \
    do {                                                                                                               \
        static const char *const values[] = {__VA_ARGS__};                                                             \
        check_values(field, values, COUNT_OF(values), expected);                                                       \
    } while (0)

static void test_all_fields(void) {
    static struct outcome outcome;
    parse(&outcome,
        VIEW(
            "{\"date\":\"2024-12-26T10:12:05.740Z\",\"characteristics\":{\"Fit\":1,\"1\":2,\"Comfort\":3,\"3\":4,\"Width\":5,"
            "\"5\":1,\"125031\":9},\"photos\":[\"https://a.example/1.jpg\",\"http://b\"],\"summary\":\"S\\u00eb\",\"email\":"
            "\"a@b.example\",\"name\":\"Zo\\u00eb\",\"body\":\"Line\\nline \\ud83d\\ude00\",\"recommend\":1,\"rating\":5,"
            "\"product_id\":7,\"unknown\":{\"a\":[1,2,{}]}}"));
    CU_ASSERT_STRING_EQUAL(describe(&outcome), "");
    CU_ASSERT_EQUAL_FATAL(outcome.result, REVIEW_BODY_OK);
    const struct add_request *request = &outcome.body.request;
    CU_ASSERT_EQUAL(request->product_id, 0);
    CU_ASSERT_EQUAL(request->rating, 5);
    CU_ASSERT_TRUE(request->recommend);
    CU_ASSERT_EQUAL(request->created_ms, INT64_C(1735207925740));
    CU_ASSERT_EQUAL(request->characteristics, 1 | 2 << 3 | 3 << 6 | 4 << 9 | 5 << 12 | 1 << 15);
    CU_ASSERT(view_equal(request->summary, VIEW("Së")));
    CU_ASSERT(view_equal(request->body, VIEW("Line\nline 😀")));
    CU_ASSERT(view_equal(request->reviewer_name, VIEW("Zoë")));
    CU_ASSERT(view_equal(request->email, VIEW("a@b.example")));
    CU_ASSERT(view_equal(
        request->photos, VIEW("[{\"url\":\"https://a.example/1.jpg\",\"thumbnail_url\":\"https://a.example/1.jpg\"},"
                              "{\"url\":\"http://b\",\"thumbnail_url\":\"http://b\"}]")));
    review_body_free(&outcome.body);
}

static void test_defaults(void) {
    static const char *const bodies[] = {"{" REQUIRED "}",
        "{" REQUIRED ",\"summary\":null,\"photos\":null,\"characteristics\":null,\"date\":null}",
        "{" REQUIRED ",\"summary\":\"\",\"photos\":[],\"characteristics\":{}}",
        "{" REQUIRED ",\"characteristics\":{\"Fit\":null,\"3\":null}}", " \r\n\t{" REQUIRED "} \r\n\t"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        static struct outcome outcome;
        parse(&outcome, view_of(bodies[i]));
        CU_ASSERT_EQUAL_FATAL(outcome.result, REVIEW_BODY_OK);
        const struct add_request *request = &outcome.body.request;
        CU_ASSERT_EQUAL(request->rating, 4);
        CU_ASSERT_EQUAL(request->created_ms, now_ms);
        CU_ASSERT_EQUAL(request->characteristics, 0);
        CU_ASSERT(request->summary.data != NULL && request->summary.length == 0);
        CU_ASSERT_PTR_NULL(request->photos.data);
        review_body_free(&outcome.body);
    }
}

static void test_all_wrong_fields_at_once(void) {
    check("{}", "rating is required; recommend is required; body is required; name is required; email is required");
    check("{\"rating\":null,\"recommend\":null,\"body\":null,\"name\":null,\"email\":null}",
        "rating is required; recommend is required; body is required; name is required; email is required");
    check("{\"characteristics\":{\"Fit\":0,\"9\":0,\"Looks\":1},\"date\":\"soon\",\"photos\":[\"https://a\",3,\"x\"],"
          "\"summary\":1,\"email\":\"a\",\"name\":\"\",\"body\":\" \",\"recommend\":2,\"rating\":6}",
        "rating " INTEGER_FAULT "; recommend must be true, false, 0 or 1; body must not be only white space; "
        "name must have 1 to 100 characters; email must have exactly one @, with something before and after it; "
        "summary must be a string; photos[1] must be a string; photos[2] must be an http or https URL with a host; "
        "date must be an ISO 8601 date from 1970 on, such as 2024-12-26 or 2024-12-26T10:12:05Z; "
        "characteristics.Fit " INTEGER_FAULT
        "; characteristics.Looks is not one of Fit, Length, Comfort, Quality, Width, "
        "Size or their ids 0 to 5");
}

static void test_rating(void) {
    CHECK_VALUES("rating", "", "1", "2", "3", "4", "5");
    CHECK_VALUES("rating", INTEGER_FAULT, "0", "6", "-1", "5.0", "4.5", "4e0", "\"5\"", "\"\"", "true", "[5]", "{}",
        "4294967297", "9223372036854775807", "9223372036854775808", "18446744073709551617", "-9223372036854775809",
        "99999999999999999999999999999999999999999", "1e999");
}

static void test_recommend(void) {
    CHECK_VALUES("recommend", "", "true", "false", "0", "1", "-0");
    CHECK_VALUES("recommend", "must be true, false, 0 or 1", "2", "-1", "\"true\"", "\"1\"", "1.0", "0.0", "[]", "{}",
        "4294967296", "18446744073709551616");
    static const struct {
        const char *json;
        bool recommend;
    } cases[] = {{"true", true}, {"false", false}, {"1", true}, {"0", false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct outcome outcome;
        struct buffer json = {0};
        buffer_format(
            &json, "{\"rating\":1,\"body\":\"b\",\"name\":\"n\",\"email\":\"a@b\",\"recommend\":%s}", cases[i].json);
        parse(&outcome, buffer_view(&json));
        CU_ASSERT_EQUAL(outcome.result, REVIEW_BODY_OK);
        CU_ASSERT_EQUAL(outcome.body.request.recommend, cases[i].recommend);
        review_body_free(&outcome.body);
        buffer_free(&json);
    }
}

static void test_body(void) {
    CHECK_VALUES("body", "must be a string", "1", "true", "[]", "{}");
    CHECK_VALUES("body", "must have 1 to 2000 characters", "\"\"");
    CHECK_VALUES("body", "must not contain U+0000", "\"a\\u0000b\"", "\"\\u0000\"");
    CHECK_VALUES("body", "must not be only white space", "\" \"", "\"\\t\\n\\r \"", "\"\\u00a0\\u2003\\u3000\\u2028\"",
        "\"\\u0085\"");
    CHECK_VALUES("body", "", "\".\"", "\" a \"", "\"a\\n\\tb\\u0001\"", "\"\\u200b\"");
    static const char *const units[] = {"a", "ë", "€", "😀", "\\n.", "\\u00eb", "\\ud83d\\ude00"};
    static const size_t lengths[] = {1, 1, 1, 1, 2, 1, 1};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        check_repeated("body", "\"", units[i], BODY_LENGTH_MAX / lengths[i], "\"", "");
        check_repeated("body", "\"", units[i], BODY_LENGTH_MAX / lengths[i], "a\"", "must have 1 to 2000 characters");
    }
}

static void test_name(void) {
    CHECK_VALUES("name", "must be a string", "1", "false", "[]", "{}");
    CHECK_VALUES("name", "must have 1 to 100 characters", "\"\"");
    CHECK_VALUES("name", "must not contain control characters", "\"a\\nb\"", "\"\\u0000\"", "\"a\\u001f\"",
        "\"\\u007f\"", "\"a\\u0080\"", "\"a\\u009f\"");
    CHECK_VALUES("name", "must not be only white space", "\"  \"", "\"\\u00a0\"");
    CHECK_VALUES("name", "", "\"n\"", "\" n \"", "\"\\u00a1\"", "\"O'Brien \\\"Bob\\\" <b>\"");
    check_repeated("name", "\"", "😀", NAME_LENGTH_MAX, "\"", "");
    check_repeated("name", "\"", "😀", NAME_LENGTH_MAX, "a\"", "must have 1 to 100 characters");
}

static void test_email(void) {
    CHECK_VALUES("email", "must be a string", "1", "[]");
    CHECK_VALUES("email", "", "\"a@b\"", "\"zoë@exämple.org\"", "\"a+b.c@d-e.example\"");
    CHECK_VALUES("email", "must have exactly one @, with something before and after it", "\"\"", "\"a\"", "\"@\"",
        "\"a@\"", "\"@b\"", "\"a@@b\"", "\"a@b@c\"", "\"a@b@\"", "\"@a@b\"");
    CHECK_VALUES("email", "must not contain white space or control characters", "\"a @b\"", "\" a@b\"", "\"a@b\\n\"",
        "\"a@\\u0000b\"", "\"a@b\\u00a0\"", "\"a\\u3000@b\"", "\"a@b\\u007f\"");
    check_repeated(
        "email", "\"@", "b", EMAIL_LENGTH_MAX - 1, "\"", "must have exactly one @, with something before and after it");
    check_repeated("email", "\"ä@", "€", EMAIL_LENGTH_MAX - 2, "\"", "");
    check_repeated("email", "\"ä@", "€", EMAIL_LENGTH_MAX - 1, "\"", "must have at most 254 characters");
}

static void test_summary(void) {
    CHECK_VALUES("summary", "must be a string", "1", "true", "[]", "{}");
    CHECK_VALUES("summary", "must not contain U+0000", "\"\\u0000\"", "\"a\\u0000\"");
    CHECK_VALUES("summary", "", "null", "\"\"", "\" \"", "\"a\\nb\"");
    check_repeated("summary", "\"", "€", SUMMARY_LENGTH_MAX, "\"", "");
    check_repeated("summary", "\"", "€", SUMMARY_LENGTH_MAX, "a\"", "must have at most 150 characters");
}

static void test_photos(void) {
    CHECK_VALUES("photos", "", "null", "[]", "[\"http://a\"]", "[\"HTTPS://a.example:8443/b?c=d&e#f\"]",
        "[\"http://user:password@host/\"]", "[\"http://[::1]:80/a\"]", "[\"https://ä.example/ö%20\"]",
        "[\"http://a\",\"http://a\","
        "\"http://a\",\"http://a\",\"http://a\"]");
    CHECK_VALUES("photos", "must be an array of URLs", "\"http://a\"", "1", "true", "{}");
    CHECK_VALUES("photos", "must have at most 5 URLs", "[1,2,3,4,5,6]",
        "[\"http://a\",\"http://a\",\"http://a\",\"http://a\",\"http://a\",\"http://a\"]");
    CHECK_VALUES("photos", "photos[0] must be a string", "[null]", "[1]", "[{\"url\":\"http://a\"}]", "[[]]");
    CHECK_VALUES("photos", "photos[0] must be an http or https URL with a host", "[\"\"]", "[\"a\"]", "[\"//a\"]",
        "[\"http:/a\"]", "[\"http://\"]", "[\"https:///a\"]", "[\"http://?a\"]", "[\"http://#\"]", "[\"http://:80\"]",
        "[\"http://user@\"]", "[\"http://user@:80/\"]", "[\"ftp://a\"]", "[\"javascript:alert(1)\"]",
        "[\"data:image/png,\"]", "[\"xhttp://a\"]");
    CHECK_VALUES("photos", "photos[0] must not contain white space or control characters", "[\"http://a b\"]",
        "[\"http://a\\n\"]", "[\" http://a\"]", "[\"http://a\\u0000\"]", "[\"http://a\\u00a0\"]",
        "[\"http://a\\u007f\"]");
    CHECK_VALUES("photos", "photos[0] must have quotes, angle brackets and backslashes percent-encoded",
        "[\"http://a\\\"\"]", "[\"http://a'\"]", "[\"http://a`\"]", "[\"http://a<\"]", "[\"http://a>\"]",
        "[\"http://a\\\\b\"]");
    CHECK_VALUES("photos", "photos[1] must be a string; photos[3] must be an http or https URL with a host",
        "[\"http://a\",null,\"http://a\",\"b\"]");
    check_repeated("photos", "[\"https://", "ä", PHOTO_URL_LENGTH_MAX - 8, "\"]", "");
    check_repeated(
        "photos", "[\"https://", "ä", PHOTO_URL_LENGTH_MAX - 7, "\"]", "photos[0] must have at most 2048 characters");
}

static void test_date(void) {
    static const char form[] = "must be an ISO 8601 date from 1970 on, such as 2024-12-26 or 2024-12-26T10:12:05Z";
    CHECK_VALUES("date", "", "null", "\"1970-01-01\"", "\"2024-02-29\"", "\"2026-11-24T07:00:00Z\"",
        "\"2026-11-25T07:00:00.000Z\"", "\"2026-11-25T08:00+01:00\"");
    CHECK_VALUES("date", form, "1735207925740", "\"\"", "\"tomorrow\"", "\"2023-02-29\"", "\"1969-12-31\"", "true",
        "[]", "{}", "\"2024-12-26\\u0000\"");
    CHECK_VALUES("date", "must not lie more than 24 hours in the future", "\"2026-11-25T07:00:00.001Z\"",
        "\"2026-11-26\"", "\"9999-12-31\"");
}

static void test_characteristics(void) {
    static const char unknown[] = "is not one of Fit, Length, Comfort, Quality, Width, Size or their ids 0 to 5";
    char expected[256];
    CHECK_VALUES("characteristics", "", "null", "{}",
        "{\"Fit\":1,\"Length\":2,\"Comfort\":3,\"Quality\":4,\"Width\":5,\"Size\":1}",
        "{\"0\":1,\"1\":2,\"2\":3,\"3\":4,\"4\":5,\"5\":5}",
        "{\"6\":9,\"00\":\"x\",\"125031\":[],\"99999999999999999999999\":0}", "{\"Fit\":null,\"0\":3}",
        "{\"Fit\":3,\"0\":null}");
    CHECK_VALUES(
        "characteristics", "must be an object of ratings by name or id", "1", "\"Fit\"", "[]", "[{\"Fit\":1}]", "true");
    CHECK_VALUES("characteristics", "characteristics.Fit " INTEGER_FAULT, "{\"Fit\":0}", "{\"Fit\":6}", "{\"Fit\":2.0}",
        "{\"Fit\":\"3\"}", "{\"Fit\":true}", "{\"Fit\":{}}", "{\"Fit\":18446744073709551617}");
    CHECK_VALUES("characteristics", "characteristics.5 " INTEGER_FAULT, "{\"5\":0}");
    CHECK_VALUES("characteristics", "characteristics.0 is rated twice, by name and by id", "{\"Fit\":1,\"0\":1}");
    CHECK_VALUES("characteristics", "characteristics.Size is rated twice, by name and by id", "{\"5\":1,\"Size\":2}");
    snprintf(expected, sizeof expected, "characteristics.fit %s", unknown);
    CHECK_VALUES("characteristics", expected, "{\"fit\":1}", "{\"fit\":null}");
    snprintf(expected, sizeof expected, "characteristics.-1 %s", unknown);
    CHECK_VALUES("characteristics", expected, "{\"-1\":1}");
    snprintf(expected, sizeof expected, "characteristics %s", unknown);
    CHECK_VALUES("characteristics", expected, "{\"\":1}", "{\" Fit\":1}", "{\"Fit\\n\":1}", "{\"F\\u0131t\":1}",
        "{\"<script>\":1}", "{\"a\\\"b\":1}",
        "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}", "{\"a.b\":1}");
}

// However many characteristics are wrong, the other fields' errors come first.
static void test_more_errors_than_room(void) {
    struct buffer json = {0};
    buffer_append(&json, VIEW("{\"date\":1,\"characteristics\":{"));
    for (int i = 0; i < 100; i++) {
        buffer_format(&json, "%s\"x%d\":1", i > 0 ? "," : "", i);
    }
    buffer_append(&json, VIEW("}}"));
    static struct outcome outcome;
    parse(&outcome, buffer_view(&json));
    CU_ASSERT_EQUAL(outcome.result, REVIEW_BODY_INVALID);
    CU_ASSERT_EQUAL(outcome.errors.count, FIELD_ERRORS_MAX);
    CU_ASSERT_STRING_EQUAL(outcome.errors.errors[5].field, "date");
    CU_ASSERT_STRING_EQUAL(outcome.errors.errors[6].field, "characteristics.x0");
    CU_ASSERT_STRING_EQUAL(outcome.errors.errors[31].field, "characteristics.x25");
    review_body_free(&outcome.body);
    buffer_free(&json);
}

static void test_malformed_bodies(void) {
    static const char not_object[] = "malformed: The body must be a JSON object.";
    static const char not_json[] = "malformed: The body is not JSON.";
    static const char too_short[] = "malformed: The body ends before its JSON does.";
    check("", "malformed: The body is empty.");
    check("  \n", not_object);
    check("[]", not_object);
    check("1", not_object);
    check("null", not_object);
    check("\"{}\"", not_object);
    check("[{" REQUIRED "}]", not_object);
    check("{", too_short);
    check("{" REQUIRED, too_short);
    check("{" REQUIRED "}}", not_json);
    check("{" REQUIRED "}{}", not_json);
    check("{" REQUIRED "} 1", not_json);
    check("{" REQUIRED ",}", not_json);
    check("{\"a\" 1}", not_json);
    check("{\"a\":}", not_json);
    check("{1 :1}", not_json);
    check("{\"a\":[1,]}", not_json);
    check("{\"a\":[1 2]}", not_json);
    check("{\"a\":1 \"b\":2}", not_json);
    check("{\"a\":NaN}", "malformed: The body has something in it that is not JSON.");
    check("{'a':1}", "malformed: The body has something in it that is not JSON.");
    check("{\"a\":-01}", "malformed: The body has something behind a value that is not JSON.");
    check("{\"a\":1.}", "malformed: The body has a malformed number.");
    check("{\"a\":\"\n\"}", "malformed: The body has an unescaped control character in a string.");
    check("{\"a\":\"\\ud800\"}", "malformed: The body has half of a surrogate pair in a string.");
    check("{\"rating\\u0000\":1}", "malformed: The body has U+0000 in a member's name.");
    check_view(VIEW("{" REQUIRED "}\0"), "malformed: The body has something in it that is not JSON.");
    check_view(VIEW("{" REQUIRED ",\"summary\":\"\xFF\"}"), "malformed: The body is not valid UTF-8.");
    check_view(VIEW("{" REQUIRED ",\"summary\":\"\xED\xA0\x80\"}"), "malformed: The body is not valid UTF-8.");
    check_view(VIEW("\xEF\xBB\xBF{" REQUIRED "}"), "malformed: The body has something in it that is not JSON.");
    check_view((struct view){"", 0}, "malformed: The body is empty.");
}

static void test_a_name_twice(void) {
    static const char twice[] = "malformed: The body has the same name twice in an object.";
    check("{" REQUIRED ",\"rating\":4}", twice);
    check("{" REQUIRED ",\"r\\u0061ting\":4}", twice);
    check("{" REQUIRED ",\"characteristics\":{\"Fit\":1,\"Fit\":1}}", twice);
    check("{" REQUIRED ",\"x\":[{\"a\":{\"b\":1}},{\"c\":1,\"c\":2}]}", twice);
    check("{" REQUIRED ",\"x\":{\"rating\":1},\"y\":[{\"a\":1},{\"a\":1}]}", "");
}

static void test_depth(void) {
    check("{" REQUIRED ",\"x\":[[[[[[[1]]]]]]]}", ""); // with the object: 8
    check("{" REQUIRED ",\"x\":[[[[[[[]]]]]]]}", "");
    check("{" REQUIRED ",\"x\":[[[[[[[[]]]]]]]]}", "malformed: The body is nested deeper than 8 levels.");
    check("{" REQUIRED ",\"x\":[[[[[[[[1]]]]]]]]}", "malformed: The body is nested deeper than 8 levels.");
    check("{" REQUIRED ",\"x\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}",
        "malformed: The body is nested deeper than 8 levels.");
    struct buffer json = {0};
    buffer_append(&json, VIEW("{\"x\":"));
    memset(buffer_reserve(&json, 60000), '[', 60000);
    json.length += 60000;
    check_view(buffer_view(&json), "malformed: The body is nested deeper than 8 levels.");
    buffer_free(&json);
}

// The photos' text is JSON with what was sent.
static bool photos_are_json(struct view photos) {
    struct buffer text = {0};
    buffer_append(&text, photos);
    buffer_append(&text, VIEW("\0"));
    struct json_object *array = json_tokener_parse(text.data);
    bool good = json_object_is_type(array, json_type_array) && json_object_array_length(array) <= PHOTOS_MAX;
    for (size_t i = 0; good && i < json_object_array_length(array); i++) {
        good = json_object_object_length(json_object_array_get_idx(array, i)) == 2;
    }
    json_object_put(array);
    buffer_free(&text);
    return good;
}

// Whatever the bytes: a request only with good fields, errors only with names and reasons.
static void test_mangled_bodies(void) {
    static const char original[] =
        "{" REQUIRED
        ",\"summary\":\"s\\u00eb\",\"photos\":[\"https://a/\",\"http://b\"],\"characteristics\":{\"Fit\":1,\"3\":2},"
        "\"date\":\"2024-12-26\"}";
    uint64_t random = 10;
    unsigned wrong = 0;
    unsigned counts[3] = {0};
    for (int round = 0; round < 100000; round++) {
        char json[sizeof original];
        memcpy(json, original, sizeof json);
        size_t length = random_below(&random, 8) == 0 ? random_below(&random, sizeof json) : sizeof json - 1;
        for (size_t changes = random_below(&random, 3); changes > 0; changes--) {
            json[random_below(&random, sizeof json)] = random_below(&random, 2) == 0
                                                           ? (char)random_next(&random)
                                                           : original[random_below(&random, sizeof json - 1)];
        }
        static struct outcome outcome;
        parse(&outcome, (struct view){json, length});
        const struct add_request *request = &outcome.body.request;
        counts[outcome.result]++;
        if (outcome.result == REVIEW_BODY_OK) {
            wrong += request->rating < 1 || request->rating > RATING_MAX || request->created_ms < TIMESTAMP_MIN_MS ||
                     !utf8_valid(request->body) || request->body.length == 0 || !utf8_valid(request->summary) ||
                     (request->photos.data != NULL && !photos_are_json(request->photos));
        } else if (outcome.result == REVIEW_BODY_INVALID) {
            wrong += outcome.errors.count == 0 || outcome.errors.errors[0].field[0] == 0;
        } else {
            wrong += strncmp(outcome.detail, "The body ", 9) != 0;
        }
        review_body_free(&outcome.body);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(counts[0] > 1000 && counts[1] > 1000 && counts[2] > 1000);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"all fields", test_all_fields},
        {"defaults", test_defaults},
        {"all wrong fields at once", test_all_wrong_fields_at_once},
        {"rating", test_rating},
        {"recommend", test_recommend},
        {"body", test_body},
        {"name", test_name},
        {"email", test_email},
        {"summary", test_summary},
        {"photos", test_photos},
        {"date", test_date},
        {"characteristics", test_characteristics},
        {"more errors than room", test_more_errors_than_room},
        {"malformed bodies", test_malformed_bodies},
        {"a name twice", test_a_name_twice},
        {"depth", test_depth},
        {"mangled bodies", test_mangled_bodies},
        CU_TEST_INFO_NULL,
    };
    return unit_run("review_body", tests);
}
