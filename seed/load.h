// Generates straight into an empty database.
#ifndef REVIEWD_SEED_LOAD_H
#define REVIEWD_SEED_LOAD_H

#include "seed/failure.h"
#include "seed/maker.h"
#include "seed/plan.h"

// Fills the database settings->dsn. A filled one is a failure, or with settings->if_empty left alone. False with the failure
// told; then the database is as empty as before, unless the failure says otherwise.
MUST_CHECK bool load_database(const struct settings *settings, const struct plan *plan,
    const struct maker_tables *tables, struct failure *failure);

#endif
