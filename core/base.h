// What every file needs and nothing more: bounds, views and the must-check mark.
#ifndef REVIEWD_CORE_BASE_H
#define REVIEWD_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The caller has to look at the result.
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// The size that keeps what two threads write on different cache lines.
enum {
    CACHE_LINE = 64
};

// Bytes that belong to somebody else; not terminated, never null-checked: an absent view has a null `data`.
struct view {
    const char *data;
    size_t length;
};

// The view of a string literal.
#define VIEW(literal) ((struct view){(literal), sizeof(literal) - 1})

// The view of a terminated string.
static inline struct view view_of(const char *text) {
    return (struct view){text, strlen(text)};
}

static inline bool view_equal(struct view a, struct view b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

#endif
