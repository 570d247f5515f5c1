#include "proto/query.h"

#include "proto/url.h"

#include <stdio.h>

enum parameter {
    PARAMETER_COUNT,
    PARAMETER_PAGE,
    PARAMETER_SORT,
    PARAMETERS
};

static const char *const parameter_names[PARAMETERS] = {"count", "page", "sort"};

// Takes the text up to the first `separator` off *text, and the separator too.
static struct view take_until(struct view *text, char separator) {
    const char *found = memchr(text->data, separator, text->length);
    size_t length = found != NULL ? (size_t)(found - text->data) : text->length;
    struct view taken = {text->data, length};
    size_t skipped = length + (found != NULL);
    text->data += skipped;
    text->length -= skipped;
    return taken;
}

// PARAMETERS if there is none of that name.
static enum parameter find_parameter(struct view name) {
    unsigned i = 0;
    while (i < PARAMETERS && !url_equals(name, view_of(parameter_names[i]))) {
        i++;
    }
    return (enum parameter)i;
}

static bool read_sort(struct view value, enum review_sort *sort) {
    static const struct {
        const char *name;
        enum review_sort sort;
    } sorts[] = {
        {"relevant", SORT_RELEVANT}, {"newest", SORT_NEWEST}, {"helpfulness", SORT_HELPFUL}, {"helpful", SORT_HELPFUL}};
    for (size_t i = 0; i < COUNT_OF(sorts); i++) {
        if (url_equals(value, view_of(sorts[i].name))) {
            *sort = sorts[i].sort;
            return true;
        }
    }
    return false;
}

static bool read_integer(struct view value, int32_t min, int32_t max, int32_t *integer) {
    int64_t number;
    if (!url_read_number(value, max, &number) || number < min) {
        return false;
    }
    *integer = (int32_t)number;
    return true;
}

// A plus sign is a space in a query, but as no value here has a space and no number a sign, it is wrong either way.
static bool read_parameter(
    enum parameter parameter, struct view value, struct list_request *list, char *detail, size_t size) {
    switch (parameter) {
    case PARAMETER_COUNT:
        if (!read_integer(value, 1, LIST_COUNT_MAX, &list->count)) {
            snprintf(detail, size, "count must be an integer from 1 to %d.", LIST_COUNT_MAX);
            return false;
        }
        return true;
    case PARAMETER_PAGE:
        if (!read_integer(value, 0, LIST_REACH_MAX - 1, &list->page)) {
            snprintf(detail, size, "page must be an integer from 0 to %d.", LIST_REACH_MAX - 1);
            return false;
        }
        return true;
    default:
        if (!read_sort(value, &list->sort)) {
            snprintf(detail, size, "sort must be relevant, newest or helpfulness (or helpful, which is the same).");
            return false;
        }
        return true;
    }
}

bool query_read_list(struct view query, struct list_request *list, char *detail, size_t detail_size) {
    list->count = LIST_COUNT_DEFAULT;
    list->page = 0;
    list->sort = SORT_RELEVANT;
    unsigned given = 0;
    while (query.length > 0) {
        struct view value = take_until(&query, '&');
        if (value.length == 0) {
            continue;
        }
        enum parameter parameter = find_parameter(take_until(&value, '='));
        if (parameter == PARAMETERS) {
            continue;
        }
        if ((given & 1u << parameter) != 0) {
            snprintf(detail, detail_size, "%s is given twice.", parameter_names[parameter]);
            return false;
        }
        given |= 1u << parameter;
        if (!read_parameter(parameter, value, list, detail, detail_size)) {
            return false;
        }
    }
    if ((list->page + 1) * list->count > LIST_REACH_MAX) {
        snprintf(detail, detail_size, "page reaches too far: (page + 1) * count must be at most %d.", LIST_REACH_MAX);
        return false;
    }
    return true;
}
