#include "pg/migration.h"

#include <libpq-fe.h>
#include <stdlib.h>

// Any number will do, as long as all migrators take the same.
#define MIGRATION_LOCK "7283947"

static bool run(PGconn *connection, const char *sql, FILE *errors) {
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fprintf(errors, "reviewd: %s", PQerrorMessage(connection));
        return false;
    }
    return true;
}

// The newest version that the database has, 0 for none, -1 on failure.
static int current_version(PGconn *connection, FILE *errors) {
    PGresult *result = PQexec(connection, "SELECT coalesce(max(version), 0) FROM schema_migration");
    int version = -1;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        version = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
    } else {
        fprintf(errors, "reviewd: %s", PQerrorMessage(connection));
    }
    PQclear(result);
    return version;
}

static bool apply(PGconn *connection, const struct migration *migration, FILE *out, FILE *errors) {
    char record[256];
    snprintf(record, sizeof record, "INSERT INTO schema_migration (version, name) VALUES (%d, '%s')",
        migration->version, migration->name);
    if (!run(connection, "BEGIN", errors) || !run(connection, migration->sql, errors) ||
        !run(connection, record, errors) || !run(connection, "COMMIT", errors)) {
        fprintf(errors, "reviewd: migration %04d_%s was not applied\n", migration->version, migration->name);
        return false;
    }
    fprintf(out, "applied migration %04d_%s\n", migration->version, migration->name);
    return true;
}

static bool apply_missing(PGconn *connection, FILE *out, FILE *errors) {
    if (!run(connection, "SET client_min_messages = warning", errors) ||
        !run(connection, "SELECT pg_advisory_lock(" MIGRATION_LOCK ")", errors) ||
        !run(connection,
            "CREATE TABLE IF NOT EXISTS schema_migration (version integer PRIMARY KEY, name text NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT now())",
            errors)) {
        return false;
    }
    int version = current_version(connection, errors);
    if (version < 0) {
        return false;
    }
    int newest = 0;
    for (const struct migration *migration = migrations; migration->version != 0; migration++) {
        newest = migration->version;
        if (newest > version && !apply(connection, migration, out, errors)) {
            return false;
        }
    }
    if (version > newest) {
        fprintf(errors, "reviewd: the database has schema version %d, newer than this program's %d\n", version, newest);
        return false;
    }
    fprintf(out, "schema version %d\n", newest);
    return true;
}

bool migration_run(const char *dsn, FILE *out, FILE *errors) {
    PGconn *connection = PQconnectdb(dsn);
    bool done = false;
    if (PQstatus(connection) == CONNECTION_OK) {
        done = apply_missing(connection, out, errors);
    } else {
        fprintf(errors, "reviewd: cannot connect: %s", PQerrorMessage(connection));
    }
    PQfinish(connection);
    return done;
}
