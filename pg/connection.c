#include "pg/connection.h"

#include "core/clock.h"
#include "core/memory.h"
#include "pg/sqlstate.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

// What the server still owes an answer to, in the order of sending.
enum flight_kind {
    FLIGHT_SEGMENTS, // the query of PREPARING
    FLIGHT_PREPARE,
    FLIGHT_QUERY,
    FLIGHT_GROUP // the Sync that closes a group
};

struct flight {
    enum flight_kind kind;
    void *tag;    // the owner's query or group
    size_t index; // of the prepared statement
};

enum prepared {
    NOT_PREPARED,
    PREPARE_SENT,
    PREPARED
};

struct connection {
    PGconn *link; // null while DOWN
    enum connection_state state;
    enum lane lane;
    const struct connection_settings *settings;
    const struct connection_owner *owner;
    const struct segment_map *map;
    struct event_base *base;
    struct event *readable;
    struct event *writable;
    struct event *timeout; // of connecting
    int descriptor;        // that the events watch
    // A ring of what is in flight; its size is a power of two.
    struct flight *flights;
    size_t flight_capacity;
    size_t flight_first;
    size_t flight_count;
    unsigned groups;         // FLIGHT_GROUPs of the owner in flight
    unsigned char *prepared; // enum prepared, by statement and leaf
    size_t prepared_count;
    uint64_t ready_since_ns;
    uint64_t idle_since_ns;
    bool needs_flush;
    bool reading; // results are being handed out: the connection must not be closed under them
    bool broken;  // to be closed as soon as that is over
    bool unfit;   // to be closed once it has answered all, and counted as lost: the server said so (SQLSTATE_RECONNECT)
};

static void on_socket(evutil_socket_t descriptor, short events, void *argument);

const char *connection_state_name(enum connection_state state) {
    static const char *const names[] = {"down", "connecting", "preparing", "ready", "draining"};
    return names[state];
}

// The one setter of the state.
static void enter(struct connection *connection, enum connection_state state, const char *reason) {
    enum connection_state before = connection->state;
    connection->state = state;
    connection->owner->changed(connection->owner->context, connection, before, reason);
}

static void flight_push(struct connection *connection, enum flight_kind kind, void *tag, size_t index) {
    if (connection->flight_count == connection->flight_capacity) {
        size_t capacity = connection->flight_capacity == 0 ? 16 : connection->flight_capacity * 2;
        struct flight *flights = memory_allocate(capacity, sizeof *flights);
        for (size_t i = 0; i < connection->flight_count; i++) {
            flights[i] = connection->flights[(connection->flight_first + i) & (connection->flight_capacity - 1)];
        }
        free(connection->flights);
        connection->flights = flights;
        connection->flight_capacity = capacity;
        connection->flight_first = 0;
    }
    size_t place = (connection->flight_first + connection->flight_count) & (connection->flight_capacity - 1);
    connection->flights[place] = (struct flight){kind, tag, index};
    connection->flight_count++;
    connection->groups += kind == FLIGHT_GROUP;
}

static struct flight flight_pop(struct connection *connection) {
    struct flight flight = connection->flights[connection->flight_first];
    connection->flight_first = (connection->flight_first + 1) & (connection->flight_capacity - 1);
    connection->flight_count--;
    if (flight.kind == FLIGHT_GROUP) {
        connection->groups--;
        connection->idle_since_ns = clock_now_ns();
    }
    return flight;
}

static void forget_events(struct connection *connection) {
    if (connection->readable != NULL) {
        event_free(connection->readable);
        event_free(connection->writable);
        connection->readable = NULL;
        connection->writable = NULL;
    }
    connection->descriptor = -1;
}

// Watches the socket, which may be another one after each step of connecting.
static void watch(struct connection *connection) {
    int descriptor = PQsocket(connection->link);
    if (descriptor == connection->descriptor) {
        return;
    }
    forget_events(connection);
    connection->descriptor = descriptor;
    connection->readable = event_new(connection->base, descriptor, EV_READ | EV_PERSIST, on_socket, connection);
    connection->writable = event_new(connection->base, descriptor, EV_WRITE, on_socket, connection);
}

// What the server remarks is of no use to anyone here, and must not be printed.
static void ignore_notice(void *context, const char *message) {
    (void)context;
    (void)message;
}

