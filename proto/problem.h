// Problems: the errors that reviewd answers, each with its status, type and title (RFC 9457), from one table.
#ifndef REVIEWD_PROTO_PROBLEM_H
#define REVIEWD_PROTO_PROBLEM_H

#include "core/base.h"

enum problem {
#define PROBLEM(name, status, slug, title) PROBLEM_##name,
#include "proto/problem.def"
#undef PROBLEM
    PROBLEM_COUNT
};

int problem_status(enum problem problem);
const char *problem_title(enum problem problem);

// The last part of the `type` URI reference: "/problems/<slug>", for example "not-found".
const char *problem_slug(enum problem problem);

// One wrong field of a request body: its name as the client wrote it, such as "photos[2]", and what it must be. Both are
// terminated strings.
struct field_error {
    char field[64];
    char detail[192];
};

enum {
    FIELD_ERRORS_MAX = 32
};

struct field_errors {
    size_t count;
    struct field_error errors[FIELD_ERRORS_MAX];
};

#endif
