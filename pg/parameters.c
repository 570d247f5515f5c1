#include "pg/parameters.h"

#include "pg/binary.h"

void parameters_reset(struct parameters *parameters) {
    parameters->bytes.length = 0;
    parameters->count = 0;
}

void parameters_free(struct parameters *parameters) {
    buffer_free(&parameters->bytes);
    parameters->count = 0;
}

static void begin(struct parameters *parameters, int length) {
    int index = parameters->count++;
    parameters->offsets[index] = parameters->bytes.length;
    parameters->lengths[index] = length;
    parameters->formats[index] = 1;
}

static void put_int32(struct buffer *out, int32_t value) {
    binary_write_int32(buffer_reserve(out, 4), value);
    out->length += 4;
}

static void put_int64(struct buffer *out, int64_t value) {
    binary_write_int64(buffer_reserve(out, 8), value);
    out->length += 8;
}

void parameters_add_int16(struct parameters *parameters, int16_t value) {
    begin(parameters, 2);
    char bytes[2] = {(char)((uint16_t)value >> 8), (char)value};
    buffer_append(&parameters->bytes, (struct view){bytes, 2});
}

void parameters_add_int32(struct parameters *parameters, int32_t value) {
    begin(parameters, 4);
    put_int32(&parameters->bytes, value);
}

void parameters_add_int64(struct parameters *parameters, int64_t value) {
    begin(parameters, 8);
    put_int64(&parameters->bytes, value);
}

void parameters_add_bool(struct parameters *parameters, bool value) {
    begin(parameters, 1);
    buffer_append(&parameters->bytes, value ? VIEW("\1") : VIEW("\0"));
}

void parameters_add_text(struct parameters *parameters, struct view text) {
    begin(parameters, text.data == NULL ? -1 : (int)text.length);
    buffer_append(&parameters->bytes, text);
}

void parameters_add_timestamp(struct parameters *parameters, int64_t ms) {
    parameters_add_int64(parameters, binary_timestamp_from_ms(ms));
}

// The binary form of an array (PostgreSQL, array_recv): dimensions, has-nulls, element type, then for the one dimension its
// size and lower bound, then each element behind its length.
static void begin_array(struct parameters *parameters, size_t count, int32_t element_type, size_t element_bytes) {
    begin(parameters, (int)(20 + count * 4 + element_bytes));
    struct buffer *out = &parameters->bytes;
    put_int32(out, 1);
    put_int32(out, 0);
    put_int32(out, element_type);
    put_int32(out, (int32_t)count);
    put_int32(out, 1);
}

void parameters_begin_int32_array(struct parameters *parameters, size_t count) {
    begin_array(parameters, count, BINARY_TYPE_INT32, count * 4);
}

void parameters_begin_int64_array(struct parameters *parameters, size_t count) {
    begin_array(parameters, count, BINARY_TYPE_INT64, count * 8);
}

void parameters_begin_bytes_array(struct parameters *parameters, size_t count, size_t bytes) {
    begin_array(parameters, count, BINARY_TYPE_BYTES, bytes);
}

void parameters_add_int32_element(struct parameters *parameters, int32_t value) {
    put_int32(&parameters->bytes, 4);
    put_int32(&parameters->bytes, value);
}

void parameters_add_int64_element(struct parameters *parameters, int64_t value) {
    put_int32(&parameters->bytes, 8);
    put_int64(&parameters->bytes, value);
}

void parameters_add_bytes_element(struct parameters *parameters, struct view value) {
    put_int32(&parameters->bytes, (int32_t)value.length);
    buffer_append(&parameters->bytes, value);
}

void parameters_finish(struct parameters *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        parameters->values[i] = parameters->lengths[i] < 0 ? NULL : parameters->bytes.data + parameters->offsets[i];
    }
}
