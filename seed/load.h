// Fills a database.
#ifndef REVIEWD_SEED_LOAD_H
#define REVIEWD_SEED_LOAD_H

#include "seed/failure.h"
#include "seed/settings.h"

// Fills the database settings->dsn with made-up reviews, or with those of the files settings->words. One that holds reviews is
// a failure, or with settings->if_empty left alone, or with settings->replace emptied in the last step. False with the failure
// told; then the database is as before, and the same load goes on from where it was.
MUST_CHECK bool load_database(const struct settings *settings, struct failure *failure);

#endif
