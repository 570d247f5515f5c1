// PostgreSQL's binary COPY.
#include "seed/binary_field.h"
#include "seed/encode.h"
#include "seed/moment.h"

enum {
#define COLUMN(name) COLUMN_##name,
#include "seed/columns.def"
#undef COLUMN
    COLUMN_COUNT
};

void encode_binary_begin(struct output *output) {
    static const char SIGNATURE[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};
    memcpy(output->end, SIGNATURE, sizeof SIGNATURE);
    output->end += sizeof SIGNATURE;
    // No flags, no header extension.
    output->end = binary_length(output->end, 0);
    output->end = binary_length(output->end, 0);
}

char *encode_binary_numbers(char *at, const struct review *review) {
    at = binary_count(at, COLUMN_COUNT);
    at = binary_64(at, review->review_id);
    at = binary_64(at, review->created_us - MOMENT_2000_US);
    at = binary_64(at, review->relevance_us - MOMENT_2000_US);
    at = binary_32(at, review->product_id);
    at = binary_32(at, review->helpfulness);
    at = binary_32(at, review->characteristics);
    at = binary_16(at, review->rating);
    at = binary_boolean(at, review->recommend);
    return binary_boolean(at, review->reported);
}

void encode_binary_length(char *start, const char *at) {
    binary_length(start - sizeof(int32_t), (int32_t)(at - start));
}

void encode_binary_end(struct output *output) {
    output->end = binary_count(output->end, -1);
}

void encode_binary_tally(struct output *output, const struct tally *tally) {
    char *at = binary_count(output->end, 2 + RATING_COUNT + 2 + 2 * CHARACTERISTIC_COUNT);
    at = binary_32(at, tally->product_id);
    at = binary_32(at, tally->next_n);
    for (uint32_t i = 0; i < RATING_COUNT; i++) {
        at = binary_32(at, tally->ratings[i]);
    }
    at = binary_32(at, tally->recommended[0]);
    at = binary_32(at, tally->recommended[1]);
    for (uint32_t i = 0; i < CHARACTERISTIC_COUNT; i++) {
        at = binary_32(at, tally->characteristic_sums[i]);
        at = binary_32(at, tally->characteristic_counts[i]);
    }
    output->end = at;
}
