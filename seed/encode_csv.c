// CSV, as in RFC 4180.
#include "seed/encode.h"
#include "seed/moment.h"

static void put_bytes(struct output *output, struct view bytes) {
    memcpy(output->end, bytes.data, bytes.length);
    output->end += bytes.length;
}

static void put_comma(struct output *output) {
    *output->end++ = ',';
}

static void put_number(struct output *output, uint64_t number) {
    char digits[20];
    size_t length = 0;
    do {
        digits[sizeof digits - ++length] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(output, (struct view){digits + sizeof digits - length, length});
    put_comma(output);
}

static void put_boolean(struct output *output, bool value) {
    *output->end++ = value ? 't' : 'f';
    put_comma(output);
}

static void put_text(struct output *output, struct view text) {
    if (text.data == NULL) {
        return;
    }
    *output->end++ = '"';
    while (text.length > 0) {
        const char *quote = memchr(text.data, '"', text.length);
        if (quote == NULL) {
            break;
        }
        size_t length = (size_t)(quote - text.data) + 1;
        put_bytes(output, (struct view){text.data, length});
        *output->end++ = '"';
        text.data += length;
        text.length -= length;
    }
    put_bytes(output, text);
    *output->end++ = '"';
}

void encode_csv_begin(struct output *output) {
    static const char *const NAMES[] = {
#define COLUMN(name) #name,
#include "seed/columns.def"
#undef COLUMN
    };
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (i > 0) {
            put_comma(output);
        }
        put_bytes(output, view_of(NAMES[i]));
    }
    put_bytes(output, VIEW("\r\n"));
}

void encode_csv_review(struct output *output, const struct review *review) {
    put_number(output, (uint64_t)review->review_id);
    output->end = moment_write(output->end, review->created_us, 3);
    put_comma(output);
    output->end = moment_write(output->end, review->relevance_us, 6);
    put_comma(output);
    put_number(output, review->product_id);
    put_number(output, review->helpfulness);
    put_number(output, review->characteristics);
    put_number(output, review->rating);
    put_boolean(output, review->recommend);
    put_boolean(output, review->reported);
    put_text(output, review->summary);
    put_comma(output);
    put_text(output, review->body);
    put_comma(output);
    put_text(output, review->response);
    put_comma(output);
    put_text(output, review->reviewer_name);
    put_comma(output);
    put_text(output, review->email);
    put_comma(output);
    put_text(output, review->photos);
    put_bytes(output, VIEW("\r\n"));
}
