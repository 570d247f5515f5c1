// The files of a load: recognised by their first lines, read and checked into tables of the stage, and from there brought
// into segments.
#ifndef REVIEWD_SEED_IMPORT_H
#define REVIEWD_SEED_IMPORT_H

#include "seed/failure.h"
#include "seed/plan.h"
#include "seed/session.h"

struct import;

// Finds out what the files and folders settings->words are. Null, with the failure told, when one cannot be read or is of no
// known kind, or when they do not belong together. Release with import_close().
MUST_CHECK struct import *import_open(const struct settings *settings, struct failure *failure);
void import_close(struct import *import);

// A text that differs for other files: a killed load goes on only with the same. Valid until import_close().
const char *import_identity(const struct import *import);

// Reads the files into tables source_… of the stage, each on a connection of its own that was opened with
// `session_settings`; lines that cannot be loaded go to the file of rejects. Shows the progress. False with the failure told.
MUST_CHECK bool import_read(struct import *import, const char *session_settings);

// Cuts what was read into segments; plan->product_records stays null. The same tables give the same plan. Release with
// plan_free().
MUST_CHECK bool import_plan(struct import *import, struct session *session, struct plan *plan);

// In a transaction where `table` (unqualified, on the search path, of the columns of review) was just made: fills it with the
// segment's reviews in the order of product and id, and the stage's product_meta with their totals. Any thread, each with a
// session of its own.
MUST_CHECK bool import_fill(struct import *import, struct session *session, const struct segment *segment,
    const char *table, const char *action);

#endif
