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

// Where the query's parameters begin, behind the '?' that follows the credentials.
static size_t query_begin(struct view uri, size_t from) {
    const char *mark = memchr(uri.data + from, '?', uri.length - from);
    return mark == NULL ? uri.length : (size_t)(mark - uri.data) + 1;
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
        buffer_append(out, secret ? VIEW("***")
                                  : (struct view){equals + 1, parameter.length - keyword.length - 1});
        at += parameter.length;
        buffer_append(out, at < uri.length ? VIEW("&") : (struct view){NULL, 0});
        at++;
    }
    return hidden;
}

// libpq ends the credentials at the first '@'. A password may hold an '@' (or '/', or '?') that should have been written in
// hexadecimal; then libpq refuses the URI, and the part behind it must not be shown either. So the last '@' counts, unless
// it stands in the value of a parameter.
static bool mask_uri(struct buffer *out, struct view uri, size_t scheme) {
    size_t at = uri.length;
    for (size_t i = scheme; i < uri.length; i++) {
        bool parameter = uri.data[i] == '&' || (uri.data[i] == '=' && query_begin(uri, scheme) < i);
        if (parameter && at < uri.length) {
            break;
        }
        at = uri.data[i] == '@' ? i : at;
    }
    const char *colon = memchr(uri.data + scheme, ':', uri.length - scheme);
    size_t password = colon == NULL ? uri.length : (size_t)(colon - uri.data) + 1;
    bool hidden = at < uri.length && password <= at;
    size_t host = hidden ? at : scheme;
    buffer_append(out, (struct view){uri.data, hidden ? password : scheme});
    buffer_append(out, hidden ? VIEW("***") : (struct view){NULL, 0});
    size_t query = query_begin(uri, host);
    buffer_append(out, (struct view){uri.data + host, query - host});
    return mask_query(out, uri, query) || hidden;
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
