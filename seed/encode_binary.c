// PostgreSQL's binary COPY: big-endian, each field behind its length, -1 for null (PostgreSQL manual, COPY, "Binary
// Format").
#include <endian.h>

#include "seed/encode.h"
#include "seed/moment.h"

enum {
#define COLUMN(name) COLUMN_##name,
#include "seed/columns.def"
#undef COLUMN
    COLUMN_COUNT
};

static void put_16(struct output *output, uint16_t value) {
    value = htobe16(value);
    memcpy(output->end, &value, sizeof value);
    output->end += sizeof value;
}

static void put_32(struct output *output, uint32_t value) {
    value = htobe32(value);
    memcpy(output->end, &value, sizeof value);
    output->end += sizeof value;
}

static void field_32(struct output *output, uint32_t value) {
    put_32(output, 4);
    put_32(output, value);
}

void encode_binary_begin(struct output *output) {
    static const char SIGNATURE[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};
    memcpy(output->end, SIGNATURE, sizeof SIGNATURE);
    output->end += sizeof SIGNATURE;
    // No flags, no header extension.
    put_32(output, 0);
    put_32(output, 0);
}

// A field of so many bytes behind its length.
static char *number_16(char *at, uint32_t value) {
    uint32_t length = htobe32(2);
    uint16_t field = htobe16((uint16_t)value);
    memcpy(at, &length, sizeof length);
    memcpy(at + sizeof length, &field, sizeof field);
    return at + sizeof length + sizeof field;
}

static char *number_32(char *at, uint32_t value) {
    uint32_t field[2] = {htobe32(4), htobe32(value)};
    memcpy(at, field, sizeof field);
    return at + sizeof field;
}

static char *number_64(char *at, int64_t value) {
    uint32_t length = htobe32(8);
    uint64_t field = htobe64((uint64_t)value);
    memcpy(at, &length, sizeof length);
    memcpy(at + sizeof length, &field, sizeof field);
    return at + sizeof length + sizeof field;
}

static char *number_boolean(char *at, bool value) {
    uint32_t length = htobe32(1);
    memcpy(at, &length, sizeof length);
    at[sizeof length] = value ? 1 : 0;
    return at + sizeof length + 1;
}

char *encode_binary_numbers(char *at, const struct review *review) {
    uint16_t columns = htobe16(COLUMN_COUNT);
    memcpy(at, &columns, sizeof columns);
    at = number_64(at + sizeof columns, review->review_id);
    at = number_64(at, review->created_us - MOMENT_2000_US);
    at = number_64(at, review->relevance_us - MOMENT_2000_US);
    at = number_32(at, review->product_id);
    at = number_32(at, review->helpfulness);
    at = number_32(at, review->characteristics);
    at = number_16(at, review->rating);
    at = number_boolean(at, review->recommend);
    return number_boolean(at, review->reported);
}

void encode_binary_length(char *start, const char *at) {
    uint32_t length = htobe32((uint32_t)(at - start));
    memcpy(start - sizeof length, &length, sizeof length);
}

void encode_binary_end(struct output *output) {
    put_16(output, UINT16_MAX);
}

void encode_binary_tally(struct output *output, const struct tally *tally) {
    put_16(output, 2 + RATING_COUNT + 2 + 2 * CHARACTERISTIC_COUNT);
    field_32(output, tally->product_id);
    field_32(output, tally->next_n);
    for (uint32_t i = 0; i < RATING_COUNT; i++) {
        field_32(output, tally->ratings[i]);
    }
    field_32(output, tally->recommended[0]);
    field_32(output, tally->recommended[1]);
    for (uint32_t i = 0; i < CHARACTERISTIC_COUNT; i++) {
        field_32(output, tally->characteristic_sums[i]);
        field_32(output, tally->characteristic_counts[i]);
    }
}
