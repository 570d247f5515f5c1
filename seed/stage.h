// The stage: the schema where segments are loaded and indexed before they become segments of review, out of everybody's
// sight. What is finished there outlives a killed run, and the next run of the same load goes on from it.
#ifndef REVIEWD_SEED_STAGE_H
#define REVIEWD_SEED_STAGE_H

#include "seed/database.h"

#define STAGE_SCHEMA "review_seed"

enum stage_phase {
    STAGE_ABSENT,
    // Of another load, unfinished; or of an older program.
    STAGE_FOREIGN,
    // The source is being read; from the beginning again if that is interrupted.
    STAGE_READING,
    // Segments are being loaded, each in one transaction.
    STAGE_LOADING,
    // All is visible; only statistics may be missing.
    STAGE_PUBLISHED
};

struct stage {
    struct database *database;
    // Of the load that this is about.
    const char *identity;
    enum stage_phase phase;
    uint32_t first_number;
    // In a run that goes on from an earlier one: what that planned.
    uint64_t planned_records;
};

enum stage_segment {
    SEGMENT_MISSING,
    // Loaded and indexed.
    SEGMENT_MADE,
    // With statistics and visibility map.
    SEGMENT_DONE
};

// Finds out what there is for the load with this identity, which must outlive the stage. False with the failure told, as all
// below. The database must be locked.
MUST_CHECK bool stage_look(struct stage *stage, struct database *database, const char *identity);

// Drops whatever there is and begins anew, in the phase STAGE_READING.
MUST_CHECK bool stage_reset(struct stage *stage);

// The source is read: so many records will be loaded.
MUST_CHECK bool stage_begin_loading(struct stage *stage, uint64_t records);

// Tells how far each segment of the plan is.
MUST_CHECK bool stage_find_segments(struct stage *stage, enum stage_segment *segments, uint32_t segment_count);

// Marks a segment (counted from 0): as made in the transaction that makes it, as done later.
MUST_CHECK bool stage_mark(struct session *session, uint32_t segment, enum stage_segment how_far, const char *action);

// A number that the source wants to find again when a later run goes on: sets it to that of the first run, if this is not the
// first.
MUST_CHECK bool stage_keep_number(struct session *session, int64_t *number);

MUST_CHECK bool stage_drop(struct stage *stage);

#endif
