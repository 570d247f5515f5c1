// json_writer.c against an escaper that goes byte by byte, and against json-c, which must read back what went in.
#include "proto/json_writer.h"

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <json-c/json.h>

// What must be written, one byte after the other (RFC 8259, section 7).
static size_t reference(const char *text, size_t length, char *out) {
    char *end = out;
    *end++ = '"';
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        switch (byte) {
        case '"': end += sprintf(end, "\\\""); break;
        case '\\': end += sprintf(end, "\\\\"); break;
        case '\b': end += sprintf(end, "\\b"); break;
        case '\f': end += sprintf(end, "\\f"); break;
        case '\n': end += sprintf(end, "\\n"); break;
        case '\r': end += sprintf(end, "\\r"); break;
        case '\t': end += sprintf(end, "\\t"); break;
        default:
            if (byte < 0x20) {
                end += sprintf(end, "\\u%04x", byte);
            } else {
                *end++ = (char)byte;
            }
        }
    }
    *end++ = '"';
    return (size_t)(end - out);
}

// The text is in memory of exactly its size, so that a sanitizer sees every byte that is read too far.
static bool matches_reference(const char *text, size_t length) {
    char expected[1024];
    size_t expected_length = reference(text, length, expected);
    char *exact = malloc(length + 1);
    memcpy(exact + 1, text, length); // and at an odd address
    struct buffer out = {0};
    json_write_string(&out, (struct view){exact + 1, length});
    bool equal = view_equal(buffer_view(&out), (struct view){expected, expected_length});
    buffer_free(&out);
    free(exact);
    return equal;
}

