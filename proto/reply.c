#include "proto/reply.h"

#include "proto/http_method.h"
#include "proto/msgpack_writer.h"
#include "proto/timestamp.h"

// How many values the parts of a reply have, each part an array in the order of its struct.
enum {
    REVIEW_VALUES = 10,
    META_VALUES = 1 + RATING_MAX + 2 + 2 * CHARACTERISTIC_COUNT,
    PROBLEM_VALUES = 5,
    FIELD_ERROR_VALUES = 2,
    ALLOW_MAX = (1 << METHOD_COUNT) - 1
};

void reply_pack_kind(struct message **reply, enum reply_kind kind) {
    msgpack_write_int(reply, kind);
}

void reply_pack_body(struct message **reply, struct view body) {
    reply_pack_kind(reply, REPLY_BODY);
    msgpack_write_text(reply, body);
}

void reply_pack_review(struct message **reply, const struct review *review) {
    msgpack_write_array(reply, REVIEW_VALUES);
    msgpack_write_int(reply, review->review_id);
    msgpack_write_int(reply, review->created_ms);
    msgpack_write_int(reply, review->rating);
    msgpack_write_int(reply, review->helpfulness);
    msgpack_write_bool(reply, review->recommend);
    msgpack_write_text(reply, review->summary);
    msgpack_write_text(reply, review->body);
    msgpack_write_text(reply, review->response);
    msgpack_write_text(reply, review->reviewer_name);
    msgpack_write_text(reply, review->photos);
}

static void pack_ints(struct message **reply, const int32_t *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        msgpack_write_int(reply, values[i]);
    }
}

void reply_pack_meta(struct message **reply, const struct review_meta *meta) {
    reply_pack_kind(reply, REPLY_META);
    msgpack_write_array(reply, META_VALUES);
    msgpack_write_int(reply, meta->product_id);
    pack_ints(reply, meta->ratings, COUNT_OF(meta->ratings));
    pack_ints(reply, meta->recommended, COUNT_OF(meta->recommended));
    pack_ints(reply, meta->characteristic_sum, COUNT_OF(meta->characteristic_sum));
    pack_ints(reply, meta->characteristic_count, COUNT_OF(meta->characteristic_count));
}

void reply_pack_options(struct message **reply, uint32_t allow) {
    reply_pack_kind(reply, REPLY_OPTIONS);
    msgpack_write_int(reply, allow);
}

void reply_pack_file(struct message **reply, uint32_t file, bool is_known) {
    reply_pack_kind(reply, REPLY_FILE);
    msgpack_write_int(reply, file);
    msgpack_write_bool(reply, is_known);
}

void reply_pack_problem(struct message **reply, enum problem problem, struct view detail, uint32_t allow,
    uint32_t retry_after_s, const struct field_errors *errors) {
    uint32_t count = errors == NULL ? 0 : (uint32_t)errors->count;
    reply_pack_kind(reply, REPLY_PROBLEM);
    msgpack_write_array(reply, PROBLEM_VALUES);
    msgpack_write_int(reply, problem);
    msgpack_write_text(reply, detail);
    msgpack_write_int(reply, allow);
    msgpack_write_int(reply, retry_after_s);
    msgpack_write_int(reply, count);
    for (uint32_t i = 0; i < count; i++) {
        msgpack_write_array(reply, FIELD_ERROR_VALUES);
        msgpack_write_text(reply, view_of(errors->errors[i].field));
        msgpack_write_text(reply, view_of(errors->errors[i].detail));
    }
}

static void open_array(struct msgpack_reader *reader, uint32_t values) {
    if (msgpack_read_array(reader, values) != values) {
        reader->failed = true;
    }
}

static int32_t read_natural(struct msgpack_reader *reader) {
    return (int32_t)msgpack_read_int_within(reader, 0, INT32_MAX);
}

enum reply_kind reply_read_kind(struct msgpack_reader *reader) {
    return (enum reply_kind)msgpack_read_int_within(reader, 0, REPLY_KIND_COUNT - 1);
}

struct view reply_read_body(struct msgpack_reader *reader) {
    return msgpack_read_text(reader);
}

void reply_read_review(struct msgpack_reader *reader, struct review *review) {
    open_array(reader, REVIEW_VALUES);
    review->review_id = msgpack_read_int_within(reader, 1, REVIEW_ID_MAX);
    review->created_ms = msgpack_read_int_within(reader, TIMESTAMP_MIN_MS, TIMESTAMP_MAX_MS);
    review->rating = (int32_t)msgpack_read_int_within(reader, 1, RATING_MAX);
    review->helpfulness = read_natural(reader);
    review->recommend = msgpack_read_bool(reader);
    review->summary = msgpack_read_text(reader);
    review->body = msgpack_read_text(reader);
    review->response = msgpack_read_text(reader);
    review->reviewer_name = msgpack_read_text(reader);
    review->photos = msgpack_read_text(reader);
}

static void read_naturals(struct msgpack_reader *reader, int32_t *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        values[i] = read_natural(reader);
    }
}

void reply_read_meta(struct msgpack_reader *reader, struct review_meta *meta) {
    open_array(reader, META_VALUES);
    meta->product_id = read_natural(reader);
    read_naturals(reader, meta->ratings, COUNT_OF(meta->ratings));
    read_naturals(reader, meta->recommended, COUNT_OF(meta->recommended));
    read_naturals(reader, meta->characteristic_sum, COUNT_OF(meta->characteristic_sum));
    read_naturals(reader, meta->characteristic_count, COUNT_OF(meta->characteristic_count));
}

uint32_t reply_read_options(struct msgpack_reader *reader) {
    return (uint32_t)msgpack_read_int_within(reader, 0, ALLOW_MAX);
}

uint32_t reply_read_file(struct msgpack_reader *reader, bool *is_known) {
    uint32_t file = (uint32_t)msgpack_read_int_within(reader, 0, UINT32_MAX);
    *is_known = msgpack_read_bool(reader);
    return file;
}

void reply_read_problem(struct msgpack_reader *reader, struct reply_problem *problem) {
    open_array(reader, PROBLEM_VALUES);
    problem->problem = (enum problem)msgpack_read_int_within(reader, 0, PROBLEM_COUNT - 1);
    problem->detail = msgpack_read_text(reader);
    problem->allow = (uint32_t)msgpack_read_int_within(reader, 0, ALLOW_MAX);
    problem->retry_after_s = (uint32_t)msgpack_read_int_within(reader, 0, UINT32_MAX);
    problem->errors = (uint32_t)msgpack_read_int_within(reader, 0, FIELD_ERRORS_MAX);
}

void reply_read_field_error(struct msgpack_reader *reader, struct view *field, struct view *detail) {
    open_array(reader, FIELD_ERROR_VALUES);
    *field = msgpack_read_text(reader);
    *detail = msgpack_read_text(reader);
}
