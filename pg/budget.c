#include "pg/budget.h"

#include <libpq-fe.h>
#include <stdlib.h>

// A limit of the role or of the database may be lower still; -1 is none.
static const char QUERY[] =
    "SELECT current_setting('max_connections'), current_setting('superuser_reserved_connections'), "
    "(SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), "
    "(SELECT datconnlimit FROM pg_database WHERE datname = current_database())";

struct limits {
    long server;
    long reserved;
    long role;
    long database;
};

static bool ask(PGconn *connection, struct limits *limits, FILE *errors) {
    PGresult *result = PQexec(connection, QUERY);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (good) {
        *limits =
            (struct limits){strtol(PQgetvalue(result, 0, 0), NULL, 10), strtol(PQgetvalue(result, 0, 1), NULL, 10),
                strtol(PQgetvalue(result, 0, 2), NULL, 10), strtol(PQgetvalue(result, 0, 3), NULL, 10)};
    } else {
        fprintf(errors, "reviewd: %s", PQerrorMessage(connection));
    }
    PQclear(result);
    return good;
}

// The lowest limit, and where it comes from.
static long admitted(const struct limits *limits, char *why, size_t room) {
    long most = limits->server - limits->reserved;
    snprintf(why, room, "max_connections %ld - %ld reserved for superusers", limits->server, limits->reserved);
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

static bool compare(const struct limits *limits, uint32_t nodes, uint32_t connections, FILE *out, FILE *errors) {
    char why[96];
    long most = admitted(limits, why, sizeof why);
    long sum = (long)nodes * (long)connections;
    if (sum <= most) {
        fprintf(
            out, "%u nodes * %u connections = %ld; PostgreSQL admits %ld (%s)\n", nodes, connections, sum, most, why);
        return true;
    }
    fprintf(errors,
        "reviewd: %u nodes * %u connections = %ld, but PostgreSQL admits only %ld (%s): %ld too many. "
        "Lower db.connections to %ld on each node, or raise that limit by %ld.\n",
        nodes, connections, sum, most, why, sum - most, most / (long)nodes, sum - most);
    return false;
}

bool budget_check(const char *dsn, uint32_t nodes, uint32_t connections, FILE *out, FILE *errors) {
    PGconn *connection = PQconnectdb(dsn);
    struct limits limits;
    bool fits = false;
    if (PQstatus(connection) != CONNECTION_OK) {
        fprintf(errors, "reviewd: cannot connect: %s", PQerrorMessage(connection));
    } else if (ask(connection, &limits, errors)) {
        fits = compare(&limits, nodes, connections, out, errors);
    }
    PQfinish(connection);
    return fits;
}
