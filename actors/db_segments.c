// Segments of the DB actor: they change while it runs, by its own doing or another's.
//
// A leaf whose range was changed has another name, so a query that goes by an old map is told that its table is gone. Its jobs
// are held, the segments are read again, and the jobs go where their products live now. One DB actor of a server also sees
// to it, now and then, that a segment is ahead of need, and tells of those that hold too much.

#include "actors/db_state.h"

#include "core/loop.h"
#include "core/metrics.h"
#include "proto/operation.h"
#include "proto/segment_fill.h"

#include <event2/event.h>
#include <inttypes.h>

// After a change of the segments, jobs that wait are sent where their products live now.
static void route_again(struct db_actor *db) {
    struct job_queue waiting = {0};
    read_take_all(db, &waiting);
    write_take_all(db, &waiting);
    db->routed_version = db->map.version;
    db_enqueue_all(db, &waiting);
}

void segments_flush(struct db_actor *db) {
    struct connection *connection =
        db->held.first == NULL || db->segments_asked ? NULL : slice_pick(db->slice, LANE_READ);
    if (connection != NULL) {
        db->segments_asked = true;
        connection_ask_segments(connection);
    }
    if (db->routed_version != db->map.version) {
        route_again(db);
    }
}

// For the operators' eyes: if the admin actor has no room, the next report is as good.
static void tell_admin(struct db_actor *db) {
    const struct segment_map *map = &db->map;
    struct message *message = message_new((uint32_t)(map->segment_count * (LEAF_NAME_BYTES + 32)));
    message->operation = OPERATION_SEGMENTS;
    for (size_t i = 0; i < map->segment_count; i++) {
        const struct segment *segment = &map->segments[i];
        segment_fill_pack(&message, &(struct segment_fill){view_of(map->leaf_names[segment->leaf]),
                                        segment->first_product, segment->end_product, map->reviews[i]});
    }
    if (!actor_send(&db->actor, directory_find(db->directory, db->settings.admin), message)) {
        message_free(message);
    }
}

// Only one actor tells of the segments.
static void report(struct db_actor *db) {
    unsigned overfull = 0;
    for (size_t i = 0; i < db->map.segment_count; i++) {
        overfull += db->map.reviews[i] > SEGMENT_OVERFULL_REVIEWS;
    }
    metrics_set(db->actor.metrics, METRIC_SEGMENTS, 0, db->map.segment_count);
    metrics_set(db->actor.metrics, METRIC_SEGMENTS_OVERFULL, 0, overfull);
    for (size_t i = 0; i < db->map.segment_count && overfull > db->overfull; i++) {
        if (db->map.reviews[i] > SEGMENT_OVERFULL_REVIEWS) {
            log_event(db->actor.log, LOG_WARNING, db->actor.name, "segment over-full",
                "segment=%s reviews=%" PRId64 " hint=\"reviewd-seed segments split\"",
                db->map.leaf_names[db->map.segments[i].leaf], db->map.reviews[i]);
        }
    }
    db->overfull = overfull;
    tell_admin(db);
}

bool segments_read(struct db_actor *db, const PGresult *result) {
    bool usable = segment_map_load(&db->map, result);
    db->segments_asked = false;
    if (!usable) {
        // They changed under the query's eyes: those that are held wait for the next one.
        return false;
    }
    struct job_queue held = db->held;
    db->held = (struct job_queue){0};
    db_enqueue_all(db, &held);
    if (db->settings.reports_segments) {
        report(db);
    }
    return true;
}

static void arm_timer(struct db_actor *db) {
    struct timeval interval = {(time_t)db->settings.segments_interval_s, 0};
    event_add(db->segments_timer, &interval);
}

static void on_timer(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct db_actor *db = argument;
    struct connection *connection = slice_pick(db->slice, LANE_READ);
    arm_timer(db);
    if (connection == NULL) {
        return;
    }
    parameters_reset(&db->parameters);
    connection_prepare(connection, STATEMENT_KEEP_AHEAD, 0);
    connection_send(connection, STATEMENT_KEEP_AHEAD, 0, &db->parameters, &db->keep_ahead);
    connection_end_group(connection, NULL);
    connection_ask_segments(connection);
    slice_flush(db->slice);
}

void segments_result(struct db_actor *db, const PGresult *result) {
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        log_event(db->actor.log, LOG_WARNING, db->actor.name, "cannot keep a segment ahead",
            "sqlstate=%s reason=\"%s\"", PQresultErrorField(result, PG_DIAG_SQLSTATE),
            PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    } else if (PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] != 0) {
        log_event(db->actor.log, LOG_INFO, db->actor.name, "segment added", "reason=\"the last one is in use\"");
    }
}

void segments_start(struct db_actor *db) {
    db->keep_ahead.statement = STATEMENT_KEEP_AHEAD;
    db->segments_timer = evtimer_new(loop_base(db->actor.loop), on_timer, db);
    if (db->settings.segments_interval_s > 0) {
        arm_timer(db);
    }
}

void segments_stop(struct db_actor *db) {
    event_free(db->segments_timer);
}
