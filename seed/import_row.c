// Records as rows.
#include "seed/import_row.h"

#include "seed/binary_field.h"

// Milliseconds from 1970 to 2000, from which PostgreSQL counts.
#define POSTGRES_EPOCH_MS INT64_C(946684800000)

// The tables' columns, as the functions below write them.
static const char *const TARGETS[LAYOUT_COUNT] = {
    [LAYOUT_ORIGINAL_REVIEWS] = "source_review",
    [LAYOUT_ORIGINAL_CHARACTERISTICS] = "source_values",
    [LAYOUT_ATELIER_REVIEWS] = "source_review",
    [LAYOUT_ATELIER_CHARACTERISTICS] = "source_characteristic",
    [LAYOUT_ATELIER_RATINGS] = "source_rating",
    [LAYOUT_ATELIER_PHOTOS] = "source_photo",
};

const char *import_row_target(enum layout layout) {
    return TARGETS[layout];
}

static void put_count(struct output *output, int16_t count) {
    output->end = binary_count(output->end, count);
}

static void field_16(struct output *output, uint32_t value) {
    output->end = binary_16(output->end, value);
}

static void field_32(struct output *output, uint32_t value) {
    output->end = binary_32(output->end, value);
}

static void field_64(struct output *output, int64_t value) {
    output->end = binary_64(output->end, value);
}

static void field_boolean(struct output *output, bool value) {
    output->end = binary_boolean(output->end, value);
}

static void field_null(struct output *output) {
    output->end = binary_length(output->end, BINARY_NULL);
}

static void field_text(struct output *output, struct view text) {
    output->end = binary_length(output->end, (int32_t)text.length);
    if (text.length > 0) {
        memcpy(output->end, text.data, text.length);
    }
    output->end += text.length;
}

static void field_optional(struct output *output, struct view text) {
    if (text.data == NULL || text.length == 0) {
        field_null(output);
    } else {
        field_text(output, text);
    }
}

static void put_review(struct output *output, int64_t place, const struct import_record *record) {
    put_count(output, 14);
    field_64(output, place);
    field_64(output, record->id);
    field_64(output, (record->created_ms - POSTGRES_EPOCH_MS) * 1000);
    field_32(output, record->product_id);
    field_32(output, record->helpfulness);
    field_16(output, record->rating);
    field_boolean(output, record->recommend);
    field_boolean(output, record->reported);
    field_text(output, record->summary);
    field_text(output, record->body);
    field_optional(output, record->response);
    field_text(output, record->reviewer_name);
    field_text(output, record->email);
    field_optional(output, buffer_view(&record->photos));
}

static void put_values(struct output *output, int64_t place, const struct import_record *record) {
    put_count(output, 3);
    field_64(output, place);
    field_32(output, record->product_id);
    field_32(output, record->characteristics);
}

static void put_characteristic(struct output *output, int64_t place, const struct import_record *record) {
    put_count(output, 4);
    field_64(output, place);
    field_64(output, record->id);
    field_32(output, record->product_id);
    field_16(output, record->characteristic);
}

static void put_rating(struct output *output, int64_t place, const struct import_record *record) {
    put_count(output, 4);
    field_64(output, place);
    field_64(output, record->characteristic_id);
    field_64(output, record->review_id);
    field_16(output, record->rating);
}

static void put_photo(struct output *output, int64_t place, const struct import_record *record) {
    put_count(output, 3);
    field_64(output, place);
    field_64(output, record->review_id);
    field_text(output, buffer_view(&record->photos));
}

void import_row_put(struct output *output, enum layout layout, int64_t place, const struct import_record *record) {
    switch (layout) {
    case LAYOUT_ORIGINAL_REVIEWS:
    case LAYOUT_ATELIER_REVIEWS: put_review(output, place, record); break;
    case LAYOUT_ORIGINAL_CHARACTERISTICS: put_values(output, place, record); break;
    case LAYOUT_ATELIER_CHARACTERISTICS: put_characteristic(output, place, record); break;
    case LAYOUT_ATELIER_RATINGS: put_rating(output, place, record); break;
    case LAYOUT_ATELIER_PHOTOS: put_photo(output, place, record); break;
    default: break;
    }
}

bool import_row_put_gap(struct output *output, enum layout layout, int64_t place, const struct import_record *record) {
    uint16_t nulls = layout == LAYOUT_ORIGINAL_REVIEWS ? 10 : 1;
    if (record->product_id == 0 || (layout != LAYOUT_ORIGINAL_REVIEWS && layout != LAYOUT_ORIGINAL_CHARACTERISTICS)) {
        return false;
    }
    if (layout == LAYOUT_ORIGINAL_REVIEWS) {
        put_count(output, 14);
        field_64(output, place);
        field_null(output);
        field_null(output);
        field_32(output, record->product_id);
    } else {
        put_count(output, 3);
        field_64(output, place);
        field_32(output, record->product_id);
    }
    while (nulls-- > 0) {
        field_null(output);
    }
    return true;
}
