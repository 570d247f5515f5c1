#include "proto/review_text.h"

#include "proto/utf8.h"

#include <strings.h>

static bool is_control(uint32_t character) {
    return character < 0x20 || (character >= 0x7F && character <= 0x9F);
}

// The property White_Space of Unicode (PropList.txt), the same since version 6.3.
static bool is_white_space(uint32_t character) {
    return (character >= 0x09 && character <= 0x0D) || character == 0x20 || character == 0x85 || character == 0xA0 ||
           character == 0x1680 || (character >= 0x2000 && character <= 0x200A) || character == 0x2028 ||
           character == 0x2029 || character == 0x202F || character == 0x205F || character == 0x3000;
}

static bool has_control(struct view text) {
    while (text.length > 0) {
        if (is_control(utf8_next(&text))) {
            return true;
        }
    }
    return false;
}

static bool has_white_space(struct view text) {
    while (text.length > 0) {
        if (is_white_space(utf8_next(&text))) {
            return true;
        }
    }
    return false;
}

// Whether there is nothing to be read in it.
static bool is_blank(struct view text) {
    while (text.length > 0) {
        if (!is_white_space(utf8_next(&text))) {
            return false;
        }
    }
    return true;
}

static bool has_byte(struct view text, char byte) {
    return text.length > 0 && memchr(text.data, byte, text.length) != NULL;
}

const char *review_summary_fault(struct view summary) {
    if (utf8_length(summary) > SUMMARY_LENGTH_MAX) {
        return "must have at most 150 characters";
    }
    return has_byte(summary, '\0') ? "must not contain U+0000" : NULL;
}

const char *review_body_fault(struct view body) {
    if (body.length == 0 || utf8_length(body) > BODY_LENGTH_MAX) {
        return "must have 1 to 2000 characters";
    }
    if (has_byte(body, '\0')) {
        return "must not contain U+0000";
    }
    return is_blank(body) ? "must not be only white space" : NULL;
}

const char *review_name_fault(struct view name) {
    if (name.length == 0 || utf8_length(name) > NAME_LENGTH_MAX) {
        return "must have 1 to 100 characters";
    }
    if (has_control(name)) {
        return "must not contain control characters";
    }
    return is_blank(name) ? "must not be only white space" : NULL;
}

const char *review_email_fault(struct view email) {
    if (utf8_length(email) > EMAIL_LENGTH_MAX) {
        return "must have at most 254 characters";
    }
    if (has_control(email) || has_white_space(email)) {
        return "must not contain white space or control characters";
    }
    const char *at = email.length > 0 ? memchr(email.data, '@', email.length) : NULL;
    size_t before = at != NULL ? (size_t)(at - email.data) : 0;
    size_t after = at != NULL ? email.length - before - 1 : 0;
    if (before == 0 || after == 0 || memchr(at + 1, '@', after) != NULL) {
        return "must have exactly one @, with something before and after it";
    }
    return NULL;
}

// Takes the prefix off the text if it has it, in whatever case.
static bool take_prefix(struct view *text, struct view prefix) {
    if (text->length < prefix.length || strncasecmp(text->data, prefix.data, prefix.length) != 0) {
        return false;
    }
    text->data += prefix.length;
    text->length -= prefix.length;
    return true;
}

// Whether what follows "//" in a URL begins with a host: [user[:password]@]host[:port] (RFC 3986, section 3.2).
static bool begins_with_host(struct view rest) {
    size_t host = 0;
    size_t end = 0;
    for (; end < rest.length && strchr("/?#", rest.data[end]) == NULL; end++) {
        if (rest.data[end] == '@') {
            host = end + 1;
        }
    }
    return end > host && rest.data[host] != ':';
}

const char *review_photo_url_fault(struct view url) {
    if (utf8_length(url) > PHOTO_URL_LENGTH_MAX) {
        return "must have at most 2048 characters";
    }
    if (has_control(url) || has_white_space(url)) {
        return "must not contain white space or control characters";
    }
    for (const char *quote = "\"'`<>\\"; *quote != 0; quote++) {
        if (has_byte(url, *quote)) {
            return "must have quotes, angle brackets and backslashes percent-encoded";
        }
    }
    struct view rest = url;
    if ((!take_prefix(&rest, VIEW("http://")) && !take_prefix(&rest, VIEW("https://"))) || !begins_with_host(rest)) {
        return "must be an http or https URL with a host";
    }
    return NULL;
}
