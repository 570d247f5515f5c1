// Times.
#include "seed/moment.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

static int64_t relevance_computed_us(uint32_t votes) {
    // The same steps as the SQL function, so that both round alike.
    return (int64_t)rint(7776000.0 * (log(1.0 + votes) / log(2.0)) * 1000000.0);
}

void moment_tables_fill(struct moment_tables *tables) {
    for (uint32_t votes = 0; votes < MOMENT_RELEVANCE_TABLE; votes++) {
        tables->relevance_us[votes] = relevance_computed_us(votes);
    }
}

int64_t moment_relevance_us(const struct moment_tables *tables, uint32_t votes) {
    return votes < MOMENT_RELEVANCE_TABLE ? tables->relevance_us[votes] : relevance_computed_us(votes);
}

// Days since 1970 of a date, and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", for years after 0.
static int64_t days_of_date(unsigned year, unsigned month, unsigned day) {
    unsigned shifted_year = month <= 2 ? year - 1 : year;
    unsigned era = shifted_year / 400;
    unsigned year_of_era = shifted_year % 400;
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * 146097 + day_of_era - 719468;
}

static void date_of_days(int64_t days, unsigned *year, unsigned *month, unsigned *day) {
    unsigned shifted = (unsigned)(days + 719468);
    unsigned era = shifted / 146097;
    unsigned day_of_era = shifted % 146097;
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

int64_t moment_today_ms(void) {
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    return now_ms - now_ms % MOMENT_DAY_MS;
}

bool moment_parse_date(const char *text, int64_t *ms) {
    static const char PATTERN[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof PATTERN; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (PATTERN[i] == 'd' ? !digit : text[i] != PATTERN[i]) {
            return false;
        }
    }
    unsigned year = (unsigned)strtoul(text, NULL, 10);
    unsigned month = (unsigned)strtoul(text + 5, NULL, 10);
    unsigned day = (unsigned)strtoul(text + 8, NULL, 10);
    if (year < 1980 || year > 2100 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    int64_t days = days_of_date(year, month, day);
    unsigned year_back = 0;
    unsigned month_back = 0;
    unsigned day_back = 0;
    date_of_days(days, &year_back, &month_back, &day_back);
    if (month_back != month || day_back != day || days > days_of_date(2100, 1, 1)) {
        return false;
    }
    *ms = days * MOMENT_DAY_MS;
    return true;
}

static char *write_pair(char *at, unsigned value) {
    static const char PAIRS[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    memcpy(at, PAIRS + (size_t)2 * value, 2);
    return at + 2;
}

char *moment_write(char *at, int64_t unix_us, unsigned fraction_digits) {
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int64_t seconds = unix_us / 1000000;
    unsigned fraction = (unsigned)(unix_us % 1000000);
    unsigned second_of_day = (unsigned)(seconds % 86400);
    date_of_days(seconds / 86400, &year, &month, &day);
    at = write_pair(at, year / 100);
    at = write_pair(at, year % 100);
    *at++ = '-';
    at = write_pair(at, month);
    *at++ = '-';
    at = write_pair(at, day);
    *at++ = 'T';
    at = write_pair(at, second_of_day / 3600);
    *at++ = ':';
    at = write_pair(at, second_of_day / 60 % 60);
    *at++ = ':';
    at = write_pair(at, second_of_day % 60);
    *at++ = '.';
    at = write_pair(at, fraction / 10000);
    if (fraction_digits == 3) {
        *at++ = (char)('0' + fraction / 1000 % 10);
    } else {
        at = write_pair(at, fraction / 100 % 100);
        at = write_pair(at, fraction % 100);
    }
    *at++ = 'Z';
    return at;
}

// Moves the times of a day, which come evenly, to when people write: 8 % before 7:00, half between 7:00 and 18:00, a third
// in the evening. It keeps their order. The shares are ours; that people write least at night is common to all that
// they write.
static int64_t time_of_day(int64_t even_ms) {
    // From where to where; the slope between two knots is a fraction of 2^32, so that no division is needed.
#define EVEN_MS(percent) (MOMENT_DAY_MS * (percent) / 100)
#define REAL_MS(minutes) (INT64_C(60000) * (minutes))
#define KNOT(percent, minutes, next_percent, next_minutes)                                                             \
    {                                                                                                                  \
        EVEN_MS(percent), REAL_MS(minutes),                                                                            \
            (REAL_MS((next_minutes) - (minutes)) << 32) / EVEN_MS((next_percent) - (percent))                          \
    }
    static const struct {
        int64_t even_ms, real_ms, slope;
    } KNOTS[] = {
        KNOT(0, 0, 8, 7 * 60),
        KNOT(8, 7 * 60, 60, 18 * 60),
        KNOT(60, 18 * 60, 92, 22 * 60 + 30),
        KNOT(92, 22 * 60 + 30, 100, 24 * 60),
    };
#undef KNOT
#undef REAL_MS
#undef EVEN_MS
    size_t i = (size_t)(even_ms >= KNOTS[1].even_ms) + (size_t)(even_ms >= KNOTS[2].even_ms) +
               (size_t)(even_ms >= KNOTS[3].even_ms);
    return KNOTS[i].real_ms + ((even_ms - KNOTS[i].even_ms) * KNOTS[i].slope >> 32);
}

int64_t moment_of_review(int64_t until_ms, double launch, double share) {
    // The density after launch is a + 2(1-a)t for t from 0 to 1, with a = 0.5 (our choice, for a shop that grows); this is the
    // inverse of its integral. Only
    // operations that IEEE 754 rounds exactly: the same on every machine.
    double grown = sqrt(0.25 + 2 * share) - 0.5;
    double fraction = launch + (1 - launch) * grown;
    int64_t ms = until_ms - MOMENT_SPAN_MS + (int64_t)(fraction * (double)MOMENT_SPAN_MS);
    if (ms >= until_ms) {
        ms = until_ms - 1;
    }
    int64_t day = ms / MOMENT_DAY_MS;
    return day * MOMENT_DAY_MS + time_of_day(ms % MOMENT_DAY_MS);
}
