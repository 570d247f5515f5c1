// The connections of an audit. They wait for locks step by step, so that an interruption is never missed.
#ifndef REVIEWD_SEED_AUDIT_SESSION_H
#define REVIEWD_SEED_AUDIT_SESSION_H

#include "seed/session.h"

// What each connection is set to, as SQL: besides the locks, texts that do not depend on the machine, and plans for all rows
// of a cursor.
#define AUDIT_SESSION_SETTINGS                                                                                         \
    "SET lock_timeout = '1s'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET cursor_tuple_fraction = 1; SET jit = off"

// Runs a transaction, from SESSION_BEGIN to COMMIT, again and again as long as others have its locks. False with the failure told, as
// all below.
MUST_CHECK bool audit_session_insist(struct session *session, const char *action, const char *sql);

// Runs a query in the same manner: its rows, to be released with PQclear(), or null.
MUST_CHECK PGresult *audit_session_query(struct session *session, const char *action, const char *query);

#endif
