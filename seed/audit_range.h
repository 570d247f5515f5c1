// A range of products: compares what is stored twice with its source, and mends it. The sessions are those of audit_session.h.
#ifndef REVIEWD_SEED_AUDIT_RANGE_H
#define REVIEWD_SEED_AUDIT_RANGE_H

#include "seed/audit_report.h"
#include "seed/session.h"

enum {
    AUDIT_COLUMNS_ROOM = 4096
};

// What audit_range_repair() sets in a row of product_meta: the columns as the database has them.
struct audit_columns {
    char assignments[AUDIT_COLUMNS_ROOM];
};

// Reads the columns of product_meta. False with the failure told, as all below.
MUST_CHECK bool audit_columns_read(struct session *session, struct audit_columns *columns);

// Finds the last product of a range that begins with first_product, holds about a hundred thousand reviews, and ends with
// end_product at the latest. Tells about how many reviews it holds.
MUST_CHECK bool audit_range_find(
    struct session *session, uint32_t first_product, uint32_t end_product, uint32_t *last_product, uint64_t *reviews);

// Tells the report of every difference in the range, and how much was compared. True whether or not there are any.
MUST_CHECK bool audit_range_compare(
    struct session *session, uint32_t first_product, uint32_t last_product, struct audit_report *report);

// The same, but mends the differences, and then compares the range again if there were any.
MUST_CHECK bool audit_range_repair(struct session *session, uint32_t first_product, uint32_t last_product,
    const struct audit_columns *columns, struct audit_report *report);

#endif
