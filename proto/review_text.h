// The rules for the texts of a new review. Each function returns null for a text that keeps them, else what is wrong as it
// follows the field's name: "must be …" (static text). The text must be valid UTF-8; lengths are in characters.
#ifndef REVIEWD_PROTO_REVIEW_TEXT_H
#define REVIEWD_PROTO_REVIEW_TEXT_H

#include "core/base.h"

enum {
    SUMMARY_LENGTH_MAX = 150,
    BODY_LENGTH_MAX = 2000,
    NAME_LENGTH_MAX = 100,
    EMAIL_LENGTH_MAX = 254,
    PHOTO_URL_LENGTH_MAX = 2048
};

MUST_CHECK const char *review_summary_fault(struct view summary);
MUST_CHECK const char *review_body_fault(struct view body);
MUST_CHECK const char *review_name_fault(struct view name);
MUST_CHECK const char *review_email_fault(struct view email);

// An http or https URL with a host. It goes into pages and into JSON: quotes, angle brackets and backslashes must be
// percent-encoded.
MUST_CHECK const char *review_photo_url_fault(struct view url);

#endif
