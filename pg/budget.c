#include "pg/budget.h"

#include "pg/result.h"

struct limits {
    int64_t server;
    int64_t reserved;
    int64_t role;
    int64_t database;
};

// The lowest limit, and where it comes from.
static int64_t admitted(const struct limits *limits, char *why, size_t room) {
    int64_t most = limits->server - limits->reserved;
    snprintf(why, room, "max_connections %lld - %lld reserved for superusers", (long long)limits->server,
        (long long)limits->reserved);
    if (limits->role >= 0 && limits->role < most) {
        most = limits->role;
        snprintf(why, room, "the role's CONNECTION LIMIT");
    }
    if (limits->database >= 0 && limits->database < most) {
        most = limits->database;
        snprintf(why, room, "the database's CONNECTION LIMIT");
    }
    return most;
}

bool budget_compare(const PGresult *result, uint32_t nodes, uint32_t connections, char text[static BUDGET_TEXT_BYTES]) {
    const struct limits limits = {
        result_int(result, 0, 0), result_int(result, 0, 1), result_int(result, 0, 2), result_int(result, 0, 3)};
    char why[96];
    long long most = (long long)admitted(&limits, why, sizeof why);
    long long sum = (long long)nodes * connections;
    if (sum <= most) {
        snprintf(text, BUDGET_TEXT_BYTES, "%u nodes * %u connections = %lld; PostgreSQL admits %lld (%s)", nodes,
            connections, sum, most, why);
        return true;
    }
    snprintf(text, BUDGET_TEXT_BYTES,
        "%u nodes * %u connections = %lld, but PostgreSQL admits only %lld (%s): %lld too many. "
        "Lower db.connections to %lld on each node, or raise that limit by %lld.",
        nodes, connections, sum, most, why, sum - most, most / nodes, sum - most);
    return false;
}

bool budget_check(const char *dsn, uint32_t nodes, uint32_t connections, FILE *out, FILE *errors) {
    PGconn *connection = PQconnectdb(dsn);
    if (PQstatus(connection) != CONNECTION_OK) {
        fprintf(errors, "reviewd: cannot connect: %s", PQerrorMessage(connection));
        PQfinish(connection);
        return false;
    }
    PGresult *result = PQexecParams(connection, BUDGET_QUERY, 0, NULL, NULL, NULL, NULL, 1);
    bool fits = false;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        char text[BUDGET_TEXT_BYTES];
        fits = budget_compare(result, nodes, connections, text);
        fprintf(fits ? out : errors, "%s%s\n", fits ? "" : "reviewd: ", text);
    } else {
        fprintf(errors, "reviewd: %s", PQerrorMessage(connection));
    }
    PQclear(result);
    PQfinish(connection);
    return fits;
}
