// The budget of connections: what all nodes together may open, against what PostgreSQL admits.
#ifndef REVIEWD_PG_BUDGET_H
#define REVIEWD_PG_BUDGET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// Connects once, waits for the answer, and compares nodes * connections with the connections that PostgreSQL admits for the
// dsn's role. True, with a line on `out`, when they fit; false, with a line on `errors` that does the sum, or tells why
// PostgreSQL could not be asked. Blocks.
bool budget_check(const char *dsn, uint32_t nodes, uint32_t connections, FILE *out, FILE *errors);

#endif
