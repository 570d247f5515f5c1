#include "proto/timestamp.h"

// The conversions between days and dates are days_from_civil and civil_from_days of Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms", reduced to years after 0: years begin in March, so that the leap day is a year's last.

enum {
    MS_PER_S = 1000,
    S_PER_DAY = 86400,
    DAYS_PER_ERA = 146097,      // of 400 years
    DAYS_BEFORE_EPOCH = 719468, // from 0000-03-01 to 1970-01-01
    YEAR_MIN = 1970,
    YEAR_MAX = 9999
};

struct date {
    unsigned year;
    unsigned month; // from 1
    unsigned day;   // from 1
};

static int64_t days_of(struct date date) {
    unsigned year = date.month > 2 ? date.year : date.year - 1;
    unsigned month = date.month > 2 ? date.month - 3 : date.month + 9; // from March
    unsigned era = year / 400;
    unsigned year_of_era = year % 400;
    unsigned day_of_year = (153 * month + 2) / 5 + date.day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_EPOCH;
}

static struct date date_of(uint32_t days) {
    uint32_t shifted = days + DAYS_BEFORE_EPOCH;
    uint32_t era = shifted / DAYS_PER_ERA;
    uint32_t day_of_era = shifted % DAYS_PER_ERA;
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month = (5 * day_of_year + 2) / 153; // from March
    struct date date = {.day = day_of_year - (153 * month + 2) / 5 + 1, .month = month < 10 ? month + 3 : month - 9};
    date.year = era * 400 + year_of_era + (date.month <= 2);
    return date;
}

static unsigned days_in_month(unsigned year, unsigned month) {
    static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : lengths[month - 1];
}

// Takes `character` off the front of the text, if it is there.
static bool take(struct view *text, char character) {
    if (text->length == 0 || text->data[0] != character) {
        return false;
    }
    text->data++;
    text->length--;
    return true;
}

// Takes exactly `digits` digits off the front, which must make a number from `low` to `high`.
static bool take_number(struct view *text, size_t digits, unsigned low, unsigned high, unsigned *value) {
    if (text->length < digits) {
        return false;
    }
    unsigned number = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = (unsigned)(unsigned char)text->data[i] - '0';
        if (digit > 9) {
            return false;
        }
        number = number * 10 + digit;
    }
    text->data += digits;
    text->length -= digits;
    *value = number;
    return number >= low && number <= high;
}

// What follows the decimal point: at least one digit, of which three count.
static bool take_fraction(struct view *text, unsigned *ms) {
    static const unsigned weights[] = {100, 10, 1};
    size_t digits = 0;
    *ms = 0;
    while (text->length > 0 && text->data[0] >= '0' && text->data[0] <= '9') {
        if (digits < COUNT_OF(weights)) {
            *ms += weights[digits] * (unsigned)(text->data[0] - '0');
        }
        text->data++;
        text->length--;
        digits++;
    }
    return digits > 0;
}

// What follows the T up to the zone, in milliseconds.
static bool take_time(struct view *text, int64_t *ms) {
    unsigned hour, minute, second = 0, fraction_ms = 0;
    if (!take_number(text, 2, 0, 23, &hour) || !take(text, ':') || !take_number(text, 2, 0, 59, &minute)) {
        return false;
    }
    if (take(text, ':')) {
        if (!take_number(text, 2, 0, 59, &second) || (take(text, '.') && !take_fraction(text, &fraction_ms))) {
            return false;
        }
    }
    *ms = (int64_t)(hour * 3600 + minute * 60 + second) * MS_PER_S + fraction_ms;
    return true;
}

// Z, an offset such as +05:30, or nothing; in milliseconds east of UTC.
static bool take_zone(struct view *text, int64_t *ms) {
    *ms = 0;
    if (text->length == 0 || take(text, 'Z')) {
        return true;
    }
    bool west = take(text, '-');
    unsigned hours, minutes;
    if ((!west && !take(text, '+')) || !take_number(text, 2, 0, 23, &hours) || !take(text, ':') ||
        !take_number(text, 2, 0, 59, &minutes)) {
        return false;
    }
    int64_t offset = (int64_t)(hours * 3600 + minutes * 60) * MS_PER_S;
    *ms = west ? -offset : offset;
    return true;
}

bool timestamp_parse(struct view text, int64_t *ms) {
    struct date date;
    int64_t time_ms = 0;
    int64_t zone_ms = 0;
    if (!take_number(&text, 4, YEAR_MIN, YEAR_MAX, &date.year) || !take(&text, '-') ||
        !take_number(&text, 2, 1, 12, &date.month) || !take(&text, '-') ||
        !take_number(&text, 2, 1, days_in_month(date.year, date.month), &date.day)) {
        return false;
    }
    if (take(&text, 'T') && (!take_time(&text, &time_ms) || !take_zone(&text, &zone_ms))) {
        return false;
    }
    *ms = days_of(date) * S_PER_DAY * MS_PER_S + time_ms - zone_ms;
    return text.length == 0 && *ms >= TIMESTAMP_MIN_MS && *ms <= TIMESTAMP_MAX_MS;
}

static void write_two(char *out, unsigned value) {
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

void timestamp_format(int64_t ms, char *out) {
    uint64_t seconds = (uint64_t)ms / MS_PER_S;
    unsigned rest_ms = (unsigned)((uint64_t)ms % MS_PER_S);
    unsigned second_of_day = (unsigned)(seconds % S_PER_DAY);
    struct date date = date_of((uint32_t)(seconds / S_PER_DAY));
    memcpy(out, "0000-00-00T00:00:00.000Z", TIMESTAMP_LENGTH);
    write_two(out, date.year / 100);
    write_two(out + 2, date.year % 100);
    write_two(out + 5, date.month);
    write_two(out + 8, date.day);
    write_two(out + 11, second_of_day / 3600);
    write_two(out + 14, second_of_day / 60 % 60);
    write_two(out + 17, second_of_day % 60);
    out[20] = (char)('0' + rest_ms / 100);
    write_two(out + 21, rest_ms % 100);
}
