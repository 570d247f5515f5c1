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

static void put_64(struct output *output, uint64_t value) {
    value = htobe64(value);
    memcpy(output->end, &value, sizeof value);
    output->end += sizeof value;
}

static void field_16(struct output *output, uint32_t value) {
    put_32(output, 2);
    put_16(output, (uint16_t)value);
}

static void field_32(struct output *output, uint32_t value) {
    put_32(output, 4);
    put_32(output, value);
}

static void field_64(struct output *output, int64_t value) {
    put_32(output, 8);
    put_64(output, (uint64_t)value);
}

static void field_boolean(struct output *output, bool value) {
    put_32(output, 1);
    *output->end++ = value ? 1 : 0;
}

static void field_text(struct output *output, struct view text) {
    if (text.data == NULL) {
        put_32(output, UINT32_MAX);
        return;
    }
    put_32(output, (uint32_t)text.length);
    memcpy(output->end, text.data, text.length);
    output->end += text.length;
}

void encode_binary_begin(struct output *output) {
    static const char SIGNATURE[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};
    memcpy(output->end, SIGNATURE, sizeof SIGNATURE);
    output->end += sizeof SIGNATURE;
    // No flags, no header extension.
    put_32(output, 0);
    put_32(output, 0);
}

void encode_binary_review(struct output *output, const struct review *review) {
    put_16(output, COLUMN_COUNT);
    field_64(output, review->review_id);
    field_64(output, review->created_us - MOMENT_2000_US);
    field_64(output, review->relevance_us - MOMENT_2000_US);
    field_32(output, review->product_id);
    field_32(output, review->helpfulness);
    field_32(output, review->characteristics);
    field_16(output, review->rating);
    field_boolean(output, review->recommend);
    field_boolean(output, review->reported);
    field_text(output, review->summary);
    field_text(output, review->body);
    field_text(output, review->response);
    field_text(output, review->reviewer_name);
    field_text(output, review->email);
    field_text(output, review->photos);
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
