// Dates of old data: ISO 8601 and its relatives, what JavaScript's Date prints, and seconds or milliseconds since 1970. Each is
// brought into the form that proto/timestamp.h reads.
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "proto/timestamp.h"
#include "seed/import_record.h"

enum {
    ISO_ROOM = 48,
    DAY_LENGTH = 10, // of 2024-12-26
    // More digits than this cannot be a time of our age.
    EPOCH_DIGITS_MAX = 15
};

// 1990-01-01T00:00:00Z.
#define EARLIEST_MS INT64_C(631152000000)
#define DAY_MS INT64_C(86400000)
// A number below is seconds: as milliseconds it would be a time before 1990, and as seconds it lies before the year 5138.
#define SECONDS_BELOW INT64_C(100000000000)

static const char FORMS[] =
    "must be a date such as 2024-12-26 or 2024-12-26T10:12:05Z, or milliseconds or seconds since 1970, but it is ";

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool all_digits(struct view text) {
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
    }
    return text.length > 0;
}

static bool parse_epoch(struct view text, int64_t *ms) {
    if (text.length > EPOCH_DIGITS_MAX || !all_digits(text)) {
        return false;
    }
    int64_t number = 0;
    for (size_t i = 0; i < text.length; i++) {
        number = number * 10 + (text.data[i] - '0');
    }
    *ms = number < SECONDS_BELOW ? number * 1000 : number;
    return true;
}

// Appends a zone, written +HH, +HHMM, +HH:MM, Z or UTC, as proto/timestamp.h wants it. False for anything else.
static bool put_zone(char iso[static ISO_ROOM], struct view zone) {
    size_t length = strlen(iso);
    if (zone.length == 0 || (zone.length == 1 && (zone.data[0] | 0x20) == 'z') ||
        (zone.length == 3 && (strncasecmp(zone.data, "UTC", 3) == 0 || strncasecmp(zone.data, "GMT", 3) == 0))) {
        iso[length] = 'Z';
        iso[length + 1] = '\0';
        return true;
    }
    struct view hours = {zone.data + 1, 2};
    bool colon = zone.length == 6 && zone.data[3] == ':';
    struct view minutes = {zone.data + (colon ? 4 : 3), 2};
    bool short_form = zone.length == 3;
    if ((zone.data[0] != '+' && zone.data[0] != '-') || (!short_form && zone.length != 5 && !colon) ||
        !all_digits(hours) || (!short_form && !all_digits(minutes))) {
        return false;
    }
    snprintf(
        iso + length, ISO_ROOM - length, "%c%.2s:%.2s", zone.data[0], hours.data, short_form ? "00" : minutes.data);
    return true;
}

// YYYY-MM-DD, then T or a space and a time, then a zone or nothing, with or without a space between.
static bool parse_iso(struct view text, int64_t *ms) {
    if (text.length <= DAY_LENGTH) {
        return timestamp_parse(text, ms);
    }
    char between = text.data[DAY_LENGTH];
    size_t end = DAY_LENGTH + 1;
    while (end < text.length && (is_digit(text.data[end]) || text.data[end] == ':' || text.data[end] == '.')) {
        end++;
    }
    char iso[ISO_ROOM];
    if ((between != 'T' && between != 't' && between != ' ') || end > ISO_ROOM - 8) {
        return false;
    }
    snprintf(
        iso, sizeof iso, "%.*sT%.*s", DAY_LENGTH, text.data, (int)(end - DAY_LENGTH - 1), text.data + DAY_LENGTH + 1);
    struct view zone = import_trim((struct view){text.data + end, text.length - end});
    return put_zone(iso, zone) && timestamp_parse(view_of(iso), ms);
}

// Takes the next word, up to white space.
static struct view take_word(struct view *text) {
    *text = import_trim(*text);
    struct view word = {text->data, 0};
    while (word.length < text->length && text->data[word.length] != ' ') {
        word.length++;
    }
    text->data += word.length;
    text->length -= word.length;
    return word;
}

static bool find_month(struct view name, unsigned *month) {
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (unsigned i = 0; i < 12 && name.length == 3; i++) {
        if (strncasecmp(name.data, MONTHS + (size_t)3 * i, 3) == 0) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

// Thu Dec 26 2024 10:12:05 GMT+0000 (Coordinated Universal Time): Date.prototype.toString of ECMA-262.
static bool parse_javascript(struct view text, int64_t *ms) {
    struct view weekday = take_word(&text);
    unsigned month = 0;
    if (weekday.length != 3 || !find_month(take_word(&text), &month)) {
        return false;
    }
    struct view day = take_word(&text);
    struct view year = take_word(&text);
    struct view time = take_word(&text);
    struct view zone = take_word(&text);
    struct view name = import_trim(text);
    if (day.length != 2 || year.length != 4 || time.length != 8 || zone.length < 3 ||
        strncasecmp(zone.data, "GMT", 3) != 0 || (name.length > 0 && name.data[0] != '(')) {
        return false;
    }
    if (zone.length > 3) {
        zone.data += 3;
        zone.length -= 3;
    }
    char iso[ISO_ROOM];
    snprintf(iso, sizeof iso, "%.4s-%02u-%.2sT%.8s", year.data, month, day.data, time.data);
    return put_zone(iso, zone) && timestamp_parse(view_of(iso), ms);
}

void import_date(struct import_record *record, struct view value) {
    struct view text = import_trim(value);
    int64_t ms = 0;
    if (text.length == 0) {
        import_fault(record, "%sempty", FORMS);
    } else if (memchr(text.data, 0, text.length) != NULL ||
               (!parse_epoch(text, &ms) && !parse_iso(text, &ms) && !parse_javascript(text, &ms))) {
        import_fault(record, "%sno such date", FORMS);
    } else if (ms < EARLIEST_MS) {
        import_fault(record, "must not be before 1990");
    } else if (ms > record->now_ms + DAY_MS) {
        import_fault(record, "must not lie more than 24 hours in the future");
    }
    record->created_ms = ms;
}
