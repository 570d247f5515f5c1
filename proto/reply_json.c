#include "proto/reply_json.h"

#include "proto/json_writer.h"
#include "proto/timestamp.h"

// buffer_append without a call where there is room, so that a literal is copied by a few moves: a list of ten reviews has
// two hundred of them.
static inline void append(struct buffer *out, struct view text) {
    if (out->capacity - out->length < text.length) {
        (void)buffer_reserve(out, text.length);
    }
    memcpy(out->data + out->length, text.data, text.length);
    out->length += text.length;
}

#define APPEND(out, literal) append(out, VIEW(literal))

// The members from response to the closing brace.
static void write_rest_of_review(struct buffer *out, const struct review *review) {
    APPEND(out, ",\"response\":");
    if (review->response.data == NULL) {
        APPEND(out, "null");
    } else {
        json_write_string(out, review->response);
    }
    APPEND(out, ",\"body\":");
    json_write_string(out, review->body);
    APPEND(out, ",\"date\":\"");
    timestamp_format(review->created_ms, buffer_reserve(out, TIMESTAMP_LENGTH));
    out->length += TIMESTAMP_LENGTH;
    APPEND(out, "\",\"reviewer_name\":");
    json_write_string(out, review->reviewer_name);
    APPEND(out, ",\"helpfulness\":");
    json_write_int(out, review->helpfulness);
    APPEND(out, ",\"photos\":");
    buffer_append(out, review->photos.data == NULL ? VIEW("[]") : review->photos);
    APPEND(out, "}");
}

void reply_json_review(struct buffer *out, const struct review *review) {
    APPEND(out, "{\"review_id\":");
    json_write_int(out, review->review_id);
    APPEND(out, ",\"rating\":");
    json_write_int(out, review->rating);
    APPEND(out, ",\"summary\":");
    json_write_string(out, review->summary);
    buffer_append(out, review->recommend ? VIEW(",\"recommend\":1") : VIEW(",\"recommend\":0"));
    write_rest_of_review(out, review);
}

void reply_json_list_begin(struct buffer *out, const struct list_request *asked) {
    APPEND(out, "{\"product\":");
    json_write_int(out, asked->product_id);
    APPEND(out, ",\"page\":");
    json_write_int(out, asked->page);
    APPEND(out, ",\"count\":");
    json_write_int(out, asked->count);
    APPEND(out, ",\"results\":[");
}

void reply_json_list_add(struct buffer *out, const struct review *review, bool is_first) {
    if (!is_first) {
        APPEND(out, ",");
    }
    reply_json_review(out, review);
}

void reply_json_list_end(struct buffer *out) {
    APPEND(out, "]}");
}

// Members "first": values[0], "first + 1": values[1]…, without braces.
static void write_counts(struct buffer *out, int first, const int32_t *values, int count) {
    for (int i = 0; i < count; i++) {
        buffer_append(out, i > 0 ? VIEW(",\"") : VIEW("\""));
        json_write_int(out, first + i);
        APPEND(out, "\":");
        json_write_int(out, values[i]);
    }
}

static void write_characteristics(struct buffer *out, const struct review_meta *meta) {
    bool is_first = true;
    for (int id = 0; id < CHARACTERISTIC_COUNT; id++) {
        if (meta->characteristic_count[id] > 0) {
            buffer_append(out, is_first ? VIEW("\"") : VIEW(",\""));
            buffer_append(out, view_of(characteristic_names[id]));
            APPEND(out, "\":{\"id\":");
            json_write_int(out, id);
            APPEND(out, ",\"value\":\"");
            json_write_mean(out, meta->characteristic_sum[id], meta->characteristic_count[id]);
            APPEND(out, "\"}");
            is_first = false;
        }
    }
}

void reply_json_meta(struct buffer *out, struct msgpack_reader *reader) {
    struct review_meta meta;
    reply_read_meta(reader, &meta);
    APPEND(out, "{\"product_id\":\"");
    json_write_int(out, meta.product_id);
    APPEND(out, "\",\"ratings\":{");
    write_counts(out, 1, meta.ratings, RATING_MAX);
    APPEND(out, "},\"recommended\":{");
    write_counts(out, 0, meta.recommended, COUNT_OF(meta.recommended));
    APPEND(out, "},\"characteristics\":{");
    write_characteristics(out, &meta);
    APPEND(out, "}}");
}

void reply_json_problem(struct buffer *out, const struct reply_problem *problem, struct msgpack_reader *reader) {
    APPEND(out, "{\"type\":\"/problems/");
    buffer_append(out, view_of(problem_slug(problem->problem)));
    APPEND(out, "\",\"title\":");
    json_write_string(out, view_of(problem_title(problem->problem)));
    APPEND(out, ",\"status\":");
    json_write_int(out, problem_status(problem->problem));
    APPEND(out, ",\"detail\":");
    json_write_string(out, problem->detail);
    for (uint32_t i = 0; i < problem->errors && !reader->failed; i++) {
        struct view field;
        struct view detail;
        reply_read_field_error(reader, &field, &detail);
        buffer_append(out, i == 0 ? VIEW(",\"errors\":[{\"field\":") : VIEW(",{\"field\":"));
        json_write_string(out, field);
        APPEND(out, ",\"detail\":");
        json_write_string(out, detail);
        APPEND(out, "}");
    }
    buffer_append(out, problem->errors > 0 ? VIEW("]}") : VIEW("}"));
}
