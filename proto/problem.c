#include "proto/problem.h"

int problem_status(enum problem problem) {
    static const int statuses[PROBLEM_COUNT] = {
#define PROBLEM(name, status, slug, title) status,
#include "proto/problem.def"
#undef PROBLEM
    };
    return statuses[problem];
}

const char *problem_title(enum problem problem) {
    static const char *const titles[PROBLEM_COUNT] = {
#define PROBLEM(name, status, slug, title) title,
#include "proto/problem.def"
#undef PROBLEM
    };
    return titles[problem];
}

const char *problem_slug(enum problem problem) {
    static const char *const slugs[PROBLEM_COUNT] = {
#define PROBLEM(name, status, slug, title) slug,
#include "proto/problem.def"
#undef PROBLEM
    };
    return slugs[problem];
}
