// The two forms are those of libpq's PQconnectdb (PostgreSQL 15 documentation, 34.1.1 Connection Strings).
#include "core/conninfo.h"

#include <ctype.h>

static bool is_secret(struct view keyword) {
    struct view password = VIEW("password"); // also sslpassword
    if (memchr(keyword.data, '%', keyword.length) != NULL) {
        return true; // a URI may write any letter in hexadecimal
    }
    return keyword.length >= password.length &&
           memcmp(keyword.data + keyword.length - password.length, password.data, password.length) == 0;
}

static size_t skip_space(struct view text, size_t at) {
    while (at < text.length && isspace((unsigned char)text.data[at])) {
        at++;
    }
    return at;
}

// The end of a value that begins at `at`: quoted or up to a space, with backslashes before single letters.
static size_t value_end(struct view text, size_t at) {
    bool quoted = at < text.length && text.data[at] == '\'';
    for (at += quoted ? 1 : 0; at < text.length; at++) {
        if (text.data[at] == '\\') {
            at++;
        } else if (quoted && text.data[at] == '\'') {
            return at + 1;
        } else if (!quoted && isspace((unsigned char)text.data[at])) {
            return at;
        }
    }
    return text.length;
}

static bool mask_pairs(struct buffer *out, struct view text) {
    bool hidden = false;
    size_t at = skip_space(text, 0);
    for (size_t shown = 0; at < text.length; shown = at, at = skip_space(text, at)) {
        struct view keyword = {text.data + at, 0};
        while (at < text.length && text.data[at] != '=' && !isspace((unsigned char)text.data[at])) {
            at++;
            keyword.length++;
        }
        size_t equals = skip_space(text, at);
        if (equals >= text.length || text.data[equals] != '=') {
            buffer_append(out, (struct view){text.data + shown, (size_t)(keyword.data - text.data) - shown});
            buffer_append(out, VIEW("***"));
            return true;
        }
        size_t value = skip_space(text, equals + 1);
        at = value_end(text, value);
        bool secret = is_secret(keyword);
        hidden = hidden || secret;
        buffer_append(out, (struct view){text.data + shown, (secret ? value : at) - shown});
        buffer_append(out, secret ? VIEW("***") : (struct view){NULL, 0});
    }
    return hidden;
}

static bool mask_query(struct buffer *out, struct view uri, size_t at) {
    bool hidden = false;
    while (at < uri.length) {
        struct view parameter = {uri.data + at, 0};
        while (at + parameter.length < uri.length && uri.data[at + parameter.length] != '&') {
            parameter.length++;
        }
        const char *equals = memchr(parameter.data, '=', parameter.length);
        struct view keyword = {parameter.data, equals == NULL ? parameter.length : (size_t)(equals - parameter.data)};
        bool secret = equals == NULL || is_secret(keyword);
        hidden = hidden || secret;
        buffer_append(out, equals == NULL ? (struct view){NULL, 0} : (struct view){keyword.data, keyword.length + 1});
        buffer_append(out, secret ? VIEW("***") : (struct view){equals + 1, parameter.length - keyword.length - 1});
        at += parameter.length;
        buffer_append(out, at < uri.length ? VIEW("&") : (struct view){NULL, 0});
        at++;
    }
    return hidden;
}

// The credentials stand before the only '@', and no '/' or '?' comes before that. A password that holds one of these should
// have been written in hexadecimal; where it was not, no part of the URI is surely not the password.
static bool mask_uri(struct buffer *out, struct view uri, size_t scheme) {
    struct view rest = {uri.data + scheme, uri.length - scheme};
    const char *at = memchr(rest.data, '@', rest.length);
    size_t host = at == NULL ? 0 : (size_t)(at - rest.data);
    const char *second = at == NULL ? NULL : memchr(at + 1, '@', rest.length - host - 1);
    buffer_append(out, (struct view){uri.data, scheme});
    if (second != NULL || memchr(rest.data, '/', host) != NULL || memchr(rest.data, '?', host) != NULL) {
        buffer_append(out, VIEW("***"));
        return true;
    }
    const char *colon = memchr(rest.data, ':', host);
    if (colon != NULL) {
        buffer_append(out, (struct view){rest.data, (size_t)(colon - rest.data) + 1});
        buffer_append(out, VIEW("***"));
    } else {
        host = 0;
    }
    const char *mark = memchr(rest.data + host, '?', rest.length - host);
    size_t query = mark == NULL ? rest.length : (size_t)(mark - rest.data) + 1;
    buffer_append(out, (struct view){rest.data + host, query - host});
    return mask_query(out, rest, query) || colon != NULL;
}

bool conninfo_append_masked(struct buffer *out, struct view conninfo) {
    static const struct view schemes[] = {{"postgresql://", 13}, {"postgres://", 11}};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (conninfo.length >= schemes[i].length && memcmp(conninfo.data, schemes[i].data, schemes[i].length) == 0) {
            return mask_uri(out, conninfo, schemes[i].length);
        }
    }
    return mask_pairs(out, conninfo);
}
