#include "proto/route.h"

#include "proto/query.h"
#include "proto/url.h"

#include <stdio.h>

struct route {
    enum http_method method;
    struct view pattern;
    enum operation operation;
};

static const struct route routes[] = {
#define ROUTE(method, pattern, operation) {METHOD_##method, {pattern, sizeof(pattern) - 1}, OPERATION_##operation},
#include "proto/route.def"
#undef ROUTE
};

// Takes the first part off a path: "/a/b" leaves "/b" and gives "a". False at the end.
static bool take_part(struct view *path, struct view *part) {
    if (path->length == 0 || path->data[0] != '/') {
        return false;
    }
    const char *begin = path->data + 1;
    const char *end = memchr(begin, '/', path->length - 1);
    part->data = begin;
    part->length = end != NULL ? (size_t)(end - begin) : path->length - 1;
    path->data += part->length + 1;
    path->length -= part->length + 1;
    return true;
}

static bool is_placeholder(struct view part) {
    return part.data[0] == '{';
}

static bool looks_like_number(struct view part) {
    int first = url_first(part);
    return (first >= '0' && first <= '9') || first == '-' || first == '+';
}

// Whether a route's last part is a name where that of `route` is a number, and all parts before are the same.
static bool has_named_sibling(const struct route *route) {
    const char *slash = memrchr(route->pattern.data, '/', route->pattern.length);
    size_t shared = (size_t)(slash - route->pattern.data) + 1;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        struct view other = routes[i].pattern;
        if (other.length > shared && memcmp(other.data, route->pattern.data, shared) == 0 &&
            other.data[shared] != '{' && memchr(other.data + shared, '/', other.length - shared) == NULL) {
            return true;
        }
    }
    return false;
}

// How well a path has the shape of a pattern: 0 if it has not, else a bit for every part, set for a literal, the first part's
// highest. So of two patterns the better one has the first literal where they differ.
static unsigned fit(const struct route *route, struct view path) {
    unsigned literals = 0;
    struct view pattern = route->pattern;
    struct view wanted;
    struct view part;
    while (take_part(&pattern, &wanted)) {
        if (!take_part(&path, &part) || part.length == 0) {
            return 0;
        }
        bool is_literal = !is_placeholder(wanted);
        if (is_literal && !url_equals(part, wanted)) {
            return 0;
        }
        // A word where the table has other words is an unknown one, not a bad number.
        if (!is_literal && pattern.length == 0 && !looks_like_number(part) && has_named_sibling(route)) {
            return 0;
        }
        literals = literals << 1 | is_literal;
    }
    return path.length == 0 ? literals : 0;
}

// The best route of any method, or null.
static const struct route *find_resource(struct view path) {
    const struct route *best = NULL;
    unsigned best_fit = 0;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        unsigned route_fit = fit(&routes[i], path);
        if (route_fit > best_fit) {
            best = &routes[i];
            best_fit = route_fit;
        }
    }
    return best;
}

// The route of the same pattern for the method, or null; *allow: the methods that the pattern has.
static const struct route *find_method(const struct route *resource, enum http_method method, uint32_t *allow) {
    const struct route *found = NULL;
    enum http_method wanted = method == METHOD_HEAD ? METHOD_GET : method;
    *allow = 1u << METHOD_OPTIONS;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (!view_equal(routes[i].pattern, resource->pattern)) {
            continue;
        }
        *allow |= 1u << routes[i].method;
        if (routes[i].method == METHOD_GET) {
            *allow |= 1u << METHOD_HEAD;
        }
        if (routes[i].method == wanted) {
            found = &routes[i];
        }
    }
    return found;
}

// Reads the path's numbers. A vote or report is addressed by its review alone, whose id tells the product: 0 for none.
static bool read_numbers(const struct route *route, struct view path, struct route_match *match) {
    struct view pattern = route->pattern;
    struct view wanted;
    struct view part;
    bool has_product = false;
    while (take_part(&pattern, &wanted) && take_part(&path, &part)) {
        if (!is_placeholder(wanted)) {
            continue;
        }
        bool is_product = view_equal(wanted, VIEW("{product_id}"));
        int64_t max = is_product ? PRODUCT_ID_MAX : REVIEW_ID_MAX;
        int64_t number;
        if (!url_read_number(part, max, &number) || number < 1) {
            snprintf(match->detail, sizeof match->detail,
                "%s must be an integer from 1 to %lld, in decimal digits without sign or leading zeros.",
                is_product ? "product_id" : "review_id", (long long)max);
            return false;
        }
        if (is_product) {
            match->key.product_id = (int32_t)number;
            has_product = true;
        } else {
            match->key.review_id = number;
        }
    }
    if (!has_product) {
        int64_t product_id = match->key.review_id >> REVIEW_ID_PRODUCT_SHIFT;
        match->key.product_id = product_id <= PRODUCT_ID_MAX ? (int32_t)product_id : 0;
    }
    return true;
}

enum route_result route_find(enum http_method method, struct view path, struct view query, struct route_match *match) {
    *match = (struct route_match){0};
    if (method == METHOD_OPTIONS && view_equal(path, VIEW("*"))) {
        match->allow = (1u << METHOD_COUNT) - 1;
        return ROUTE_OPTIONS;
    }
    if (!url_is_well_formed(path)) {
        snprintf(match->detail, sizeof match->detail,
            "The path has a percent sign without two hexadecimal digits behind it.");
        return ROUTE_BAD_PARAMETER;
    }
    const struct route *resource = find_resource(path);
    if (resource == NULL) {
        return ROUTE_UNKNOWN_PATH;
    }
    const struct route *route = find_method(resource, method, &match->allow);
    if (method == METHOD_OPTIONS) {
        return ROUTE_OPTIONS;
    }
    if (route == NULL) {
        return ROUTE_METHOD_NOT_ALLOWED;
    }
    match->operation = route->operation;
    if (!read_numbers(route, path, match)) {
        return ROUTE_BAD_PARAMETER;
    }
    if (route->operation == OPERATION_REVIEW_LIST) {
        match->list.product_id = match->key.product_id;
        if (!query_read_list(query, &match->list, match->detail, sizeof match->detail)) {
            return ROUTE_BAD_PARAMETER;
        }
    }
    return ROUTE_FOUND;
}
