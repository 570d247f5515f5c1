// The budget of connections: what all nodes together may open, against what PostgreSQL admits.
#ifndef REVIEWD_PG_BUDGET_H
#define REVIEWD_PG_BUDGET_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// What PostgreSQL admits, as this role and database see it: a limit of either may be lower still, and -1 is none.
#define BUDGET_QUERY                                                                                                   \
    "SELECT current_setting('max_connections')::int8, current_setting('superuser_reserved_connections')::int8, "       \
    "(SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), "                                               \
    "(SELECT datconnlimit FROM pg_database WHERE datname = current_database())"

// Room for what budget_compare says.
enum {
    BUDGET_TEXT_BYTES = 384
};

// Compares nodes * connections with the row of BUDGET_QUERY in binary format, and puts the sum into `text`: one line, without its
// end. Whether they fit.
bool budget_compare(const PGresult *limits, uint32_t nodes, uint32_t connections, char text[static BUDGET_TEXT_BYTES]);

// Connects once, waits for the answer, and compares nodes * connections with the connections that PostgreSQL admits for the
// dsn's role. True, with a line on `out`, when they fit; false, with a line on `errors` that does the sum, or tells why
// PostgreSQL could not be asked. Blocks.
bool budget_check(const char *dsn, uint32_t nodes, uint32_t connections, FILE *out, FILE *errors);

#endif
