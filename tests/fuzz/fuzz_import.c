// Fuzzes what reads files of old reviews: the CSV reader in pieces, and the fields of every layout. What is let through keeps the
// rules of the database, and what is not has a reason.
#include "proto/utf8.h"
#include "seed/layout.h"

#include <json-c/json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

static void check_text(struct view text, size_t shortest, size_t longest) {
    check(utf8_valid(text) && (text.length == 0 || memchr(text.data, 0, text.length) == NULL));
    check(utf8_length(text) >= shortest && utf8_length(text) <= longest);
}

static void check_photos(struct view photos, json_type type) {
    if (photos.length == 0) {
        check(type == json_type_array);
        return;
    }
    struct json_tokener *tokener = json_tokener_new();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *value = json_tokener_parse_ex(tokener, photos.data, (int)photos.length);
    check(json_object_is_type(value, type));
    check(type != json_type_array ||
          (json_object_array_length(value) >= 1 && json_object_array_length(value) <= IMPORT_PHOTOS_MAX));
    json_object_put(value);
    json_tokener_free(tokener);
}

static void check_review(const struct import_record *record) {
    check(record->product_id >= 1 && record->product_id <= INT32_MAX);
    check(record->rating >= 1 && record->rating <= 5 && record->helpfulness <= INT32_MAX);
    check(record->created_ms >= INT64_C(631152000000) && record->created_ms <= record->now_ms + 86400000);
    check_text(record->summary, 0, 150);
    check_text(record->body, 1, 2000);
    check_text(record->response, 0, IMPORT_RESPONSE_LENGTH_MAX);
    check_text(record->reviewer_name, 1, 100);
    check_text(record->email, 0, 254);
    check_photos(buffer_view(&record->photos), json_type_array);
}

static void check_record(enum layout layout, const struct import_record *record) {
    switch (layout) {
    case LAYOUT_ORIGINAL_REVIEWS:
    case LAYOUT_ATELIER_REVIEWS: check_review(record); break;
    case LAYOUT_ORIGINAL_CHARACTERISTICS:
        for (int id = 0; id < 6; id++) {
            check((record->characteristics >> 3 * id & 7) <= 5);
        }
        check(record->characteristics >> 18 == 0 && record->product_id >= 1);
        break;
    case LAYOUT_ATELIER_CHARACTERISTICS: check(record->characteristic < 6 && record->product_id >= 1); break;
    case LAYOUT_ATELIER_RATINGS: check(record->rating >= 1 && record->rating <= 5 && record->review_id >= 0); break;
    case LAYOUT_ATELIER_PHOTOS: check_photos(buffer_view(&record->photos), json_type_object); break;
    default: abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct csv_reader reader;
    struct import_record record = {.now_ms = INT64_C(1795503600000)};
    if (size < 2) {
        return 0;
    }
    enum layout layout = (enum layout)(data[0] % LAYOUT_OWN_CSV);
    size_t piece = (size_t)data[1] + 1;
    uint64_t last_line = 0;
    csv_start(&reader);
    for (size_t at = 2; !reader.ended; at += piece) {
        size_t room = 0;
        char *bytes = csv_room(&reader, &room);
        size_t length = at < size ? size - at : 0;
        length = length < piece ? length : piece;
        check(room >= piece);
        memcpy(bytes, data + (length == 0 ? 0 : at), length);
        csv_came(&reader, length);
        if (at + length >= size) {
            csv_end(&reader);
        }
        struct csv_record line;
        while (csv_next(&reader, &line)) {
            check(line.line > last_line && line.raw.length > 0);
            last_line = line.line;
            if (line.fault == NULL && layout_read(layout, &line, &record)) {
                check_record(layout, &record);
            } else if (line.fault == NULL) {
                check(record.reason[0] != 0 && strlen(record.reason) < sizeof record.reason - 1);
            }
        }
    }
    buffer_free(&record.photos);
    return 0;
}
