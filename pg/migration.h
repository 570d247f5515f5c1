// The schema's migrations (pg/schema/*.sql, embedded at build time), and how they are applied.
#ifndef REVIEWD_PG_MIGRATION_H
#define REVIEWD_PG_MIGRATION_H

#include "core/base.h"

#include <stdio.h>

struct migration {
    int version;
    const char *name;
    const char *sql;
};

// By version, closed by a row with version 0.
extern const struct migration migrations[];

// Applies what the database named by `dsn` does not have yet, each migration in a transaction of its own under a lock that
// keeps two migrators apart, and records it in the table schema_migration. Tells on `out` what it did and on `errors` why it
// failed. Blocks; for the command line.
MUST_CHECK bool migration_run(const char *dsn, FILE *out, FILE *errors);

#endif
