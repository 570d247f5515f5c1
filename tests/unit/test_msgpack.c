// msgpack_reader.c reads what msgpack-c and msgpack_writer.c write, in every format, and nothing else.
#include "proto/msgpack_reader.h"
#include "proto/msgpack_writer.h"

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#include <msgpack.h>

// A reader over a copy in memory of exactly that size, so that a sanitizer sees every byte read too far. free() the result.
static char *open_copy(struct msgpack_reader *reader, const void *bytes, size_t length) {
    char *copy = malloc(length + (length == 0));
    memcpy(copy, bytes, length);
    msgpack_reader_init(reader, (struct view){copy, length});
    return copy;
}

static bool reads_int(const void *bytes, size_t length, int64_t expected) {
    struct msgpack_reader reader;
    char *copy = open_copy(&reader, bytes, length);
    bool good = msgpack_read_int(&reader) == expected && msgpack_reader_done(&reader);
    free(copy);
    for (size_t cut = 0; cut < length; cut++) {
        copy = open_copy(&reader, bytes, cut);
        good &= msgpack_read_int(&reader) == 0 && reader.failed && !msgpack_reader_done(&reader);
        free(copy);
    }
    return good;
}

static void test_ints_round_trip(void) {
    unsigned wrong = 0;
    for (int shift = 0; shift < 64; shift++) {
        for (int64_t delta = -2; delta <= 2; delta++) {
            int64_t value = (int64_t)((UINT64_C(1) << shift) + (uint64_t)delta);
            int64_t both[] = {value, (int64_t) - (uint64_t)value};
            for (size_t i = 0; i < COUNT_OF(both); i++) {
                struct message *message = message_new(0);
                msgpack_write_int(&message, both[i]);
                wrong += !reads_int(message->payload, message->length, both[i]);
                message_free(message);
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

// A number is read from whichever format holds it, not only from the shortest.
static void test_ints_of_every_format(void) {
    CU_ASSERT(reads_int("\x7F", 1, 127));
    CU_ASSERT(reads_int("\xE0", 1, -32));
    CU_ASSERT(reads_int("\xFF", 1, -1));
    CU_ASSERT(reads_int("\xCC\x05", 2, 5));
    CU_ASSERT(reads_int("\xCC\xFF", 2, 255));
    CU_ASSERT(reads_int("\xCD\x00\x05", 3, 5));
    CU_ASSERT(reads_int("\xCD\xFF\xFE", 3, 65534));
    CU_ASSERT(reads_int("\xCE\xFF\xFF\xFF\xFF", 5, UINT32_MAX));
    CU_ASSERT(reads_int("\xCF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9, INT64_MAX));
    CU_ASSERT(reads_int("\xD0\x80", 2, -128));
    CU_ASSERT(reads_int("\xD0\x7F", 2, 127));
    CU_ASSERT(reads_int("\xD1\x80\x00", 3, -32768));
    CU_ASSERT(reads_int("\xD2\x80\x00\x00\x00", 5, INT32_MIN));
    CU_ASSERT(reads_int("\xD3\x80\x00\x00\x00\x00\x00\x00\x00", 9, INT64_MIN));
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, VIEW("\xCF\x80\x00\x00\x00\x00\x00\x00\x00"));
    CU_ASSERT_EQUAL(msgpack_read_int(&reader), 0);
    CU_ASSERT(reader.failed);
}

static void test_ints_within(void) {
    static const struct {
        int64_t value;
        bool is_within; // 1 to 5
    } cases[] = {{0, false}, {1, true}, {5, true}, {6, false}, {-1, false}, {INT64_MAX, false}, {INT64_MIN, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct message *message = message_new(0);
        msgpack_write_int(&message, cases[i].value);
        struct msgpack_reader reader;
        msgpack_reader_init(&reader, message_payload(message));
        CU_ASSERT_EQUAL(msgpack_read_int_within(&reader, 1, 5), cases[i].is_within ? cases[i].value : 1);
        CU_ASSERT_EQUAL(reader.failed, !cases[i].is_within);
        message_free(message);
    }
}

static void test_texts_round_trip(void) {
    static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 100000};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        char *bytes = malloc(lengths[i] + 1);
        memset(bytes, 'b', lengths[i] + 1);
        struct message *message = message_new(0);
        msgpack_write_text(&message, (struct view){bytes, lengths[i]});
        struct msgpack_reader reader;
        char *copy = open_copy(&reader, message->payload, message->length);
        struct view read = msgpack_read_text(&reader);
        CU_ASSERT(msgpack_reader_done(&reader));
        CU_ASSERT(read.data != NULL && view_equal(read, (struct view){bytes, lengths[i]}));
        free(copy);
        for (uint32_t cut = 0; cut < message->length; cut += cut < 8 ? 1 : 997) {
            copy = open_copy(&reader, message->payload, cut);
            read = msgpack_read_text(&reader);
            CU_ASSERT(reader.failed && read.data == NULL && read.length == 0);
            free(copy);
        }
        message_free(message);
        free(bytes);
    }
}

static void test_absent_text_is_nil(void) {
    struct message *message = message_new(0);
    msgpack_write_text(&message, (struct view){0});
    CU_ASSERT(view_equal(message_payload(message), VIEW("\xC0")));
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, message_payload(message));
    CU_ASSERT_PTR_NULL(msgpack_read_text(&reader).data);
    CU_ASSERT(msgpack_reader_done(&reader));
    message_free(message);
}

static void test_bin_reads_as_text(void) {
    static const struct {
        struct view packed;
    } cases[] = {{VIEW("\xC4\x03"
                       "abc")},
        {VIEW("\xC5\x00\x03"
              "abc")},
        {VIEW("\xC6\x00\x00\x00\x03"
              "abc")}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct msgpack_reader reader;
        msgpack_reader_init(&reader, cases[i].packed);
        CU_ASSERT(view_equal(msgpack_read_text(&reader), VIEW("abc")));
        CU_ASSERT(msgpack_reader_done(&reader));
    }
}

static void test_bools(void) {
    struct message *message = message_new(0);
    msgpack_write_bool(&message, true);
    msgpack_write_bool(&message, false);
    msgpack_write_int(&message, 1);
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, message_payload(message));
    CU_ASSERT_TRUE(msgpack_read_bool(&reader));
    CU_ASSERT_FALSE(msgpack_read_bool(&reader));
    CU_ASSERT_FALSE(reader.failed);
    CU_ASSERT_FALSE(msgpack_read_bool(&reader));
    CU_ASSERT(reader.failed);
    message_free(message);
}

static uint32_t array_of(struct view bytes, uint32_t limit, bool *failed) {
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, bytes);
    uint32_t count = msgpack_read_array(&reader, limit);
    *failed = reader.failed;
    return count;
}

static void test_arrays(void) {
    bool failed;
    CU_ASSERT(array_of(VIEW("\x93\x01\x02\x03"), 3, &failed) == 3 && !failed);
    CU_ASSERT(array_of(VIEW("\x90"), 0, &failed) == 0 && !failed);
    CU_ASSERT(array_of(VIEW("\x93\x01\x02\x03"), 2, &failed) == 0 && failed); // above the limit
    CU_ASSERT(array_of(VIEW("\x93\x01\x02"), 3, &failed) == 0 && failed);     // more than there are bytes
    CU_ASSERT(array_of(VIEW("\xDC\x00\x02\x01\x02"), 3, &failed) == 2 && !failed);
    CU_ASSERT(array_of(VIEW("\xDD\x00\x00\x00\x02\x01\x02"), 3, &failed) == 2 && !failed);
    CU_ASSERT(array_of(VIEW("\xDD\xFF\xFF\xFF\xFF\x01\x02"), UINT32_MAX, &failed) == 0 && failed);
    CU_ASSERT(array_of(VIEW("\xDD\xFF\xFF"), UINT32_MAX, &failed) == 0 && failed);
    CU_ASSERT(array_of(VIEW("\xA3"
                            "abc"),
                  3, &failed) == 0 &&
              failed);
    CU_ASSERT(array_of((struct view){0}, 3, &failed) == 0 && failed);
    struct message *message = message_new(0);
    msgpack_write_array(&message, 70000);
    CU_ASSERT(view_equal(message_payload(message), VIEW("\xDD\x00\x01\x11\x70")));
    message_free(message);
}

// After a failure everything reads as nothing, and nothing more is taken.
static void test_failure_sticks(void) {
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, VIEW("\xC1\x01\xC3\xA1x\x91"));
    CU_ASSERT_EQUAL(msgpack_read_int(&reader), 0); // C1 is never used
    CU_ASSERT(reader.failed);
    CU_ASSERT_EQUAL(msgpack_read_int(&reader), 0);
    CU_ASSERT_FALSE(msgpack_read_bool(&reader));
    CU_ASSERT_PTR_NULL(msgpack_read_text(&reader).data);
    CU_ASSERT_EQUAL(msgpack_read_array(&reader, 100), 0);
    CU_ASSERT_FALSE(msgpack_reader_done(&reader));
}