static void lose_flights(struct connection *connection) {
    const struct connection_owner *owner = connection->owner;
    while (connection->flight_count > 0) {
        struct flight flight = flight_pop(connection);
        if (flight.kind == FLIGHT_QUERY) {
            owner->query_lost(owner->context, flight.tag);
        } else if (flight.kind == FLIGHT_GROUP && flight.tag != NULL) {
            owner->group_lost(owner->context, flight.tag);
        }
    }
}

// `reason` is null when nothing is lost.
static void close_link(struct connection *connection, const char *reason) {
    char kept[256]; // the reason may live in the link
    snprintf(kept, sizeof kept, "%s", reason == NULL ? "" : reason);
    kept[strcspn(kept, "\n")] = '\0';
    event_del(connection->timeout);
    forget_events(connection);
    PQfinish(connection->link);
    connection->link = NULL;
    if (connection->prepared_count > 0) {
        memset(connection->prepared, NOT_PREPARED, connection->prepared_count);
    }
    connection->broken = false;
    connection->unfit = false;
    connection->needs_flush = false;
    lose_flights(connection);
    enter(connection, CONNECTION_DOWN, reason == NULL ? NULL : kept);
}

// Closes a connection in doubt, now or as soon as its results have been handed out.
static void fail(struct connection *connection, const char *reason) {
    if (connection->reading) {
        connection->broken = true;
    } else {
        close_link(connection, reason);
    }
}

static void on_timeout(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    close_link(argument, "the server did not answer in time");
}

struct connection *connection_new(struct event_base *base, const struct connection_settings *settings,
    const struct connection_owner *owner, const struct segment_map *map, enum lane lane) {
    struct connection *connection = memory_allocate(1, sizeof *connection);
    connection->base = base;
    connection->settings = settings;
    connection->owner = owner;
    connection->map = map;
    connection->lane = lane;
    connection->descriptor = -1;
    connection->timeout = evtimer_new(base, on_timeout, connection);
    return connection;
}

void connection_free(struct connection *connection) {
    forget_events(connection);
    if (connection->link != NULL) {
        PQfinish(connection->link);
    }
    lose_flights(connection);
    event_free(connection->timeout);
    free(connection->flights);
    free(connection->prepared);
    free(connection);
}

// The server's own settings for our sessions. Plans are generic: a plan for each batch would cost more than it gains. Just-in-
// time compilation costs milliseconds where queries take microseconds. All that is asked for is asked for by key: a plan that reads
// a whole table, made while the table was small, would be ruinous when it has grown.
static void format_options(const struct connection_settings *settings, char *out, size_t room) {
    snprintf(out, room,
        "-c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off -c statement_timeout=%u",
        settings->statement_timeout_ms);
}

void connection_open(struct connection *connection) {
    char options[160];
    format_options(connection->settings, options, sizeof options);
    // What comes before "dbname" may be given otherwise in the DSN. A standby is behind: what was read there must not be stored.
    const char *const keywords[] = {
        "target_session_attrs", "dbname", "application_name", "options", "client_encoding", "tcp_user_timeout", NULL};
    const char *const values[] = {
        "primary", connection->settings->dsn, connection->settings->application_name, options, "UTF8", "10000", NULL};
    connection->link = PQconnectStartParams(keywords, values, 1);
    enter(connection, CONNECTION_CONNECTING, NULL);
    struct timeval limit = clock_timeval(connection->settings->connect_timeout_ms * NS_PER_MS);
    event_add(connection->timeout, &limit);
    if (connection->link == NULL || PQstatus(connection->link) == CONNECTION_BAD ||
        PQsetnonblocking(connection->link, 1) != 0) {
        close_link(connection, connection->link == NULL ? "out of memory" : PQerrorMessage(connection->link));
        return;
    }
    PQsetNoticeProcessor(connection->link, ignore_notice, NULL);
    watch(connection);
    event_add(connection->writable, NULL);
}

void connection_ask_segments(struct connection *connection) {
    connection->broken |= PQsendQueryParams(connection->link, SEGMENT_MAP_QUERY, 0, NULL, NULL, NULL, NULL, 0) != 1 ||
                          PQpipelineSync(connection->link) != 1;
    flight_push(connection, FLIGHT_SEGMENTS, NULL, 0);
    flight_push(connection, FLIGHT_GROUP, NULL, 0);
    connection->needs_flush = true;
}

