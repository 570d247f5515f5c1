// One line of a file to be loaded, field by field: each reader checks a field by the rules of a new review, but is kind to old
// data, and keeps its value.
#ifndef REVIEWD_SEED_IMPORT_RECORD_H
#define REVIEWD_SEED_IMPORT_RECORD_H

#include "core/buffer.h"

enum {
    IMPORT_REASON_ROOM = 256,
    IMPORT_RESPONSE_LENGTH_MAX = 2000,
    IMPORT_PHOTOS_MAX = 5
};

// Views belong to the line. A field that the layout lacks is zero.
struct import_record {
    // For dates in the future; set by the caller.
    int64_t now_ms;
    // The name of the field that is being read.
    const char *field;
    // What is wrong with the first wrong field, as a sentence that holds nothing of its value; "" for a good line.
    char reason[IMPORT_REASON_ROOM];
    int64_t id;
    int64_t review_id;
    int64_t characteristic_id;
    int64_t created_ms;
    // 0 when it cannot be read, even in a bad line.
    uint32_t product_id;
    uint32_t helpfulness;
    // 3 bits each, see the table.
    uint32_t characteristics;
    uint32_t rating;
    // The id of the characteristic with the name.
    uint32_t characteristic;
    bool recommend;
    bool reported;
    // A rating such as 3.75 was rounded.
    bool rounded;
    struct view summary;
    struct view body;
    // Null data for none.
    struct view response;
    struct view reviewer_name;
    struct view email;
    // JSON as in the table, or a member of that array; empty for none. Released by the caller.
    struct buffer photos;
};

// Forgets the line before.
void import_record_start(struct import_record *record);

// Without white space at both ends.
struct view import_trim(struct view text);

// The first fault of a line stays; ignored after that.
void import_fault(struct import_record *record, const char *format, ...) PRINTF_LIKE(2, 3);

void import_id(struct import_record *record, struct view value);
void import_review_id(struct import_record *record, struct view value);
void import_characteristic_id(struct import_record *record, struct view value);
void import_product_id(struct import_record *record, struct view value);
void import_rating(struct import_record *record, struct view value);
void import_helpfulness(struct import_record *record, struct view value);
void import_recommend(struct import_record *record, struct view value);
void import_reported(struct import_record *record, struct view value);
void import_date(struct import_record *record, struct view value);
void import_summary(struct import_record *record, struct view value);
void import_body(struct import_record *record, struct view value);
void import_response(struct import_record *record, struct view value);
void import_reviewer_name(struct import_record *record, struct view value);
void import_email(struct import_record *record, struct view value);
// A JSON array of strings or of {"url", "thumbnail_url"}, an array literal of PostgreSQL, or URLs between commas, semicolons
// or white space.
void import_photos(struct import_record *record, struct view value);
// One URL.
void import_photo_url(struct import_record *record, struct view value);
void import_characteristic_name(struct import_record *record, struct view value);
void import_fit(struct import_record *record, struct view value);
void import_length(struct import_record *record, struct view value);
void import_comfort(struct import_record *record, struct view value);
void import_quality(struct import_record *record, struct view value);
void import_width(struct import_record *record, struct view value);
void import_size(struct import_record *record, struct view value);

// Whether a text stands for none: empty, null, NULL or \N.
bool import_is_none(struct view value);

#endif
