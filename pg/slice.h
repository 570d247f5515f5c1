// A slice: the connections that one DB actor owns, out of the total that all share.
//
// Connections open on demand, one attempt at a time and paced with jitter, up to a limit: first those that the lanes keep, so
// that no lane can take the places of another, then more where they are wanted. Those that idle beyond the number each lane
// keeps are closed. When an attempt fails, the next one waits twice as long (up to a limit, with jitter): while the
// server is away there is a single prober. Nothing here is shared with other slices.
//
// All functions run on the thread of the event base.
#ifndef REVIEWD_PG_SLICE_H
#define REVIEWD_PG_SLICE_H

#include "pg/connection.h"

struct slice;

struct slice_settings {
    struct connection_settings connection;
    unsigned limit;             // connections at most
    unsigned kept[LANE_COUNT];  // connections that a lane keeps though idle
    unsigned most[LANE_COUNT];  // connections that a lane may have; 0: as many as the slice
    unsigned depth[LANE_COUNT]; // groups in flight on a connection at most
    unsigned connect_interval_ms;
    unsigned idle_timeout_ms;
    unsigned backoff_min_ms;
    unsigned backoff_max_ms;
    unsigned seed; // of the jitter; another for each slice
};

// A slice without connections. The owner's callbacks are called as for a single connection; `changed` after the slice has
// taken note itself.
struct slice *slice_new(struct event_base *base, const struct slice_settings *settings,
    const struct connection_owner *owner, const struct segment_map *map);

// Begins to open connections.
void slice_start(struct slice *slice);

// Closes all connections and frees the slice. The owner is told what was in flight and is lost.
void slice_close(struct slice *slice);

// The least loaded READY connection of the lane with room for another group, or null. A lane without any READY connection
// may use another's, and is wanted.
struct connection *slice_pick(struct slice *slice, enum lane lane);

// How many READY connections of the lane have room for another group.
unsigned slice_room(const struct slice *slice, enum lane lane);

// Says that the lane could use another connection; one is opened when limit, pace and backoff allow.
void slice_want(struct slice *slice, enum lane lane);

// Drains READY connections of the lane, the youngest first, until no more are left than this and than it keeps. (A session is slow at
// first: PostgreSQL has yet to look up each table in its catalogs, and the kernel to map each page of the shared buffers.)
void slice_shrink(struct slice *slice, enum lane lane, unsigned left);

// Takes what has come on all connections, before the event loop tells of it.
void slice_read(struct slice *slice);

// Writes what was sent on all connections; once a turn.
void slice_flush(struct slice *slice);

// Whether queries have, or will soon have, a connection: one is READY, or the first attempt has not failed yet.
bool slice_is_available(const struct slice *slice);

// Whether any connection is READY.
bool slice_is_ready(const struct slice *slice);

// How many connections are in a state, and how many of a lane. What was never opened is DOWN, and in no lane.
unsigned slice_count(const struct slice *slice, enum connection_state state);
unsigned slice_lane_count(const struct slice *slice, enum lane lane, enum connection_state state);

#endif
