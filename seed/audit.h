// Recounts the totals of all products.
#ifndef REVIEWD_SEED_AUDIT_H
#define REVIEWD_SEED_AUDIT_H

#include "seed/failure.h"
#include "seed/settings.h"

// Compares what is stored twice with its source, over the whole database, and prints the differences to stdout; with
// settings->repair mends them. Sets *differences to how many are left. False with the failure told.
MUST_CHECK bool audit_database(const struct settings *settings, struct failure *failure, uint64_t *differences);

#endif
