// The body of POST /reviews/{product_id}: JSON text to validated fields, all wrong fields reported at once.
#ifndef REVIEWD_PROTO_REVIEW_BODY_H
#define REVIEWD_PROTO_REVIEW_BODY_H

#include "core/buffer.h"
#include "proto/problem.h"
#include "proto/request.h"

enum {
    PHOTOS_MAX = 5,
    BODY_DEPTH_MAX = 8,   // objects and arrays within each other
    DATE_AHEAD_MAX_H = 24 // how far in the future a date may lie: clocks differ, and so do zones
};

struct review_body {
    struct add_request request; // filled but for product_id; views are good until review_body_free
    // private
    void *document;       // the parsed JSON, which owns the strings
    struct buffer photos; // the JSON text of the photos
};

// What was found. On anything but REVIEW_BODY_OK the request is not usable; review_body_free is right in every case.
enum review_body_result {
    REVIEW_BODY_OK,
    REVIEW_BODY_MALFORMED, // not one JSON object, or not UTF-8: one sentence in *detail (static text)
    REVIEW_BODY_INVALID    // wrong fields: in *errors
};

// Reads `json`, which is not needed afterwards. now_ms: the default of `date`, ms since 1970.
//
// A null counts as absent, and unknown members are ignored, but a name that comes twice in one object makes the body
// malformed. Errors come in this order: rating, recommend, body, name, email, summary, photos, date, characteristics (as
// the client ordered them, as far as *errors has room).
MUST_CHECK enum review_body_result review_body_parse(
    struct review_body *body, struct view json, int64_t now_ms, struct field_errors *errors, const char **detail);
void review_body_free(struct review_body *body);

#endif
