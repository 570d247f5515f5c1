#include "proto/review_body.h"

#include "proto/json_tokens.h"
#include "proto/json_writer.h"
#include "proto/review_text.h"
#include "proto/timestamp.h"
#include "proto/utf8.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#define MS_PER_HOUR INT64_C(3600000)
#define INTEGER_FAULT "must be an integer from 1 to 5"

// A JSON object that is being read, and where what is wrong with it goes.
struct fields {
    struct json_object *object;
    struct field_errors *errors;
};

static void add_error(struct field_errors *errors, const char *field, const char *detail) {
    if (errors->count < COUNT_OF(errors->errors)) {
        struct field_error *error = &errors->errors[errors->count++];
        snprintf(error->field, sizeof error->field, "%s", field);
        snprintf(error->detail, sizeof error->detail, "%s", detail);
    }
}

// The member's value; null (with an error, if it is required) when it is absent or null.
static struct json_object *member(const struct fields *fields, const char *name, bool is_required) {
    struct json_object *value = NULL;
    if ((!json_object_object_get_ex(fields->object, name, &value) || value == NULL) && is_required) {
        add_error(fields->errors, name, "is required");
    }
    return value;
}

static struct view string_of(struct json_object *value) {
    return (struct view){json_object_get_string(value), (size_t)json_object_get_string_len(value)};
}

// Whether the value is an integer (written as one: 5.0 is not) from low to high.
static bool read_integer(struct json_object *value, int64_t low, int64_t high, int32_t *integer) {
    if (!json_object_is_type(value, json_type_int)) {
        return false;
    }
    int64_t number = json_object_get_int64(value); // beyond its range: the nearest limit
    *integer = (int32_t)number;
    return number >= low && number <= high;
}

static void read_rating(const struct fields *fields, int32_t *rating) {
    struct json_object *value = member(fields, "rating", true);
    if (value != NULL && !read_integer(value, 1, RATING_MAX, rating)) {
        add_error(fields->errors, "rating", INTEGER_FAULT);
    }
}

static void read_recommend(const struct fields *fields, bool *recommend) {
    struct json_object *value = member(fields, "recommend", true);
    int32_t number = 0;
    if (json_object_is_type(value, json_type_boolean)) {
        *recommend = json_object_get_boolean(value);
    } else if (value != NULL && !read_integer(value, 0, 1, &number)) {
        add_error(fields->errors, "recommend", "must be true, false, 0 or 1");
    } else {
        *recommend = number == 1;
    }
}

static void read_text(const struct fields *fields, const char *name, bool is_required,
    const char *(*fault_of)(struct view text), struct view *text) {
    struct json_object *value = member(fields, name, is_required);
    if (value == NULL) {
        *text = VIEW("");
        return;
    }
    if (!json_object_is_type(value, json_type_string)) {
        add_error(fields->errors, name, "must be a string");
        return;
    }
    *text = string_of(value);
    const char *fault = fault_of(*text);
    if (fault != NULL) {
        add_error(fields->errors, name, fault);
    }
}

static void read_photo(const struct fields *fields, size_t index, struct json_object *value, struct buffer *photos) {
    const char *fault = "must be a string";
    if (json_object_is_type(value, json_type_string)) {
        fault = review_photo_url_fault(string_of(value));
    }
    if (fault != NULL) {
        char field[sizeof((struct field_error *)NULL)->field];
        snprintf(field, sizeof field, "photos[%zu]", index);
        add_error(fields->errors, field, fault);
        return;
    }
    buffer_append(photos, index == 0 ? VIEW("[{\"url\":") : VIEW(",{\"url\":"));
    json_write_string(photos, string_of(value));
    buffer_append(photos, VIEW(",\"thumbnail_url\":"));
    json_write_string(photos, string_of(value));
    buffer_append(photos, VIEW("}"));
}

static void read_photos(const struct fields *fields, struct buffer *photos) {
    struct json_object *value = member(fields, "photos", false);
    if (value == NULL) {
        return;
    }
    if (!json_object_is_type(value, json_type_array)) {
        add_error(fields->errors, "photos", "must be an array of URLs");
        return;
    }
    size_t count = json_object_array_length(value);
    if (count > PHOTOS_MAX) {
        add_error(fields->errors, "photos", "must have at most 5 URLs");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        read_photo(fields, i, json_object_array_get_idx(value, i), photos);
    }
    if (count > 0) {
        buffer_append(photos, VIEW("]"));
    }
}

static void read_date(const struct fields *fields, int64_t now_ms, int64_t *created_ms) {
    *created_ms = now_ms;
    struct json_object *value = member(fields, "date", false);
    if (value == NULL) {
        return;
    }
    if (!json_object_is_type(value, json_type_string) || !timestamp_parse(string_of(value), created_ms)) {
        add_error(fields->errors, "date",
            "must be an ISO 8601 date from 1970 on, such as 2024-12-26 or 2024-12-26T10:12:05Z");
    } else if (*created_ms > now_ms + DATE_AHEAD_MAX_H * MS_PER_HOUR) {
        add_error(fields->errors, "date", "must not lie more than 24 hours in the future");
    }
}

enum {
    KEY_IGNORED = -1, // a number that is no id
    KEY_UNKNOWN = -2
};

// The id of the characteristic that the key names.
static int characteristic_of(const char *key) {
    for (int id = 0; id < CHARACTERISTIC_COUNT; id++) {
        if (strcmp(key, characteristic_names[id]) == 0 || (key[0] == '0' + id && key[1] == 0)) {
            return id;
        }
    }
    return key[0] != 0 && key[strspn(key, "0123456789")] == 0 ? KEY_IGNORED : KEY_UNKNOWN;
}

