// A table that is going to be a segment: made and filled out of everybody's sight, indexed like review, then attached.
#ifndef REVIEWD_SEED_LEAF_H
#define REVIEWD_SEED_LEAF_H

#include "seed/progress.h"
#include "seed/session.h"

enum {
    LEAF_NAME_ROOM = 64
};

// The products of a leaf: from first_product up to, but without, end_product; at most 2^31, which means no end.
struct leaf {
    char name[LEAF_NAME_ROOM];
    uint32_t first_product;
    uint32_t end_product;
};

// Names the segment with this number.
void leaf_name(char name[static LEAF_NAME_ROOM], uint32_t number);

// Makes the empty table, in the first schema of the search path, with a constraint that says its range: attaching need not
// read the rows then. False with the failure told, as all below.
MUST_CHECK bool leaf_create(struct session *session, const struct leaf *leaf, const char *action);

// Builds indexes like those of review, so that attaching takes them over. Tells the progress (which may be null) of so many
// records after each.
MUST_CHECK bool leaf_build_indexes(
    struct session *session, const struct leaf *leaf, const char *action, struct progress *progress, uint64_t records);

// SQL that locks all that is made in a schema, with however long a wait that takes: an autovacuum gives way, a backup ends. To be
// run before the locks that others wait behind.
#define LEAVES_LOCK(schema)                                                                                            \
    "DO $$ DECLARE leaf regclass; BEGIN FOR leaf IN SELECT oid FROM pg_class "                                         \
    "WHERE relnamespace = '" schema "'::regnamespace AND relkind = 'r' AND relname ~ '^review_[0-9]' ORDER BY oid "    \
    "LOOP EXECUTE 'LOCK TABLE ' || leaf || ' IN ACCESS EXCLUSIVE MODE'; END LOOP; END $$; "

// Moves the table beside review and makes it a segment. In a transaction that holds both exclusively.
MUST_CHECK bool leaf_attach(struct session *session, const struct leaf *leaf, const char *stage, const char *schema);

#endif
