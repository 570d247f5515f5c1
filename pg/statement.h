// The statements of statement.def.
#ifndef REVIEWD_PG_STATEMENT_H
#define REVIEWD_PG_STATEMENT_H

#include "core/buffer.h"

enum statement {
#define STATEMENT(name, lane, parameters, sql) STATEMENT_##name,
#include "pg/statement.def"
#undef STATEMENT
    STATEMENT_COUNT
};

// What a connection is used for: many short reads in a deep pipeline, transactions that wait for the disk, or reads that take
// long, one at a time, so that nobody waits behind them.
enum lane {
    LANE_READ,
    LANE_WRITE,
    LANE_SLOW,
    LANE_COUNT
};

enum lane statement_lane(enum statement statement);
int statement_parameter_count(enum statement statement);

// Whether the statement names a segment's table.
bool statement_has_leaf(enum statement statement);

// Appends the text for a segment (quoted as an identifier), with a terminator.
void statement_text(enum statement statement, const char *leaf, struct buffer *out);

// The statement's name, for logs: "LIST_NEWEST".
const char *statement_name(enum statement statement);

#endif
