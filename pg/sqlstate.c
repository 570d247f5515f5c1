#include "pg/sqlstate.h"

struct rule {
    const char *pattern;
    enum sqlstate_action action;
};

static const struct rule rules[] = {
#define SQLSTATE(pattern, action) {pattern, SQLSTATE_##action},
#include "pg/sqlstate.def"
#undef SQLSTATE
};

static bool fits(const char *pattern, const char *code) {
    for (; *pattern != '*'; pattern++, code++) {
        if (*pattern != *code) {
            return false;
        }
        if (*pattern == '\0') {
            return true;
        }
    }
    return true;
}

enum sqlstate_action sqlstate_action(const char *code) {
    if (code == NULL || strlen(code) != 5) {
        return SQLSTATE_FAIL;
    }
    size_t i = 0;
    while (!fits(rules[i].pattern, code)) {
        i++;
    }
    return rules[i].action;
}
