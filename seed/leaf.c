// A table that is going to be a segment.
#include "seed/leaf.h"

#include <stdio.h>

enum {
    BOUND_ROOM = 48
};

#define RANGE_CONSTRAINT "leaf_range"

void leaf_name(char name[static LEAF_NAME_ROOM], uint32_t number) {
    snprintf(name, LEAF_NAME_ROOM, "review_%04u", number);
}

// Without bounds where the first and the last segment have none either.
bool leaf_create(struct session *session, const struct leaf *leaf, const char *action) {
    char below[BOUND_ROOM] = "";
    if (leaf->end_product <= INT32_MAX) {
        snprintf(below, sizeof below, " AND product_id < %u", leaf->end_product);
    }
    return session_run(session, action,
        "SELECT segment_create('%s'); ALTER TABLE %s ADD CONSTRAINT " RANGE_CONSTRAINT " CHECK (product_id >= %u%s)",
        leaf->name, leaf->name, leaf->first_product, below);
}

bool leaf_build_indexes(
    struct session *session, const struct leaf *leaf, const char *action, struct progress *progress, uint64_t records) {
    PGresult *statements = session_query(session, action,
        "SELECT CASE WHEN indisprimary THEN format('ALTER TABLE %%1$I ADD CONSTRAINT %%2$I %%3$s', leaf, leaf || '_pkey', "
        "(SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conindid = indexrelid AND contype = 'p')) "
        "ELSE format('CREATE %%s INDEX %%I ON %%I %%s', CASE WHEN indisunique THEN 'UNIQUE' END, "
        "leaf || substr(relname, length('review') + 1), leaf, substring(pg_get_indexdef(indexrelid) FROM ' USING .*$')) END "
        "FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid CROSS JOIN (VALUES ('%s')) AS name (leaf) "
        "WHERE indrelid = 'review'::regclass ORDER BY indisprimary DESC, relname",
        leaf->name);
    if (statements == NULL) {
        return false;
    }
    bool right = true;
    for (int i = 0; i < PQntuples(statements) && right; i++) {
        right = session_run(session, action, "%s", PQgetvalue(statements, i, 0));
        if (progress != NULL) {
            progress_add_step(progress, records);
        }
    }
    PQclear(statements);
    return right;
}

bool leaf_attach(struct session *session, const struct leaf *leaf, const char *stage, const char *schema) {
    char end[BOUND_ROOM] = "NULL";
    if (leaf->end_product <= INT32_MAX) {
        snprintf(end, sizeof end, "%u", leaf->end_product);
    }
    return session_run(session, "attach a segment",
        "ALTER TABLE %s.%s SET SCHEMA %s; SELECT segment_attach('%s', %u, %s); "
        "ALTER TABLE %s.%s DROP CONSTRAINT " RANGE_CONSTRAINT,
        stage, leaf->name, schema, leaf->name, leaf->first_product, end, schema, leaf->name);
}
