// The database as a whole: is it empty, who else works on it, and the step that makes loaded segments visible at once.
#ifndef REVIEWD_SEED_DATABASE_H
#define REVIEWD_SEED_DATABASE_H

#include "seed/plan.h"
#include "seed/session.h"

enum {
    DATABASE_SCHEMA_ROOM = 260
};

enum database_state {
    DATABASE_EMPTY,
    DATABASE_FILLED,
    // Told as a failure: no connection, not migrated.
    DATABASE_UNKNOWN
};

struct database {
    struct session session;
    // Where review lives, quoted for SQL.
    char schema[DATABASE_SCHEMA_ROOM];
    uint32_t index_count;
};

// Connects, and looks whether the database is migrated. False with the failure told, as all below; database_close() anyway.
MUST_CHECK bool database_open(struct database *database, const char *dsn, struct failure *failure);
void database_close(struct database *database);

// Whether it holds a review.
MUST_CHECK enum database_state database_look(struct database *database);

// Keeps other loads, and whoever changes segments, out until the connection ends.
MUST_CHECK bool database_lock(struct database *database);

// The greatest number in a segment's name, now or in the past as far as can be seen.
MUST_CHECK bool database_last_number(struct database *database, uint32_t *number);

// In one transaction: replaces all segments by the loaded ones, which are numbered from first_number on, adds an empty one
// behind them, and fills product_meta. A database that holds reviews is a failure unless they are to be replaced.
MUST_CHECK bool database_publish(
    struct database *database, const struct plan *plan, uint32_t first_number, bool replace);

// After database_publish(): statistics and visibility map of what could not be prepared on the stage, namely product_meta.
// (ANALYZE review would do all segments again, one after the other; no statement of the server names more than a segment.)
MUST_CHECK bool database_analyze(struct database *database);

#endif