// Reports a wrong characteristic by its key, or without it if the key is none to be repeated.
static void add_characteristic_error(const struct fields *fields, const char *key, const char *detail) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t length = strlen(key);
    char field[sizeof((struct field_error *)NULL)->field] = "characteristics";
    size_t name = strlen(field);
    if (length > 0 && name + 1 + length < sizeof field && strspn(key, plain) == length) {
        snprintf(field + name, sizeof field - name, ".%s", key);
    }
    add_error(fields->errors, field, detail);
}

static void read_characteristic(
    const struct fields *fields, const char *key, struct json_object *value, int32_t *characteristics) {
    int id = characteristic_of(key);
    if (id == KEY_UNKNOWN) {
        add_characteristic_error(
            fields, key, "is not one of Fit, Length, Comfort, Quality, Width, Size or their ids 0 to 5");
        return;
    }
    if (id == KEY_IGNORED || value == NULL) {
        return;
    }
    int32_t rating;
    if (!read_integer(value, 1, RATING_MAX, &rating)) {
        add_characteristic_error(fields, key, INTEGER_FAULT);
        return;
    }
    int shift = id * CHARACTERISTIC_BITS;
    if ((*characteristics >> shift & ((1 << CHARACTERISTIC_BITS) - 1)) != 0) {
        add_characteristic_error(fields, key, "is rated twice, by name and by id");
        return;
    }
    *characteristics |= rating << shift;
}

static void read_characteristics(const struct fields *fields, int32_t *characteristics) {
    struct json_object *value = member(fields, "characteristics", false);
    *characteristics = 0;
    if (value == NULL) {
        return;
    }
    if (!json_object_is_type(value, json_type_object)) {
        add_error(fields->errors, "characteristics", "must be an object of ratings by name or id");
        return;
    }
    struct json_object_iterator end = json_object_iter_end(value);
    for (struct json_object_iterator at = json_object_iter_begin(value); !json_object_iter_equal(&at, &end);
         json_object_iter_next(&at)) {
        read_characteristic(fields, json_object_iter_peek_name(&at), json_object_iter_peek_value(&at), characteristics);
    }
}

// How many members all objects of the value have together. It is at most BODY_DEPTH_MAX deep.
static size_t count_members(struct json_object *value) {
    size_t members = 0;
    if (json_object_is_type(value, json_type_object)) {
        struct json_object_iterator end = json_object_iter_end(value);
        for (struct json_object_iterator at = json_object_iter_begin(value); !json_object_iter_equal(&at, &end);
             json_object_iter_next(&at)) {
            members += 1 + count_members(json_object_iter_peek_value(&at));
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            members += count_members(json_object_array_get_idx(value, i));
        }
    }
    return members;
}

// Parses the text; returns null, or why there is no document.
static const char *parse_structure(struct view json, struct json_object **document) {
    struct json_tokener *tokener = json_tokener_new_ex(BODY_DEPTH_MAX + 1); // it counts scalars, too
    if (tokener == NULL) {
        abort(); // out of memory, as in core/memory.h
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    *document = json_tokener_parse_ex(tokener, json.data, (int)json.length);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    switch (error) {
    case json_tokener_success: return NULL;
    case json_tokener_continue: return "The body ends before its JSON does.";
    default: return "The body is not JSON.";
    }
}

static const char *parse_document(struct view json, struct json_object **document) {
    *document = NULL;
    if (json.length > INT32_MAX || !utf8_valid(json)) {
        return "The body is not valid UTF-8.";
    }
    struct json_extent extent;
    const char *fault = json_tokens_fault(json, &extent);
    if (fault != NULL) {
        return fault;
    }
    size_t begin = 0;
    while (begin < json.length && strchr(" \t\r\n", json.data[begin]) != NULL) {
        begin++;
    }
    if (begin == json.length || json.data[begin] != '{') {
        return "The body must be a JSON object.";
    }
    if (extent.depth > BODY_DEPTH_MAX) {
        return "The body is nested deeper than 8 levels.";
    }
    fault = parse_structure(json, document);
    // json-c keeps the last of equal names, so the text then has more members than the document.
    if (fault == NULL && count_members(*document) != extent.members) {
        return "The body has the same name twice in an object.";
    }
    return fault;
}

enum review_body_result review_body_parse(
    struct review_body *body, struct view json, int64_t now_ms, struct field_errors *errors, const char **detail) {
    *body = (struct review_body){0};
    errors->count = 0;
    struct json_object *document;
    const char *fault = parse_document(json, &document);
    body->document = document;
    if (fault != NULL) {
        *detail = fault;
        return REVIEW_BODY_MALFORMED;
    }
    struct add_request *request = &body->request;
    const struct fields fields = {document, errors};
    read_rating(&fields, &request->rating);
    read_recommend(&fields, &request->recommend);
    read_text(&fields, "body", true, review_body_fault, &request->body);
    read_text(&fields, "name", true, review_name_fault, &request->reviewer_name);
    read_text(&fields, "email", true, review_email_fault, &request->email);
    read_text(&fields, "summary", false, review_summary_fault, &request->summary);
    read_photos(&fields, &body->photos);
    read_date(&fields, now_ms, &request->created_ms);
    read_characteristics(&fields, &request->characteristics);
    if (body->photos.length > 0) {
        request->photos = buffer_view(&body->photos);
    }
    return errors->count == 0 ? REVIEW_BODY_OK : REVIEW_BODY_INVALID;
}

void review_body_free(struct review_body *body) {
    json_object_put(body->document);
    buffer_free(&body->photos);
}
