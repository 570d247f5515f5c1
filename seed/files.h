// Writes the segments as files: all of them get their final names at the end, or none.
#ifndef REVIEWD_SEED_FILES_H
#define REVIEWD_SEED_FILES_H

#include "seed/failure.h"
#include "seed/maker.h"
#include "seed/plan.h"

// Generates into settings->out. False with the failure told; then no file of this run is left.
MUST_CHECK bool files_generate(const struct settings *settings, const struct plan *plan,
    const struct maker_tables *tables, struct failure *failure);

#endif