static void test_each_byte_at_each_place(void) {
    unsigned wrong = 0;
    for (size_t length = 1; length <= 40; length++) {
        char text[40];
        memset(text, 'x', sizeof text);
        for (size_t place = 0; place < length; place++) {
            for (unsigned byte = 0; byte <= 0xFF; byte++) {
                text[place] = (char)byte;
                wrong += !matches_reference(text, length);
            }
            text[place] = 'x';
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(matches_reference("", 0));
}

static void test_random_bytes(void) {
    uint64_t random = 3;
    unsigned wrong = 0;
    for (int round = 0; round < 100000; round++) {
        char text[128];
        size_t length = random_below(&random, sizeof text);
        random_fill(&random, text, length);
        for (size_t i = 0; round % 2 == 0 && i < length; i++) { // rather what needs an escape, and its neighbours
            text[i] = "\"\\\n\x1f !#[]\x7f\x80\xff"[random_below(&random, 12)];
        }
        wrong += !matches_reference(text, length);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static size_t encode(uint32_t character, char *out) {
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    size_t width = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = width; i-- > 1; character >>= 6) {
        out[i] = (char)(0x80 | (character & 0x3F));
    }
    out[0] = (char)(0xF00U >> width | character);
    return width;
}

static void test_every_character_is_read_back(void) {
    unsigned wrong = 0;
    struct buffer out = {0};
    for (uint32_t character = 0; character <= 0x10FFFF; character += character < 0xFFFF ? 1 : 251) {
        if (character >= 0xD800 && character <= 0xDFFF) {
            continue;
        }
        char text[16] = "ab";
        size_t length = character % 3 + encode(character, text + character % 3);
        text[length++] = 'z';
        out.length = 0;
        buffer_append(&out, VIEW("["));
        json_write_string(&out, (struct view){text, length});
        buffer_append(&out, VIEW("]\0"));
        struct json_object *array = json_tokener_parse(out.data);
        struct json_object *read = array == NULL ? NULL : json_object_array_get_idx(array, 0);
        wrong += read == NULL || (size_t)json_object_get_string_len(read) != length ||
                 memcmp(json_object_get_string(read), text, length) != 0;
        json_object_put(array);
    }
    buffer_free(&out);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_a_string_of_escapes_grows(void) {
    struct buffer out = {0};
    buffer_append(&out, VIEW("kept"));
    static char text[100000]; // all U+0000
    json_write_string(&out, (struct view){text, sizeof text});
    CU_ASSERT_EQUAL(out.length, 4 + 2 + 6 * sizeof text);
    CU_ASSERT_EQUAL(memcmp(out.data, "kept\"\\u0000\\u0000", 17), 0);
    CU_ASSERT_EQUAL(memcmp(out.data + out.length - 7, "\\u0000\"", 7), 0);
    buffer_free(&out);
}

static void test_ints(void) {
    static const int64_t values[] = {
        0, 1, -1, 9, 10, 99, 100, 2147483647, -2147483648LL, 9007199254740991, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    uint64_t random = 4;
    unsigned wrong = 0;
    struct buffer out = {0};
    for (size_t i = 0; i < 100000; i++) {
        int64_t value = i < COUNT_OF(values) ? values[i] : (int64_t)random_next(&random) >> random_below(&random, 63);
        char expected[32];
        snprintf(expected, sizeof expected, "%" PRId64, value);
        out.length = 0;
        json_write_int(&out, value);
        wrong += !view_equal(buffer_view(&out), view_of(expected));
    }
    buffer_free(&out);
    CU_ASSERT_EQUAL(wrong, 0);
}

static bool mean_is(int64_t sum, int64_t count, const char *expected) {
    struct buffer out = {0};
    json_write_mean(&out, sum, count);
    bool equal = view_equal(buffer_view(&out), view_of(expected));
    buffer_free(&out);
    return equal;
}

static void test_means(void) {
    CU_ASSERT(mean_is(2, 3, "0.6667"));
    CU_ASSERT(mean_is(1, 3, "0.3333"));
    CU_ASSERT(mean_is(5, 1, "5.0000"));
    CU_ASSERT(mean_is(0, 7, "0.0000"));
    CU_ASSERT(mean_is(42, 11, "3.8182"));
    CU_ASSERT(mean_is(1, 20000, "0.0001"));     // exactly half: up
    CU_ASSERT(mean_is(1, 20001, "0.0000"));     // just below
    CU_ASSERT(mean_is(19999, 20000, "1.0000")); // up into the integer part
    CU_ASSERT(mean_is(99999, 20000, "5.0000"));
    CU_ASSERT(mean_is(INT32_MAX, 1, "2147483647.0000"));
    CU_ASSERT(mean_is(INT32_MAX, INT32_MAX, "1.0000"));
    CU_ASSERT(mean_is(INT32_MAX, INT64_C(1) << 48, "0.0000"));
}

// The value written, v/10000, is the one with v - 1/2 <= 10000 * sum / count < v + 1/2.
static void test_means_are_nearest(void) {
    unsigned wrong = 0;
    struct buffer out = {0};
    for (int64_t count = 1; count <= 300; count++) {
        for (int64_t sum = count; sum <= 5 * count; sum++) {
            out.length = 0;
            json_write_mean(&out, sum, count);
            int64_t value = 0;
            for (size_t i = 0; i < out.length; i++) {
                value = i == 1 ? value : value * 10 + (out.data[i] - '0');
            }
            bool is_nearest = (2 * value - 1) * count <= 20000 * sum && 20000 * sum < (2 * value + 1) * count;
            wrong += out.length != 6 || out.data[1] != '.' || !is_nearest;
        }
    }
    buffer_free(&out);
    CU_ASSERT_EQUAL(wrong, 0);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"each byte at each place", test_each_byte_at_each_place},
        {"random bytes", test_random_bytes},
        {"every character is read back", test_every_character_is_read_back},
        {"a string of escapes grows the buffer", test_a_string_of_escapes_grows},
        {"integers", test_ints},
        {"means", test_means},
        {"means are the nearest", test_means_are_nearest},
        CU_TEST_INFO_NULL,
    };
    return unit_run("json_writer", tests);
}
