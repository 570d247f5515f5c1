// json_tokens.c: tokens by the letter of RFC 8259. Structure is json-c's part and not looked at here.
#include "proto/json_tokens.h"

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

// The fault in a copy of exactly that size, so that a sanitizer sees every byte read too far.
static const char *fault_in(struct view json, struct json_extent *extent) {
    char *copy = malloc(json.length + (json.length == 0));
    memcpy(copy, json.data, json.length);
    const char *fault = json_tokens_fault((struct view){copy, json.length}, extent);
    free(copy);
    return fault;
}

static void test_tokens_are_taken(void) {
    static const char *const cases[] = {"{}", " \t\r\n[ ] \n", "0", "-0", "10", "-19", "0.5", "1.50", "1e5", "1E+5",
        "1.0e-05", "0e0", "true", "false", "null", "[true,false,null,0,-1.5e3]", "\"\"", "\"a\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\\u00e9\\uFfFf\"", "\"\\ud83d\\ude00\"",
        "\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\"\\u0000\"", "\"\x7f\"", "\"Zoë 😀\"", "[\"\\u0000\",\":\"]",
        "{\"a\":{\"b\":[1,{\"c\":null}]}}", "{\"a\" : \"\\u0000\"}"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_extent extent;
        const char *fault = fault_in(view_of(cases[i]), &extent);
        if (fault != NULL) {
            fprintf(stderr, "%s: %s\n", cases[i], fault);
        }
        CU_ASSERT_PTR_NULL(fault);
    }
}

static void test_all_else_is_refused(void) {
    static const struct view cases[] = {VIEW(""), VIEW("NaN"), VIEW("Infinity"), VIEW("-Infinity"), VIEW("nan"),
        VIEW("True"), VIEW("TRUE"), VIEW("tru"), VIEW("truex"), VIEW("nulll"), VIEW("undefined"), VIEW("'a'"),
        VIEW("a"), VIEW("01"), VIEW("-01"), VIEW("00"), VIEW("-"), VIEW("+1"), VIEW("1."), VIEW(".5"), VIEW("1.e5"),
        VIEW("1e"), VIEW("1e+"), VIEW("1.5.2"), VIEW("1-2"), VIEW("--1"), VIEW("0x10"), VIEW("1_000"), VIEW("1a"),
        VIEW("1\"a\""), VIEW("true\"a\""), VIEW("1{"), VIEW("/**/1"), VIEW("// 1\n1"), VIEW("\v1"), VIEW("\f1"),
        VIEW("\xEF\xBB\xBF{}"), VIEW("\xC2\xA0{}"), VIEW("{}\0"), VIEW("\0{}"), VIEW("1\0"), VIEW("\"a"), VIEW("\""),
        VIEW("\"\\"), VIEW("\"\\\""), VIEW("\"\\x\""), VIEW("\"\\'\""), VIEW("\"\\\0\""), VIEW("\"\\u\""),
        VIEW("\"\\u12\""), VIEW("\"\\u123g\""), VIEW("\"\\U0041\""), VIEW("\"\\u00"), VIEW("\"\n\""), VIEW("\"\x1f\""),
        VIEW("\"\0\""), VIEW("\"\\ud800\""), VIEW("\"\\udc00\""), VIEW("\"\\udfff\\ud800\""), VIEW("\"\\ud800a\""),
        VIEW("\"\\ud800\\n\""), VIEW("\"\\ud800\\u0041\""), VIEW("\"\\ud800\\ud800\""), VIEW("\"\\ud800\\u"),
        VIEW("\"\\ud800\\"), VIEW("\"\\ud800\\uDC0\""), VIEW("{\"a\\u0000\":1}"), VIEW("{\"\\u0000a\" \t\n:1}"),
        VIEW("[;]"), VIEW("\x7f")};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_extent extent;
        const char *fault = fault_in(cases[i], &extent);
        if (fault == NULL) {
            fprintf(stderr, "%.*s was taken\n", (int)cases[i].length, cases[i].data);
        }
        CU_ASSERT_PTR_NOT_NULL(fault);
    }
}

static void test_every_control_character_in_a_string(void) {
    for (unsigned byte = 0; byte < 0x80; byte++) {
        const char json[] = {'"', 'a', (char)byte, 'a', '"'};
        struct json_extent extent;
        bool is_taken = fault_in((struct view){json, sizeof json}, &extent) == NULL;
        CU_ASSERT_EQUAL(is_taken, byte >= 0x20 && byte != '"' && byte != '\\');
    }
}

static void test_the_extent(void) {
    static const struct {
        const char *json;
        struct json_extent extent; // members, depth
    } cases[] = {{"1", {0, 0}}, {"{}", {0, 1}}, {"[1,2]", {0, 1}}, {"{\"a\":1}", {1, 1}}, {"{\"a\":1,\"a\":2}", {2, 1}},
        {"[{\"a\":{\"b\":1}},{\"c\":\":\"}]", {3, 3}}, {"{\"::\":\"\\\":[[\"}", {1, 1}}, {"[[],[[]],[]]", {0, 3}},
        {"]]][", {0, 1}}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_extent extent = {99, 99};
        CU_ASSERT_PTR_NULL(fault_in(view_of(cases[i].json), &extent));
        CU_ASSERT_EQUAL(extent.members, cases[i].extent.members);
        CU_ASSERT_EQUAL(extent.depth, cases[i].extent.depth);
    }
}

static void test_random_texts(void) {
    static const char alphabet[] = "{}[]:,\"\\/ubnrtfalse0123456789-+.eE dDcC\n\t\x01";
    uint64_t random = 9;
    unsigned taken = 0;
    for (int round = 0; round < 300000; round++) {
        char json[24];
        size_t length = random_below(&random, sizeof json);
        for (size_t i = 0; i < length; i++) {
            json[i] = alphabet[random_below(&random, sizeof alphabet)]; // with the terminator
        }
        struct json_extent extent;
        taken += fault_in((struct view){json, length}, &extent) == NULL;
        if (extent.members > length || extent.depth > length) {
            CU_FAIL_FATAL("more members or levels than bytes");
        }
    }
    CU_ASSERT(taken > 100);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"tokens are taken", test_tokens_are_taken},
        {"all else is refused", test_all_else_is_refused},
        {"every control character in a string", test_every_control_character_in_a_string},
        {"members and depth", test_the_extent},
        {"random texts", test_random_texts},
        CU_TEST_INFO_NULL,
    };
    return unit_run("json_tokens", tests);
}
