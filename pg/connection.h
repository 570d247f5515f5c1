// One connection to PostgreSQL in libpq's pipeline mode, as a state machine on an event base.
//
//   DOWN → CONNECTING → PREPARING → READY → DRAINING → DOWN
//
// CONNECTING: libpq speaks with the server. PREPARING: the connection asks for the segments, which also proves that the
// server is one of ours. READY: queries may be sent. DRAINING: what is in flight is finished, nothing new is sent. A
// connection in doubt is closed with a reason, and is lost; one that is no longer needed is drained without one.
//
// All functions and callbacks run on the thread of the event base.
#ifndef REVIEWD_PG_CONNECTION_H
#define REVIEWD_PG_CONNECTION_H

#include "pg/parameters.h"
#include "pg/segment_map.h"
#include "pg/statement.h"

#include <libpq-fe.h>

struct event_base;
struct connection;

enum connection_state {
    CONNECTION_DOWN,
    CONNECTION_CONNECTING,
    CONNECTION_PREPARING,
    CONNECTION_READY,
    CONNECTION_DRAINING,
    CONNECTION_STATE_COUNT
};

// Whom a connection tells what happens. `query` and `group` are the owner's names for what it sent.
struct connection_owner {
    void *context;
    // The segments as this connection read them (the result of SEGMENT_MAP_QUERY; without rows if it took too long). False: not
    // usable; a connection that is PREPARING then closes.
    bool (*segments)(void *context, const PGresult *result);
    // The one result of a query, rows or an error; the result is freed afterwards.
    void (*result)(void *context, void *query, const PGresult *result);
    // The group is complete: everything in it is committed, or, if any query of it failed, rolled back.
    void (*group_done)(void *context, void *group);
    // The connection went down with this query or group in flight; in the order of sending, before `changed`.
    void (*query_lost)(void *context, void *query);
    void (*group_lost)(void *context, void *group);
    // The state has changed. `reason` tells why a connection that is DOWN was lost, or could not be made; null in all other
    // cases, also when it was drained. It is good only during the call.
    void (*changed)(void *context, struct connection *connection, enum connection_state before, const char *reason);
};

struct connection_settings {
    const char *dsn;
    const char *application_name;
    unsigned connect_timeout_ms;
    unsigned statement_timeout_ms; // the server gives up a statement after this time
};

// A connection that is DOWN. Everything given must outlive it; `map` holds the owner's leaves.
struct connection *connection_new(struct event_base *base, const struct connection_settings *settings,
    const struct connection_owner *owner, const struct segment_map *map, enum lane lane);

// Closes and frees. The owner is told what was in flight and is lost, but nothing of the state.
void connection_free(struct connection *connection);

// DOWN → CONNECTING, or straight back to DOWN with a reason.
void connection_open(struct connection *connection);

// READY → DRAINING (→ DOWN, at once if nothing is in flight). In other states it does nothing.
void connection_drain(struct connection *connection);

// Prepares a statement, unless this connection has done so. Between groups only: it is a group of its own, so that no other
// failure can undo it. READY only.
void connection_prepare(struct connection *connection, enum statement statement, int leaf);

// Sends a query of a statement that was prepared. READY only. Groups of queries are closed by connection_end_group; the group is
// one transaction. What libpq refuses comes back as lost when the connection goes down.
void connection_send(
    struct connection *connection, enum statement statement, int leaf, struct parameters *parameters, void *query);
void connection_end_group(struct connection *connection, void *group);

// Asks for the segments again; the answer comes by the owner's `segments`. READY only.
void connection_ask_segments(struct connection *connection);

// Writes what was sent to the socket; once a turn.
void connection_flush(struct connection *connection);

enum connection_state connection_state(const struct connection *connection);
enum lane connection_lane(const struct connection *connection);

// Groups in flight.
unsigned connection_load(const struct connection *connection);

// When it became ready (clock_now_ns); 0 if it never was.
uint64_t connection_ready_since_ns(const struct connection *connection);

// When it last became idle or ready (clock_now_ns).
uint64_t connection_idle_since_ns(const struct connection *connection);

// Takes what has come of the answers that it waits for, without waiting to be told of it.
void connection_read(struct connection *connection);

// Whether anything was sent since the last connection_flush.
bool connection_needs_flush(const struct connection *connection);

const char *connection_state_name(enum connection_state state);

#endif
