// The database as a whole: is it empty, a place for unfinished segments, and the step that makes them visible at once.
#ifndef REVIEWD_SEED_DATABASE_H
#define REVIEWD_SEED_DATABASE_H

#include "seed/plan.h"
#include "seed/session.h"

enum {
    DATABASE_SCHEMA_ROOM = 260
};

// The schema where segments are loaded and indexed before they become segments of review.
#define DATABASE_STAGE "review_seed"

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

// Looks whether the database is migrated and holds a review.
MUST_CHECK enum database_state database_look(struct database *database);

// Keeps other loads out until the connection ends.
MUST_CHECK bool database_lock(struct database *database);

// Drops what a killed run left and makes the stage anew.
MUST_CHECK bool database_prepare(struct database *database);

// In one transaction: replaces the empty segments by the loaded ones and fills product_meta.
MUST_CHECK bool database_publish(struct database *database, const struct plan *plan);

// After database_publish(): statistics and visibility maps of what could not be prepared on the stage.
MUST_CHECK bool database_analyze(struct database *database);

// After a failure before or in database_publish(): drops the stage.
void database_abandon(struct database *database);

#endif