// No format byte is taken for what it is not: each reads as exactly what msgpack-c says it is.
static void test_every_format_byte(void) {
    unsigned wrong = 0;
    for (unsigned format = 0; format <= 0xFF; format++) {
        unsigned char bytes[64] = {0}; // a complete value of length or number 0, or elements of 0
        bytes[0] = (unsigned char)format;
        msgpack_unpacked unpacked;
        msgpack_unpacked_init(&unpacked);
        size_t used = 0;
        bool is_known =
            msgpack_unpack_next(&unpacked, (const char *)bytes, sizeof bytes, &used) == MSGPACK_UNPACK_SUCCESS;
        msgpack_object_type type = is_known ? unpacked.data.type : MSGPACK_OBJECT_EXT;
        struct msgpack_reader reader;
        char *copy = open_copy(&reader, bytes, sizeof bytes);
        struct msgpack_reader start = reader;
        (void)msgpack_read_int(&reader);
        wrong += !reader.failed != (type == MSGPACK_OBJECT_POSITIVE_INTEGER || type == MSGPACK_OBJECT_NEGATIVE_INTEGER);
        reader = start;
        (void)msgpack_read_bool(&reader);
        wrong += !reader.failed != (type == MSGPACK_OBJECT_BOOLEAN);
        reader = start;
        (void)msgpack_read_text(&reader);
        wrong +=
            !reader.failed != (type == MSGPACK_OBJECT_STR || type == MSGPACK_OBJECT_BIN || type == MSGPACK_OBJECT_NIL);
        wrong += !reader.failed && (size_t)((const char *)reader.position - copy) != used;
        reader = start;
        (void)msgpack_read_array(&reader, 15);
        wrong += !reader.failed != (type == MSGPACK_OBJECT_ARRAY);
        free(copy);
        msgpack_unpacked_destroy(&unpacked);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_random_bytes(void) {
    uint64_t random = 5;
    for (int round = 0; round < 200000; round++) {
        unsigned char bytes[32];
        size_t length = random_below(&random, sizeof bytes);
        random_fill(&random, bytes, length);
        struct msgpack_reader reader;
        char *copy = open_copy(&reader, bytes, length);
        const unsigned char *end = reader.end;
        while (!reader.failed) {
            const unsigned char *before = reader.position;
            struct view text = {0};
            switch (random_below(&random, 4)) {
            case 0: (void)msgpack_read_int(&reader); break;
            case 1: (void)msgpack_read_bool(&reader); break;
            case 2: (void)msgpack_read_array(&reader, 20); break;
            default: text = msgpack_read_text(&reader); break;
            }
            if (reader.position > end || (!reader.failed && reader.position <= before) ||
                (text.data != NULL && text.data + text.length != (const char *)reader.position)) {
                CU_FAIL_FATAL("the reader left its bytes");
            }
        }
        free(copy);
    }
}

int main(void) {
    CU_TestInfo tests[] = {
        {"integers round trip", test_ints_round_trip},
        {"integers of every format", test_ints_of_every_format},
        {"integers within bounds", test_ints_within},
        {"texts round trip", test_texts_round_trip},
        {"an absent text is nil", test_absent_text_is_nil},
        {"bin reads as text", test_bin_reads_as_text},
        {"booleans", test_bools},
        {"arrays", test_arrays},
        {"failure sticks", test_failure_sticks},
        {"every format byte", test_every_format_byte},
        {"random bytes", test_random_bytes},
        CU_TEST_INFO_NULL,
    };
    return unit_run("msgpack", tests);
}
