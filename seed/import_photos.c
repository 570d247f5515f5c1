// Photos of old data, in the various ways they were written, as the JSON of the table.
#include <json-c/json.h>
#include <stdlib.h>

#include "proto/json_writer.h"
#include "proto/review_text.h"
#include "proto/utf8.h"
#include "seed/import_record.h"

enum {
    // The array, the objects, their strings.
    JSON_DEPTH_MAX = 4
};

// Checks one URL; number 0 for a field that has only one.
static bool check_url(struct import_record *record, size_t number, struct view url) {
    const char *fault = url.length > 0 && memchr(url.data, 0, url.length) != NULL
                            ? "must not contain the character U+0000"
                            : review_photo_url_fault(url);
    if (fault != NULL && number > 0) {
        import_fault(record, "are wrong: URL %zu %s", number, fault);
    } else if (fault != NULL) {
        import_fault(record, "%s", fault);
    }
    return fault == NULL;
}

static void put_photo(struct buffer *photos, struct view url, struct view thumbnail) {
    buffer_append(photos, VIEW("{\"url\":"));
    json_write_string(photos, url);
    buffer_append(photos, VIEW(",\"thumbnail_url\":"));
    json_write_string(photos, thumbnail);
    buffer_append(photos, VIEW("}"));
}

// Adds a photo to the array. False with the fault told.
static bool add_photo(struct import_record *record, size_t *count, struct view url, struct view thumbnail) {
    ++*count;
    if (*count > IMPORT_PHOTOS_MAX) {
        import_fault(record, "are too many: at most %u are allowed", (unsigned)IMPORT_PHOTOS_MAX);
        return false;
    }
    if (!check_url(record, *count, url) || !check_url(record, *count, thumbnail)) {
        return false;
    }
    buffer_append(&record->photos, *count == 1 ? VIEW("[") : VIEW(","));
    put_photo(&record->photos, url, thumbnail);
    return true;
}

static bool string_of(struct json_object *value, struct view *text) {
    if (!json_object_is_type(value, json_type_string)) {
        return false;
    }
    *text = (struct view){json_object_get_string(value), (size_t)json_object_get_string_len(value)};
    return true;
}

static bool add_json_photo(struct import_record *record, size_t *count, struct json_object *photo) {
    struct view url;
    struct view thumbnail;
    struct json_object *member = NULL;
    if (string_of(photo, &url)) {
        return add_photo(record, count, url, url);
    }
    if (!json_object_object_get_ex(photo, "url", &member) || !string_of(member, &url)) {
        import_fault(record, "are wrong: number %zu must be a URL or an object with \"url\"", *count + 1);
        return false;
    }
    if (!json_object_object_get_ex(photo, "thumbnail_url", &member) || member == NULL) {
        thumbnail = url;
    } else if (!string_of(member, &thumbnail)) {
        import_fault(record, "are wrong: \"thumbnail_url\" of number %zu must be a URL", *count + 1);
        return false;
    }
    return add_photo(record, count, url, thumbnail.length == 0 ? url : thumbnail);
}

static void read_json(struct import_record *record, struct view text, size_t *count) {
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (tokener == NULL) {
        abort(); // out of memory, as in core/memory.h
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *array = json_tokener_parse_ex(tokener, text.data, (int)text.length);
    bool right = json_tokener_get_error(tokener) == json_tokener_success &&
                 json_tokener_get_parse_end(tokener) == text.length && json_object_is_type(array, json_type_array);
    if (!right) {
        import_fault(record, "begin like a JSON array, but are none");
    }
    for (size_t i = 0; right && i < json_object_array_length(array); i++) {
        right = add_json_photo(record, count, json_object_array_get_idx(array, i));
    }
    json_object_put(array);
    json_tokener_free(tokener);
}

static bool is_separator(char byte) {
    return byte == ',' || byte == ';' || byte == ' ' || (byte >= '\t' && byte <= '\r');
}

// URLs between separators, each with or without quotes. Quotes of a URL itself are percent-encoded, so none is within.
static void read_list(struct import_record *record, struct view text, size_t *count) {
    size_t at = 0;
    for (;;) {
        while (at < text.length && is_separator(text.data[at])) {
            at++;
        }
        if (at == text.length) {
            return;
        }
        bool quoted = text.data[at] == '"';
        size_t start = at + (quoted ? 1 : 0);
        for (at = start; at < text.length && (quoted ? text.data[at] != '"' : !is_separator(text.data[at]));) {
            at++;
        }
        struct view url = {text.data + start, at - start};
        at += quoted && at < text.length ? 1 : 0;
        if (!add_photo(record, count, url, url)) {
            return;
        }
    }
}

void import_photos(struct import_record *record, struct view value) {
    struct view text = import_trim(value);
    size_t count = 0;
    if (import_is_none(text)) {
        return;
    }
    if (!utf8_valid(text)) {
        import_fault(record, "are not valid UTF-8");
        return;
    }
    if (text.data[0] == '[') {
        read_json(record, text, &count);
    } else if (text.data[0] == '{' && text.data[text.length - 1] == '}') {
        read_list(record, (struct view){text.data + 1, text.length - 2}, &count);
    } else {
        read_list(record, text, &count);
    }
    if (count > 0) {
        buffer_append(&record->photos, VIEW("]"));
    }
}

void import_photo_url(struct import_record *record, struct view value) {
    struct view url = import_trim(value);
    if (!utf8_valid(url)) {
        import_fault(record, "is not valid UTF-8");
    } else if (check_url(record, 0, url)) {
        put_photo(&record->photos, url, url);
    }
}
