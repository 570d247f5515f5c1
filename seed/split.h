// Makes several segments of one while servers read and write.
#ifndef REVIEWD_SEED_SPLIT_H
#define REVIEWD_SEED_SPLIT_H

#include "seed/database.h"
#include "seed/leaf.h"

// Replaces the segment `old`, whose name must be quoted for SQL if need be and which holds about so many reviews, by the
// parts, which cover its range without gaps. The database must be locked. On a failure, which is told, the segment is as
// before.
MUST_CHECK bool split_segment(struct database *database, const char *dsn, const struct leaf *old, uint64_t reviews,
    const struct leaf *parts, uint32_t part_count);

// Removes what a split that was killed has left; does nothing if there is nothing.
MUST_CHECK bool split_clean(struct database *database);

#endif
