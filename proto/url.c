#include "proto/url.h"

static int hex_digit(char character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    char lower = (char)(character | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Takes one decoded byte off the text, which is not empty; -1 at a malformed escape.
static int take_byte(struct view *text) {
    int byte = (unsigned char)text->data[0];
    size_t length = 1;
    if (byte == '%') {
        int high = text->length > 2 ? hex_digit(text->data[1]) : -1;
        int low = text->length > 2 ? hex_digit(text->data[2]) : -1;
        if (high < 0 || low < 0) {
            return -1;
        }
        byte = high * 16 + low;
        length = 3;
    }
    text->data += length;
    text->length -= length;
    return byte;
}

bool url_is_well_formed(struct view text) {
    while (text.length > 0) {
        if (take_byte(&text) < 0) {
            return false;
        }
    }
    return true;
}

bool url_equals(struct view text, struct view plain) {
    size_t i = 0;
    while (text.length > 0 && i < plain.length) {
        if (take_byte(&text) != (unsigned char)plain.data[i++]) {
            return false;
        }
    }
    return text.length == 0 && i == plain.length;
}

int url_first(struct view text) {
    return text.length > 0 ? take_byte(&text) : -1;
}

bool url_read_number(struct view text, int64_t max, int64_t *number) {
    bool has_digits = text.length > 0;
    bool begins_with_zero = url_first(text) == '0';
    int64_t value = 0;
    while (text.length > 0) {
        int digit = take_byte(&text) - '0';
        if (digit < 0 || digit > 9 || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
        if (begins_with_zero && text.length > 0) {
            return false;
        }
    }
    *number = value;
    return has_digits;
}
