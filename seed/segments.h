// The segments of a database in use: list, add, split.
#ifndef REVIEWD_SEED_SEGMENTS_H
#define REVIEWD_SEED_SEGMENTS_H

#include "seed/failure.h"
#include "seed/settings.h"

// Does what settings->words say. False with the failure told.
MUST_CHECK bool segments_command(const struct settings *settings, struct failure *failure);

#endif