static void begin_preparing(struct connection *connection) {
    enter(connection, CONNECTION_PREPARING, NULL);
    connection->broken = PQenterPipelineMode(connection->link) != 1;
    connection_ask_segments(connection);
    event_add(connection->readable, NULL);
    connection_flush(connection);
}

static void go_on_connecting(struct connection *connection) {
    PostgresPollingStatusType status = PQconnectPoll(connection->link);
    if (status == PGRES_POLLING_FAILED) {
        close_link(connection, PQerrorMessage(connection->link));
        return;
    }
    watch(connection);
    if (status == PGRES_POLLING_OK) {
        begin_preparing(connection);
    } else if (status == PGRES_POLLING_WRITING) {
        event_del(connection->readable);
        event_add(connection->writable, NULL);
    } else {
        event_add(connection->readable, NULL);
    }
}

static void take_segments(struct connection *connection, const PGresult *result) {
    const struct connection_owner *owner = connection->owner;
    // One that was ready and only had to wait too long, as for a lock, is as good as before.
    bool is_error = PQresultStatus(result) != PGRES_TUPLES_OK;
    if (is_error && sqlstate_action(PQresultErrorField(result, PG_DIAG_SQLSTATE)) != SQLSTATE_TIMED_OUT) {
        connection->broken = true;
    } else if (!owner->segments(owner->context, result)) {
        connection->broken |= connection->state == CONNECTION_PREPARING;
    }
}

static void end_group(struct connection *connection) {
    struct flight flight = flight_pop(connection);
    if (flight.tag != NULL) {
        connection->owner->group_done(connection->owner->context, flight.tag);
    } else if (connection->state == CONNECTION_PREPARING && !connection->broken) {
        event_del(connection->timeout);
        connection->ready_since_ns = clock_now_ns();
        enter(connection, CONNECTION_READY, NULL);
    }
}

// Hands the result to what it answers. A query has one result and then a null; a Sync has one and no null.
static void take_result(struct connection *connection, const PGresult *result) {
    struct flight *flight = &connection->flights[connection->flight_first];
    if (result == NULL) {
        if (flight->kind != FLIGHT_GROUP) {
            (void)flight_pop(connection);
        }
        return;
    }
    switch (flight->kind) {
    case FLIGHT_SEGMENTS: take_segments(connection, result); break;
    case FLIGHT_PREPARE:
        connection->prepared[flight->index] = PQresultStatus(result) == PGRES_COMMAND_OK ? PREPARED : NOT_PREPARED;
        break;
    case FLIGHT_QUERY:
        connection->unfit |= PQresultStatus(result) == PGRES_FATAL_ERROR &&
                             sqlstate_action(PQresultErrorField(result, PG_DIAG_SQLSTATE)) == SQLSTATE_RECONNECT;
        connection->owner->result(connection->owner->context, flight->tag, result);
        break;
    case FLIGHT_GROUP:
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            end_group(connection);
        } else {
            connection->broken = true; // nothing else may answer a Sync
        }
        break;
    }
}

static void read_results(struct connection *connection) {
    if (PQconsumeInput(connection->link) != 1) {
        fail(connection, PQerrorMessage(connection->link));
        return;
    }
    connection->reading = true;
    while (connection->flight_count > 0 && !connection->broken && PQisBusy(connection->link) == 0) {
        PGresult *result = PQgetResult(connection->link);
        take_result(connection, result);
        PQclear(result);
        if (PQstatus(connection->link) == CONNECTION_BAD) {
            connection->broken = true;
        }
    }
    connection->reading = false;
    if (connection->broken) {
        const char *error = PQerrorMessage(connection->link);
        close_link(connection, error[0] == '\0' ? "the server's answers make no sense" : error);
        return;
    }
    if (connection->unfit && connection->state == CONNECTION_READY) {
        enter(connection, CONNECTION_DRAINING, NULL);
    }
    if (connection->state == CONNECTION_DRAINING && connection->flight_count == 0) {
        close_link(connection, connection->unfit ? "the server says that it is of no use" : NULL);
    }
}

