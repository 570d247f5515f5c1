#include "proto/http_target.h"

#include <strings.h>

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte) {
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static bool is_hex(char byte) {
    return is_digit(byte) || (is_letter(byte) && (byte | 0x20) <= 'f');
}

static bool is_one_of(char byte, const char *set) {
    return byte != 0 && strchr(set, byte) != NULL;
}

// The length of reg-name at the front of the text (RFC 3986, 3.2.2; an IPv4 address is one too).
static size_t name_length(struct view text) {
    size_t i = 0;
    while (i < text.length) {
        if (is_letter(text.data[i]) || is_digit(text.data[i]) || is_one_of(text.data[i], "-._~!$&'()*+,;=")) {
            i++;
        } else if (text.data[i] == '%' && text.length - i > 2 && is_hex(text.data[i + 1]) && is_hex(text.data[i + 2])) {
            i += 3;
        } else {
            break;
        }
    }
    return i;
}

// The length of "[address]" at the front of the text, or 0. Of the address only the characters are checked.
static size_t literal_length(struct view text) {
    size_t i = 1;
    while (i < text.length && (is_letter(text.data[i]) || is_digit(text.data[i]) || is_one_of(text.data[i], ":._-"))) {
        i++;
    }
    return i > 1 && i < text.length && text.data[i] == ']' ? i + 1 : 0;
}

bool http_host_is_valid(struct view text) {
    if (text.length == 0) {
        return false;
    }
    size_t i = text.data[0] == '[' ? literal_length(text) : name_length(text);
    if (i == 0 || i == text.length) {
        return i > 0;
    }
    if (text.data[i] != ':') {
        return false;
    }
    for (i++; i < text.length; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
    }
    return true;
}

static struct view behind(struct view text, size_t count) {
    return (struct view){text.data + count, text.length - count};
}

// The length of "http://" or "https://" at the front, or 0.
static size_t scheme_length(struct view target) {
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        size_t length = strlen(schemes[i]);
        if (target.length > length && strncasecmp(target.data, schemes[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

// The length of the authority, which ends where path or query begin.
static size_t authority_length(struct view text) {
    size_t length = 0;
    while (length < text.length && text.data[length] != '/' && text.data[length] != '?') {
        length++;
    }
    return length;
}

bool http_target_split(enum http_method method, struct view target, struct view *path, struct view *query) {
    if (target.length == 0 || memchr(target.data, '#', target.length) != NULL) {
        return false;
    }
    *query = (struct view){0};
    *path = (struct view){target.data, 1};
    if (target.length == 1 && target.data[0] == '*') {
        return method == METHOD_OPTIONS;
    }
    if (target.data[0] != '/') {
        size_t scheme = scheme_length(target);
        struct view rest = behind(target, scheme);
        size_t authority = authority_length(rest);
        if (scheme == 0 || !http_host_is_valid((struct view){rest.data, authority})) {
            return false;
        }
        // For want of a path, the last slash of the scheme: so it is a view of the target in any case.
        *path = (struct view){rest.data - 1, 1};
        target = behind(rest, authority);
    }
    const char *mark = target.length > 0 ? memchr(target.data, '?', target.length) : NULL;
    size_t length = mark != NULL ? (size_t)(mark - target.data) : target.length;
    if (length > 0) {
        *path = (struct view){target.data, length};
    }
    if (mark != NULL) {
        *query = behind(target, length + 1);
    }
    return true;
}
