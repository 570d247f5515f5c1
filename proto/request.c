#include "proto/request.h"

#include "proto/msgpack_reader.h"
#include "proto/msgpack_writer.h"
#include "proto/timestamp.h"

// How many values each request has, all in one array, in the order of its struct.
enum {
    LIST_VALUES = 4,
    KEY_VALUES = 2,
    ADD_VALUES = 10,
    CHARACTERISTICS_MAX = (1 << CHARACTERISTIC_BITS * CHARACTERISTIC_COUNT) - 1
};

void request_pack_list(struct message **message, const struct list_request *request) {
    msgpack_write_array(message, LIST_VALUES);
    msgpack_write_int(message, request->product_id);
    msgpack_write_int(message, request->count);
    msgpack_write_int(message, request->page);
    msgpack_write_int(message, request->sort);
}

void request_pack_key(struct message **message, const struct key_request *request) {
    msgpack_write_array(message, KEY_VALUES);
    msgpack_write_int(message, request->product_id);
    msgpack_write_int(message, request->review_id);
}

void request_pack_add(struct message **message, const struct add_request *request) {
    msgpack_write_array(message, ADD_VALUES);
    msgpack_write_int(message, request->product_id);
    msgpack_write_int(message, request->rating);
    msgpack_write_int(message, request->characteristics);
    msgpack_write_bool(message, request->recommend);
    msgpack_write_int(message, request->created_ms);
    msgpack_write_text(message, request->summary);
    msgpack_write_text(message, request->body);
    msgpack_write_text(message, request->reviewer_name);
    msgpack_write_text(message, request->email);
    msgpack_write_text(message, request->photos);
}

static struct msgpack_reader open_array(struct view payload, uint32_t values) {
    struct msgpack_reader reader;
    msgpack_reader_init(&reader, payload);
    reader.failed = msgpack_read_array(&reader, values) != values;
    return reader;
}

bool request_unpack_list(struct view payload, struct list_request *request) {
    struct msgpack_reader reader = open_array(payload, LIST_VALUES);
    request->product_id = (int32_t)msgpack_read_int_within(&reader, 1, PRODUCT_ID_MAX);
    request->count = (int32_t)msgpack_read_int_within(&reader, 1, INT32_MAX);
    request->page = (int32_t)msgpack_read_int_within(&reader, 0, INT32_MAX);
    request->sort = (enum review_sort)msgpack_read_int_within(&reader, 0, SORT_COUNT - 1);
    return msgpack_reader_done(&reader);
}

bool request_unpack_key(struct view payload, struct key_request *request) {
    struct msgpack_reader reader = open_array(payload, KEY_VALUES);
    request->product_id = (int32_t)msgpack_read_int_within(&reader, 1, PRODUCT_ID_MAX);
    request->review_id = msgpack_read_int_within(&reader, 0, REVIEW_ID_MAX);
    return msgpack_reader_done(&reader);
}

bool request_unpack_add(struct view payload, struct add_request *request) {
    struct msgpack_reader reader = open_array(payload, ADD_VALUES);
    request->product_id = (int32_t)msgpack_read_int_within(&reader, 1, PRODUCT_ID_MAX);
    request->rating = (int32_t)msgpack_read_int_within(&reader, 1, RATING_MAX);
    request->characteristics = (int32_t)msgpack_read_int_within(&reader, 0, CHARACTERISTICS_MAX);
    request->recommend = msgpack_read_bool(&reader);
    request->created_ms = msgpack_read_int_within(&reader, TIMESTAMP_MIN_MS, TIMESTAMP_MAX_MS);
    request->summary = msgpack_read_text(&reader);
    request->body = msgpack_read_text(&reader);
    request->reviewer_name = msgpack_read_text(&reader);
    request->email = msgpack_read_text(&reader);
    request->photos = msgpack_read_text(&reader);
    bool complete = request->summary.data != NULL && request->body.data != NULL &&
                    request->reviewer_name.data != NULL && request->email.data != NULL;
    return msgpack_reader_done(&reader) && complete;
}