void connection_read(struct connection *connection) {
    if ((connection->state == CONNECTION_READY || connection->state == CONNECTION_DRAINING) &&
        connection->flight_count > 0) {
        read_results(connection);
    }
}

static void on_socket(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    struct connection *connection = argument;
    if (connection->state == CONNECTION_CONNECTING) {
        go_on_connecting(connection);
        return;
    }
    if ((events & EV_WRITE) != 0) {
        connection_flush(connection);
    }
    if ((events & EV_READ) != 0 && connection->state != CONNECTION_DOWN) {
        read_results(connection);
    }
}

void connection_drain(struct connection *connection) {
    if (connection->state != CONNECTION_READY) {
        return;
    }
    enter(connection, CONNECTION_DRAINING, NULL);
    if (connection->flight_count == 0) {
        close_link(connection, NULL);
    }
}

// The place of a statement's state in `prepared`, which grows with the leaves. A statement without leaf is prepared once, as
// if for leaf 0.
static size_t prepared_index(struct connection *connection, enum statement statement, int leaf) {
    size_t index = (statement_has_leaf(statement) ? (size_t)leaf : 0) * STATEMENT_COUNT + (size_t)statement;
    if (index >= connection->prepared_count) {
        size_t count = (index / STATEMENT_COUNT + 1) * STATEMENT_COUNT;
        connection->prepared = memory_resize(connection->prepared, count);
        memset(connection->prepared + connection->prepared_count, NOT_PREPARED, count - connection->prepared_count);
        connection->prepared_count = count;
    }
    return index;
}

enum {
    STATEMENT_NAME_ROOM = 32
};

static void name_statement(size_t index, char name[static STATEMENT_NAME_ROOM]) {
    snprintf(name, STATEMENT_NAME_ROOM, "s%zu", index);
}

void connection_prepare(struct connection *connection, enum statement statement, int leaf) {
    size_t index = prepared_index(connection, statement, leaf);
    if (connection->prepared[index] != NOT_PREPARED || connection->broken) {
        return;
    }
    char name[STATEMENT_NAME_ROOM];
    struct buffer text = {0};
    name_statement(index, name);
    statement_text(statement, connection->map->leaf_names[leaf], &text);
    connection->broken |=
        PQsendPrepare(connection->link, name, text.data, 0, NULL) != 1 || PQpipelineSync(connection->link) != 1;
    buffer_free(&text);
    flight_push(connection, FLIGHT_PREPARE, NULL, index);
    flight_push(connection, FLIGHT_GROUP, NULL, 0);
    connection->prepared[index] = PREPARE_SENT;
}

void connection_send(
    struct connection *connection, enum statement statement, int leaf, struct parameters *parameters, void *query) {
    size_t index = prepared_index(connection, statement, leaf);
    char name[STATEMENT_NAME_ROOM];
    name_statement(index, name);
    parameters_finish(parameters);
    bool sent = PQsendQueryPrepared(connection->link, name, parameters->count, parameters->values, parameters->lengths,
                    parameters->formats, 1) == 1;
    flight_push(connection, FLIGHT_QUERY, query, index);
    connection->needs_flush = true;
    connection->broken |= !sent;
}

void connection_end_group(struct connection *connection, void *group) {
    connection->broken |= PQpipelineSync(connection->link) != 1;
    flight_push(connection, FLIGHT_GROUP, group, 0);
    connection->needs_flush = true;
}

void connection_flush(struct connection *connection) {
    connection->needs_flush = false;
    int left = connection->broken ? -1 : PQflush(connection->link);
    if (left < 0) {
        fail(connection, PQerrorMessage(connection->link));
    } else if (left > 0) {
        event_add(connection->writable, NULL);
    }
}

enum connection_state connection_state(const struct connection *connection) {
    return connection->state;
}

enum lane connection_lane(const struct connection *connection) {
    return connection->lane;
}

unsigned connection_load(const struct connection *connection) {
    return connection->groups;
}

uint64_t connection_ready_since_ns(const struct connection *connection) {
    return connection->ready_since_ns;
}

uint64_t connection_idle_since_ns(const struct connection *connection) {
    return connection->idle_since_ns;
}

bool connection_needs_flush(const struct connection *connection) {
    return connection->needs_flush;
}
