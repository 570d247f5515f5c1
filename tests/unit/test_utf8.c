// utf8.c against a decoder that shares nothing with it: it decodes by the bit patterns and asks whether the shortest encoding
// of the result is what it read.
#include "proto/utf8.h"

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

static size_t encode(uint32_t character, unsigned char *out) {
    if (character < 0x80) {
        out[0] = (unsigned char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (unsigned char)(0xC0 | character >> 6);
        out[1] = (unsigned char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (unsigned char)(0xE0 | character >> 12);
        out[1] = (unsigned char)(0x80 | (character >> 6 & 0x3F));
        out[2] = (unsigned char)(0x80 | (character & 0x3F));
        return 3;
    }
    out[0] = (unsigned char)(0xF0 | character >> 18);
    out[1] = (unsigned char)(0x80 | (character >> 12 & 0x3F));
    out[2] = (unsigned char)(0x80 | (character >> 6 & 0x3F));
    out[3] = (unsigned char)(0x80 | (character & 0x3F));
    return 4;
}

static bool reference_valid(const unsigned char *bytes, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t width = bytes[i] < 0x80 ? 1 : (bytes[i] & 0xE0) == 0xC0 ? 2 : (bytes[i] & 0xF0) == 0xE0 ? 3 : 4;
        if (i + width > length) {
            return false;
        }
        uint32_t character = width == 1 ? bytes[i] : bytes[i] & (0x7FU >> width);
        for (size_t k = 1; k < width; k++) {
            character = character << 6 | (bytes[i + k] & 0x3FU);
        }
        unsigned char again[4];
        if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF) || encode(character, again) != width ||
            memcmp(again, bytes + i, width) != 0) {
            return false;
        }
        i += width;
    }
    return true;
}

static bool valid(const unsigned char *bytes, size_t length) {
    return utf8_valid((struct view){(const char *)bytes, length});
}

static void test_all_short_sequences(void) {
    unsigned wrong = 0;
    unsigned good = 0;
    for (uint32_t bits = 0; bits < 0x1000000; bits++) {
        const unsigned char bytes[] = {(unsigned char)(bits >> 16), (unsigned char)(bits >> 8), (unsigned char)bits};
        bool is_valid = valid(bytes, 3);
        good += is_valid;
        wrong += is_valid != reference_valid(bytes, 3);
        if (bits < 0x10000) {
            wrong += valid(bytes + 1, 2) != reference_valid(bytes + 1, 2);
        }
        if (bits < 0x100) {
            wrong += valid(bytes + 2, 1) != reference_valid(bytes + 2, 1);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    // Three characters of one byte, one and two in either order, or one of three bytes.
    CU_ASSERT_EQUAL(good, 128U * 128 * 128 + 2 * 128 * 1920 + (63488 - 2048));
}

static void test_sequences_of_four(void) {
    static const unsigned char edges[] = {0x00, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    unsigned wrong = 0;
    for (unsigned lead = 0xE0; lead <= 0xFF; lead++) {
        for (unsigned second = 0; second <= 0xFF; second++) {
            for (size_t i = 0; i < COUNT_OF(edges) * COUNT_OF(edges); i++) {
                const unsigned char bytes[] = {
                    (unsigned char)lead, (unsigned char)second, edges[i % COUNT_OF(edges)], edges[i / COUNT_OF(edges)]};
                wrong += valid(bytes, 4) != reference_valid(bytes, 4);
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_every_character(void) {
    unsigned wrong = 0;
    for (uint32_t character = 0; character <= 0x10FFFF; character++) {
        unsigned char bytes[4];
        size_t length = encode(character, bytes);
        bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
        wrong += valid(bytes, length) == is_surrogate;
        if (!is_surrogate) {
            struct view text = {(const char *)bytes, length};
            wrong += utf8_length(text) != 1;
            wrong += utf8_next(&text) != character || text.length != 0;
            for (size_t cut = 1; cut < length; cut++) {
                wrong += valid(bytes, cut);
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

// One bad byte is found wherever it is, whatever the alignment and however long the text.
static void test_a_bad_byte_anywhere(void) {
    for (size_t length = 1; length <= 40; length++) {
        for (size_t offset = 0; offset < 8; offset++) {
            char bytes[48];
            memset(bytes, 'a', sizeof bytes);
            struct view text = {bytes + offset, length};
            CU_ASSERT(utf8_valid(text));
            for (size_t bad = 0; bad < length; bad++) {
                bytes[offset + bad] = (char)0xFF;
                CU_ASSERT_FALSE(utf8_valid(text));
                bytes[offset + bad] = (char)0x80;
                CU_ASSERT_FALSE(utf8_valid(text));
                bytes[offset + bad] = 'a';
            }
        }
    }
}

static void test_random_mixtures(void) {
    uint64_t random = 2;
    unsigned wrong = 0;
    unsigned good = 0;
    for (int round = 0; round < 200000; round++) {
        unsigned char bytes[64];
        size_t length = 0;
        size_t characters = 0;
        while (length < 56) {
            uint32_t character = (uint32_t)random_below(&random, (size_t)1 << (7 + random_below(&random, 14)));
            if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) {
                continue;
            }
            length += encode(character, bytes + length);
            characters++;
        }
        wrong += !valid(bytes, length) || utf8_length((struct view){(const char *)bytes, length}) != characters;
        bytes[random_below(&random, length)] = (unsigned char)random_next(&random);
        wrong += valid(bytes, length) != reference_valid(bytes, length);
        good += valid(bytes, length);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(good > 0);
}

static void test_nothing_is_valid(void) {
    CU_ASSERT(utf8_valid((struct view){0}));
    CU_ASSERT(utf8_valid(VIEW("")));
    CU_ASSERT_EQUAL(utf8_length((struct view){0}), 0);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"all sequences of up to three bytes", test_all_short_sequences},
        {"sequences of four bytes", test_sequences_of_four},
        {"every character", test_every_character},
        {"a bad byte anywhere", test_a_bad_byte_anywhere},
        {"random mixtures", test_random_mixtures},
        {"nothing is valid", test_nothing_is_valid},
        CU_TEST_INFO_NULL,
    };
    return unit_run("utf8", tests);
}
