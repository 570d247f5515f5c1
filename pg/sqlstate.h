// What an error code of PostgreSQL means for the request that met it: the table of sqlstate.def.
#ifndef REVIEWD_PG_SQLSTATE_H
#define REVIEWD_PG_SQLSTATE_H

#include "core/base.h"

enum sqlstate_action {
    SQLSTATE_RECONNECT,       // the connection is no good; 503
    SQLSTATE_TIMED_OUT,       // 504
    SQLSTATE_RETRY,           // try again, a few times
    SQLSTATE_REMAP,           // the segments have changed: learn them and try again
    SQLSTATE_REMAP_OR_REFUSE, // the same, and if they had not changed, 422
    SQLSTATE_OVERLOADED,      // 503
    SQLSTATE_REFUSE,          // 422
    SQLSTATE_FAIL             // 500 with an incident id
};

// `code` has five characters; null or anything shorter (no code was given) fails.
enum sqlstate_action sqlstate_action(const char *code);

#endif
