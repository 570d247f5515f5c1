#include "pg/result.h"

#include "pg/binary.h"

int64_t result_int(const PGresult *result, int row, int column) {
    const char *value = PQgetvalue(result, row, column);
    switch (PQgetlength(result, row, column)) {
    case 2: return binary_read_int16(value);
    case 4: return binary_read_int32(value);
    case 8: return binary_read_int64(value);
    default: return 0;
    }
}

bool result_bool(const PGresult *result, int row, int column) {
    return PQgetlength(result, row, column) == 1 && PQgetvalue(result, row, column)[0] != 0;
}

struct view result_text(const PGresult *result, int row, int column) {
    if (PQgetisnull(result, row, column)) {
        return (struct view){NULL, 0};
    }
    return (struct view){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

int64_t result_timestamp_ms(const PGresult *result, int row, int column) {
    return binary_timestamp_to_ms(result_int(result, row, column));
}

int result_place(const PGresult *result, int row, int count) {
    int64_t place = result_int(result, row, 0);
    return place >= 1 && place <= count ? (int)place - 1 : -1;
}

void result_review(const PGresult *result, int row, struct review *review) {
    int column = 1;
    review->review_id = result_int(result, row, column++);
    review->created_ms = result_timestamp_ms(result, row, column++);
    review->helpfulness = (int32_t)result_int(result, row, column++);
    review->rating = (int32_t)result_int(result, row, column++);
    review->recommend = result_bool(result, row, column++);
    review->summary = result_text(result, row, column++);
    review->body = result_text(result, row, column++);
    review->response = result_text(result, row, column++);
    review->reviewer_name = result_text(result, row, column++);
    review->photos = result_text(result, row, column);
}

void result_meta(const PGresult *result, int row, struct review_meta *meta) {
    int column = 1;
    meta->product_id = (int32_t)result_int(result, row, column++);
    for (size_t i = 0; i < COUNT_OF(meta->ratings); i++) {
        meta->ratings[i] = (int32_t)result_int(result, row, column++);
    }
    for (size_t i = 0; i < COUNT_OF(meta->recommended); i++) {
        meta->recommended[i] = (int32_t)result_int(result, row, column++);
    }
    for (size_t i = 0; i < CHARACTERISTIC_COUNT; i++) {
        meta->characteristic_sum[i] = (int32_t)result_int(result, row, column++);
        meta->characteristic_count[i] = (int32_t)result_int(result, row, column++);
    }
}
