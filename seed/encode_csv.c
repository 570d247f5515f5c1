// CSV, as in RFC 4180.
#include "seed/encode.h"
#include "seed/moment.h"

static void put_bytes(struct output *output, struct view bytes) {
    memcpy(output->end, bytes.data, bytes.length);
    output->end += bytes.length;
}

static char *put_number(char *at, uint64_t number) {
    char digits[20];
    size_t length = 0;
    do {
        digits[sizeof digits - ++length] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(at, digits + sizeof digits - length, length);
    at[length] = ',';
    return at + length + 1;
}

// Of one digit.
static char *put_digit(char *at, uint32_t digit) {
    at[0] = (char)('0' + digit);
    at[1] = ',';
    return at + 2;
}

static char *put_boolean(char *at, bool value) {
    at[0] = value ? 't' : 'f';
    at[1] = ',';
    return at + 2;
}

char *encode_csv_quotes(char *start, char *at) {
    size_t quotes = 0;
    for (const char *byte = start; byte < at; byte++) {
        quotes += *byte == '"' ? 1 : 0;
    }
    char *end = at + quotes;
    // From the back, so that nothing is overwritten before it has moved.
    char *to = end;
    while (to > at) {
        char byte = *--at;
        *--to = byte;
        if (byte == '"') {
            *--to = byte;
        }
    }
    return end;
}

void encode_csv_begin(struct output *output) {
    static const char *const NAMES[] = {
#define COLUMN(name) #name,
#include "seed/columns.def"
#undef COLUMN
    };
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (i > 0) {
            *output->end++ = ',';
        }
        put_bytes(output, view_of(NAMES[i]));
    }
    put_bytes(output, VIEW("\r\n"));
}

char *encode_csv_numbers(char *at, const struct review *review) {
    at = put_number(at, (uint64_t)review->review_id);
    at = moment_write(at, review->created_us, 3);
    *at++ = ',';
    at = moment_write(at, review->relevance_us, 6);
    *at++ = ',';
    at = put_number(at, review->product_id);
    at = put_number(at, review->helpfulness);
    at = put_number(at, review->characteristics);
    at = put_digit(at, review->rating);
    at = put_boolean(at, review->recommend);
    return put_boolean(at, review->reported);
}
