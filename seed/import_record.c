// Numbers, truths and texts of a line.
#include "seed/import_record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "proto/review.h"
#include "proto/review_text.h"
#include "proto/utf8.h"

void import_record_start(struct import_record *record) {
    struct buffer photos = record->photos;
    photos.length = 0;
    *record = (struct import_record){.now_ms = record->now_ms, .photos = photos};
}

void import_fault(struct import_record *record, const char *format, ...) {
    if (record->reason[0] != '\0') {
        return;
    }
    size_t length = (size_t)snprintf(record->reason, sizeof record->reason, "%s ", record->field);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(record->reason + length, sizeof record->reason - length, format, arguments);
    va_end(arguments);
}

static bool is_space(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct view import_trim(struct view text) {
    while (text.length > 0 && is_space(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && is_space(text.data[text.length - 1])) {
        text.length--;
    }
    return text;
}

bool import_is_none(struct view value) {
    value = import_trim(value);
    return value.length == 0 || view_equal(value, VIEW("null")) || view_equal(value, VIEW("NULL")) ||
           view_equal(value, VIEW("\\N"));
}

static bool is_word(struct view text, const char *word) {
    return text.length == strlen(word) && strncasecmp(text.data, word, text.length) == 0;
}

// What a number is short of, or null.
static const char *number_fault(struct view text, int64_t low, int64_t high, int64_t *number) {
    bool negative = text.length > 0 && text.data[0] == '-';
    size_t at = text.length > 0 && (negative || text.data[0] == '+') ? 1 : 0;
    *number = 0;
    if (text.length == 0) {
        return "it is empty";
    }
    if (at == text.length) {
        return "it is not a number";
    }
    bool large = false;
    for (; at < text.length; at++) {
        unsigned digit = (unsigned)(unsigned char)text.data[at] - '0';
        if (digit > 9) {
            return text.data[at] == '.' ? "it is not a whole number" : "it is not a number";
        }
        large = large || *number > (INT64_MAX - (int64_t)digit) / 10;
        *number = large ? 0 : *number * 10 + (int64_t)digit;
    }
    *number = negative ? -*number : *number;
    if (large || *number > high || *number < low) {
        return (large && negative) || (!large && *number < low) ? "it is smaller" : "it is greater";
    }
    return NULL;
}

static bool read_number(struct import_record *record, struct view value, int64_t low, int64_t high, int64_t *number) {
    const char *fault = number_fault(import_trim(value), low, high, number);
    if (fault != NULL) {
        import_fault(record, "must be a whole number from %" PRId64 " to %" PRId64 ", but %s", low, high, fault);
    }
    return fault == NULL;
}

static void read_id(struct import_record *record, struct view value, int64_t *id) {
    if (!read_number(record, value, 0, INT64_MAX, id)) {
        *id = 0;
    }
}

void import_id(struct import_record *record, struct view value) {
    read_id(record, value, &record->id);
}

void import_review_id(struct import_record *record, struct view value) {
    read_id(record, value, &record->review_id);
}

void import_characteristic_id(struct import_record *record, struct view value) {
    read_id(record, value, &record->characteristic_id);
}

void import_product_id(struct import_record *record, struct view value) {
    int64_t number = 0;
    record->product_id = read_number(record, value, 1, PRODUCT_ID_MAX, &number) ? (uint32_t)number : 0;
}

void import_rating(struct import_record *record, struct view value) {
    int64_t number = 0;
    record->rating = read_number(record, value, 1, RATING_MAX, &number) ? (uint32_t)number : 0;
}

void import_helpfulness(struct import_record *record, struct view value) {
    int64_t number = 0;
    bool given = !import_is_none(value);
    record->helpfulness = given && read_number(record, value, 0, INT32_MAX, &number) ? (uint32_t)number : 0;
}

static bool read_truth(struct view text, bool *truth) {
    static const char *const WORDS[] = {"false", "true", "f", "t", "0", "1", "no", "yes"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (is_word(text, WORDS[i])) {
            *truth = i % 2 == 1;
            return true;
        }
    }
    return false;
}

void import_recommend(struct import_record *record, struct view value) {
    struct view text = import_trim(value);
    if (!read_truth(text, &record->recommend)) {
        import_fault(record, "must be true, false, t, f, 1, 0, yes or no, but it is %s",
            text.length == 0 ? "empty" : "something else");
    }
}

void import_reported(struct import_record *record, struct view value) {
    struct view text = import_trim(value);
    if (text.length > 0 && !read_truth(text, &record->reported)) {
        import_fault(record, "must be true, false, t, f, 1, 0, yes, no or empty, but it is something else");
    }
}

// What every text must be before its own rules are looked at.
static bool check_text(struct import_record *record, struct view value, size_t least, size_t most) {
    if (!utf8_valid(value)) {
        import_fault(record, "is not valid UTF-8");
        return false;
    }
    if (value.length > 0 && memchr(value.data, 0, value.length) != NULL) {
        import_fault(record, "must not contain the character U+0000");
        return false;
    }
    size_t length = utf8_length(value);
    if (length == 0 && least > 0) {
        import_fault(record, "is empty; it must have %zu to %zu characters", least, most);
        return false;
    }
    if (length > most) {
        import_fault(record, "has %zu characters; at most %zu are allowed", length, most);
        return false;
    }
    return true;
}

static void read_text(struct import_record *record, struct view value, size_t least, size_t most,
    const char *(*fault_of)(struct view text), struct view *text) {
    *text = value;
    const char *fault = check_text(record, value, least, most) && fault_of != NULL ? fault_of(value) : NULL;
    if (fault != NULL) {
        import_fault(record, "%s", fault);
    }
}

void import_summary(struct import_record *record, struct view value) {
    struct view given = import_is_none(value) ? VIEW("") : value;
    read_text(record, given, 0, SUMMARY_LENGTH_MAX, review_summary_fault, &record->summary);
}

void import_body(struct import_record *record, struct view value) {
    read_text(record, value, 1, BODY_LENGTH_MAX, review_body_fault, &record->body);
}

void import_response(struct import_record *record, struct view value) {
    if (!import_is_none(value)) {
        read_text(record, value, 0, IMPORT_RESPONSE_LENGTH_MAX, NULL, &record->response);
    }
}

void import_reviewer_name(struct import_record *record, struct view value) {
    read_text(record, value, 1, NAME_LENGTH_MAX, review_name_fault, &record->reviewer_name);
}

void import_email(struct import_record *record, struct view value) {
    struct view given = import_is_none(value) ? VIEW("") : import_trim(value);
    read_text(record, given, 0, EMAIL_LENGTH_MAX, given.length > 0 ? review_email_fault : NULL, &record->email);
}

void import_characteristic_name(struct import_record *record, struct view value) {
    struct view name = import_trim(value);
    for (uint32_t i = 0; i < CHARACTERISTIC_COUNT; i++) {
        if (is_word(name, characteristic_names[i])) {
            record->characteristic = i;
            return;
        }
    }
    import_fault(record, "must be Fit, Length, Comfort, Quality, Width or Size, but it is %s",
        name.length == 0 ? "empty" : "something else");
}

// The digits behind a decimal point, and whether there are only digits.
static bool is_fraction(struct view text) {
    size_t digits = 0;
    while (digits < text.length && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    return digits == text.length;
}

// D.DDD from 1 to 5, rounded.
static bool read_decimal(struct view text, uint32_t *rating, bool *rounded) {
    if (text.length < 2 || text.data[0] < '0' || text.data[0] > '5' || text.data[1] != '.') {
        return false;
    }
    struct view fraction = {text.data + 2, text.length - 2};
    if (!is_fraction(fraction)) {
        return false;
    }
    bool whole = true;
    for (size_t i = 0; i < fraction.length; i++) {
        whole = whole && fraction.data[i] == '0';
    }
    uint32_t integer = (uint32_t)(text.data[0] - '0');
    if (!whole && (integer == 0 || integer == RATING_MAX)) {
        return false;
    }
    *rounded = *rounded || !whole;
    *rating = integer + (fraction.length > 0 && fraction.data[0] >= '5' ? 1 : 0);
    return true;
}

static void read_characteristic(struct import_record *record, struct view value, uint32_t id) {
    struct view text = import_trim(value);
    uint32_t rating = 0;
    int64_t number = 0;
    if (!import_is_none(text) && !read_decimal(text, &rating, &record->rounded)) {
        const char *fault = number_fault(text, 0, RATING_MAX, &number);
        if (fault != NULL) {
            import_fault(record, "must be a number from 1 to 5, or 0 or empty for none, but it is something else");
        }
        rating = fault == NULL ? (uint32_t)number : 0;
    }
    record->characteristics |= rating << (CHARACTERISTIC_BITS * id);
}

void import_fit(struct import_record *record, struct view value) {
    read_characteristic(record, value, 0);
}

void import_length(struct import_record *record, struct view value) {
    read_characteristic(record, value, 1);
}

void import_comfort(struct import_record *record, struct view value) {
    read_characteristic(record, value, 2);
}

void import_quality(struct import_record *record, struct view value) {
    read_characteristic(record, value, 3);
}

void import_width(struct import_record *record, struct view value) {
    read_characteristic(record, value, 4);
}

void import_size(struct import_record *record, struct view value) {
    read_characteristic(record, value, 5);
}
