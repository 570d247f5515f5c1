// Fuzzes the reader of review bodies: what it lets through keeps the rules of the database, and the photos are JSON.
#include "proto/review_body.h"
#include "proto/timestamp.h"
#include "proto/utf8.h"

#include <json-c/json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

static bool has_nul(struct view text) {
    return text.length > 0 && memchr(text.data, 0, text.length) != NULL;
}

static void check_text(struct view text, size_t shortest, size_t longest) {
    check(text.data != NULL && utf8_valid(text) && !has_nul(text));
    check(utf8_length(text) >= shortest && utf8_length(text) <= longest);
}

static void check_photos(struct view photos) {
    struct json_tokener *tokener = json_tokener_new();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *array = json_tokener_parse_ex(tokener, photos.data, (int)photos.length);
    check(json_object_is_type(array, json_type_array) && json_object_array_length(array) <= PHOTOS_MAX);
    json_object_put(array);
    json_tokener_free(tokener);
}

static void check_request(struct add_request *request) {
    check(request->rating >= 1 && request->rating <= RATING_MAX);
    check(request->created_ms >= TIMESTAMP_MIN_MS && request->created_ms <= TIMESTAMP_MAX_MS);
    check_text(request->summary, 0, 150);
    check_text(request->body, 1, 2000);
    check_text(request->reviewer_name, 1, 100);
    check_text(request->email, 3, 254);
    if (request->photos.data != NULL) {
        check_photos(request->photos);
    }
    for (int id = 0; id < CHARACTERISTIC_COUNT; id++) {
        check((request->characteristics >> id * CHARACTERISTIC_BITS & 7) <= RATING_MAX);
    }
    struct message *message = message_new(0);
    struct add_request again;
    request->product_id = 1;
    request_pack_add(&message, request);
    check(request_unpack_add(message_payload(message), &again));
    message_free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *json = malloc(size + (size == 0)); // of exactly that size, so that a byte read too far is seen
    if (size > 0) {
        memcpy(json, data, size);
    }
    struct review_body body;
    struct field_errors errors;
    const char *detail = NULL;
    enum review_body_result result =
        review_body_parse(&body, (struct view){json, size}, INT64_C(1795503600000), &errors, &detail);
    free(json);
    switch (result) {
    case REVIEW_BODY_OK: check_request(&body.request); break;
    case REVIEW_BODY_MALFORMED: check(detail != NULL && detail[0] != 0); break;
    case REVIEW_BODY_INVALID: check(errors.count > 0 && errors.count <= FIELD_ERRORS_MAX); break;
    }
    review_body_free(&body);
    return 0;
}
