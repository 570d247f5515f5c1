#include "proto/msgpack_reader.h"

// The first bytes of values (msgpack specification, "Formats").
enum {
    POSITIVE_FIXINT_MAX = 0x7F,
    FIXARRAY = 0x90, // | count, of 4 bits
    FIXSTR = 0xA0,   // | length, of 5 bits
    NIL = 0xC0,
    FALSE_VALUE = 0xC2,
    TRUE_VALUE = 0xC3,
    BIN_8 = 0xC4, // then BIN_16 and BIN_32
    BIN_32 = 0xC6,
    UINT_8 = 0xCC, // then UINT_16, UINT_32 and UINT_64
    UINT_64 = 0xCF,
    INT_8 = 0xD0, // then INT_16, INT_32 and INT_64
    INT_64 = 0xD3,
    STR_8 = 0xD9, // then STR_16 and STR_32
    STR_32 = 0xDB,
    ARRAY_16 = 0xDC,
    ARRAY_32 = 0xDD,
    NEGATIVE_FIXINT = 0xE0
};

void msgpack_reader_init(struct msgpack_reader *reader, struct view bytes) {
    const unsigned char *begin = (const unsigned char *)bytes.data;
    *reader = (struct msgpack_reader){.position = begin, .end = bytes.length > 0 ? begin + bytes.length : begin};
}

static size_t bytes_left(const struct msgpack_reader *reader) {
    return (size_t)(reader->end - reader->position);
}

// Takes a value's first byte; false (and the reader has failed) when there is none.
static bool take_format(struct msgpack_reader *reader, unsigned *format) {
    if (reader->failed || reader->position == reader->end) {
        reader->failed = true;
        return false;
    }
    *format = *reader->position++;
    return true;
}

// Takes an unsigned big-endian number of `width` bytes; 0 and failed when they are not there.
static uint64_t take_number(struct msgpack_reader *reader, unsigned width) {
    if (bytes_left(reader) < width) {
        reader->failed = true;
        return 0;
    }
    uint64_t number = 0;
    for (unsigned i = 0; i < width; i++) {
        number = number << 8 | *reader->position++;
    }
    return number;
}

static int64_t fail_int(struct msgpack_reader *reader) {
    reader->failed = true;
    return 0;
}

int64_t msgpack_read_int(struct msgpack_reader *reader) {
    unsigned format;
    if (!take_format(reader, &format)) {
        return 0;
    }
    if (format <= POSITIVE_FIXINT_MAX) {
        return format;
    }
    if (format >= NEGATIVE_FIXINT) {
        return (int64_t)format - 0x100;
    }
    if (format >= UINT_8 && format <= UINT_64) {
        uint64_t number = take_number(reader, 1U << (format - UINT_8));
        return number <= INT64_MAX ? (int64_t)number : fail_int(reader);
    }
    if (format >= INT_8 && format <= INT_64) {
        unsigned width = 1U << (format - INT_8);
        uint64_t sign = UINT64_C(1) << (8 * width - 1);
        // Sign extension of a two's complement number of `width` bytes ("Hacker's Delight", Warren).
        return (int64_t)((take_number(reader, width) ^ sign) - sign);
    }
    return fail_int(reader);
}

int64_t msgpack_read_int_within(struct msgpack_reader *reader, int64_t low, int64_t high) {
    int64_t value = msgpack_read_int(reader);
    if (value < low || value > high) {
        reader->failed = true;
        return low;
    }
    return value;
}

bool msgpack_read_bool(struct msgpack_reader *reader) {
    unsigned format;
    if (!take_format(reader, &format)) {
        return false;
    }
    reader->failed = format != FALSE_VALUE && format != TRUE_VALUE;
    return format == TRUE_VALUE;
}

struct view msgpack_read_text(struct msgpack_reader *reader) {
    const struct view absent = {0};
    unsigned format;
    if (!take_format(reader, &format) || format == NIL) {
        return absent;
    }
    uint64_t length = 0;
    if ((format & 0xE0) == FIXSTR) {
        length = format & 0x1F;
    } else if (format >= STR_8 && format <= STR_32) {
        length = take_number(reader, 1U << (format - STR_8));
    } else if (format >= BIN_8 && format <= BIN_32) {
        length = take_number(reader, 1U << (format - BIN_8));
    } else {
        reader->failed = true;
    }
    if (reader->failed || length > bytes_left(reader)) {
        reader->failed = true;
        return absent;
    }
    struct view text = {(const char *)reader->position, (size_t)length};
    reader->position += length;
    return text;
}

uint32_t msgpack_read_array(struct msgpack_reader *reader, uint32_t limit) {
    unsigned format;
    if (!take_format(reader, &format)) {
        return 0;
    }
    uint64_t count = 0;
    if ((format & 0xF0) == FIXARRAY) {
        count = format & 0x0F;
    } else if (format == ARRAY_16 || format == ARRAY_32) {
        count = take_number(reader, format == ARRAY_16 ? 2 : 4);
    } else {
        reader->failed = true;
    }
    // Every element takes a byte at least.
    if (reader->failed || count > limit || count > bytes_left(reader)) {
        reader->failed = true;
        return 0;
    }
    return (uint32_t)count;
}

bool msgpack_reader_done(const struct msgpack_reader *reader) {
    return !reader->failed && reader->position == reader->end;
}
