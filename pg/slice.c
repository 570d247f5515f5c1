#include "pg/slice.h"

#include "core/clock.h"
#include "core/memory.h"

#include <event2/event.h>
#include <stdlib.h>

struct slice {
    struct connection_owner owner; // the DB actor
    struct connection_owner relay; // what the connections are told: the same, but for `changed`
    struct slice_settings settings;
    struct connection **connections; // room for `limit`; the first `used` are not null
    unsigned used;
    unsigned counts[CONNECTION_STATE_COUNT];
    unsigned lane_counts[LANE_COUNT]; // not DOWN
    bool wanted[LANE_COUNT];
    unsigned failures; // attempts since the last connection became READY
    bool has_failed;   // the latest thing we know about the server is that it is away
    uint64_t next_attempt_ns;
    uint32_t random;
    struct event *look;   // opens what is wanted, retires what idles
    uint64_t look_due_ns; // 0: not pending, because there is nothing to do
    struct event_base *base;
    const struct segment_map *map;
};

enum {
    LOOK_MIN_MS = 10,    // the grain of pace and backoff
    RETIRE_LOOK_MS = 100 // of retirement
};

// xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003): for jitter only.
static uint32_t next_random(struct slice *slice) {
    uint32_t x = slice->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    slice->random = x;
    return x;
}

// A time between half of `ms` and all of it, so that nodes that lost a server together do not come back together.
static uint64_t jittered_ns(struct slice *slice, unsigned ms) {
    uint64_t span_us = (uint64_t)ms * 1000 / 2;
    return (span_us + next_random(slice) % (span_us + 1)) * NS_PER_US;
}

static unsigned backoff_ms(const struct slice *slice) {
    unsigned ms = slice->settings.backoff_min_ms;
    for (unsigned i = 1; i < slice->failures && ms < slice->settings.backoff_max_ms; i++) {
        ms *= 2;
    }
    return ms < slice->settings.backoff_max_ms ? ms : slice->settings.backoff_max_ms;
}

static void note_ready(struct slice *slice) {
    slice->failures = 0;
    slice->has_failed = false;
}

static void note_lost(struct slice *slice, enum connection_state before) {
    if (before == CONNECTION_CONNECTING || before == CONNECTION_PREPARING) {
        slice->failures++;
    }
    slice->has_failed = slice->counts[CONNECTION_READY] == 0;
    slice->next_attempt_ns = clock_now_ns() + jittered_ns(slice, slice->failures == 0 ? 1 : backoff_ms(slice));
}

static void ensure_look(struct slice *slice);

static void on_changed(void *context, struct connection *connection, enum connection_state before, const char *reason) {
    struct slice *slice = context;
    enum connection_state now = connection_state(connection);
    enum lane lane = connection_lane(connection);
    slice->counts[before]--;
    slice->counts[now]++;
    slice->lane_counts[lane] += before == CONNECTION_DOWN;
    slice->lane_counts[lane] -= now == CONNECTION_DOWN;
    if (now == CONNECTION_READY) {
        note_ready(slice);
    } else if (reason != NULL) {
        note_lost(slice, before);
    }
    ensure_look(slice);
    slice->owner.changed(slice->owner.context, connection, before, reason);
}

// The owner's other callbacks need no relay but their context.
static bool on_segments(void *context, const PGresult *result) {
    struct slice *slice = context;
    return slice->owner.segments(slice->owner.context, result);
}

static void on_result(void *context, void *query, const PGresult *result) {
    struct slice *slice = context;
    slice->owner.result(slice->owner.context, query, result);
}

static void on_group_done(void *context, void *group) {
    struct slice *slice = context;
    slice->owner.group_done(slice->owner.context, group);
}

static void on_query_lost(void *context, void *query) {
    struct slice *slice = context;
    slice->owner.query_lost(slice->owner.context, query);
}

static void on_group_lost(void *context, void *group) {
    struct slice *slice = context;
    slice->owner.group_lost(slice->owner.context, group);
}

// A new connection in a place of its own; null when the limit is reached.
static struct connection *free_connection(struct slice *slice, enum lane lane) {
    unsigned place = 0;
    while (place < slice->used && connection_state(slice->connections[place]) != CONNECTION_DOWN) {
        place++;
    }
    if (place == slice->settings.limit) {
        return NULL;
    }
    if (place < slice->used) {
        connection_free(slice->connections[place]);
    } else {
        slice->used++;
    }
    slice->connections[place] =
        connection_new(slice->base, &slice->settings.connection, &slice->relay, slice->map, lane);
    return slice->connections[place];
}

static void open_one(struct slice *slice, enum lane lane, uint64_t now_ns) {
    struct connection *connection = free_connection(slice, lane);
    slice->wanted[lane] = false;
    if (connection != NULL) {
        slice->next_attempt_ns = now_ns + jittered_ns(slice, slice->settings.connect_interval_ms);
        connection_open(connection);
    }
}

// The lane whose turn it is to get another connection; LANE_COUNT if none needs one.
static enum lane next_lane(const struct slice *slice) {
    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        if (slice->lane_counts[lane] < slice->settings.kept[lane]) {
            return lane;
        }
    }
    enum lane lane = 0;
    while (lane < LANE_COUNT && !slice->wanted[lane]) {
        lane++;
    }
    return lane;
}

static bool is_attempting(const struct slice *slice) {
    return slice->counts[CONNECTION_CONNECTING] + slice->counts[CONNECTION_PREPARING] > 0;
}

static void open_wanted(struct slice *slice, uint64_t now_ns) {
    if (is_attempting(slice) || now_ns < slice->next_attempt_ns) {
        return;
    }
    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        slice->wanted[lane] &= slice->settings.most[lane] == 0 || slice->lane_counts[lane] < slice->settings.most[lane];
    }
    enum lane lane = next_lane(slice);
    if (lane < LANE_COUNT) {
        open_one(slice, lane, now_ns);
    }
}

static void retire_idle(struct slice *slice, uint64_t now_ns) {
    for (unsigned i = slice->used; i-- > 0;) { // of equals slice_pick takes the first
        struct connection *connection = slice->connections[i];
        if (connection_state(connection) != CONNECTION_READY || connection_load(connection) > 0) {
            continue;
        }
        uint64_t idle_ns = now_ns - connection_idle_since_ns(connection);
        if (slice->lane_counts[connection_lane(connection)] > slice->settings.kept[connection_lane(connection)] &&
            idle_ns > slice->settings.idle_timeout_ms * NS_PER_MS) {
            connection_drain(connection);
        }
    }
}

static bool is_beyond_kept(const struct slice *slice) {
    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        if (slice->lane_counts[lane] > slice->settings.kept[lane]) {
            return true;
        }
    }
    return false;
}

// When there is something to do next; 0 if never, as long as nothing changes. A slice at rest sleeps.
static uint64_t next_look_ns(const struct slice *slice, uint64_t now_ns) {
    uint64_t due_ns = is_beyond_kept(slice) ? now_ns + RETIRE_LOOK_MS * NS_PER_MS : 0;
    if (!is_attempting(slice) && next_lane(slice) < LANE_COUNT) {
        uint64_t soonest_ns = now_ns + LOOK_MIN_MS * NS_PER_MS;
        uint64_t attempt_ns = slice->next_attempt_ns > soonest_ns ? slice->next_attempt_ns : soonest_ns;
        due_ns = due_ns == 0 || attempt_ns < due_ns ? attempt_ns : due_ns;
    }
    return due_ns;
}

static void ensure_look(struct slice *slice) {
    uint64_t now_ns = clock_now_ns();
    uint64_t due_ns = next_look_ns(slice, now_ns);
    if (due_ns != 0 && (slice->look_due_ns == 0 || due_ns < slice->look_due_ns)) {
        struct timeval wait = clock_timeval(due_ns - now_ns);
        event_add(slice->look, &wait);
        slice->look_due_ns = due_ns;
    }
}

static void on_look(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct slice *slice = argument;
    uint64_t now_ns = clock_now_ns();
    slice->look_due_ns = 0;
    open_wanted(slice, now_ns);
    retire_idle(slice, now_ns);
    ensure_look(slice);
}

struct slice *slice_new(struct event_base *base, const struct slice_settings *settings,
    const struct connection_owner *owner, const struct segment_map *map) {
    struct slice *slice = memory_allocate(1, sizeof *slice);
    slice->base = base;
    slice->settings = *settings;
    slice->owner = *owner;
    slice->map = map;
    slice->relay = (struct connection_owner){
        slice, on_segments, on_result, on_group_done, on_query_lost, on_group_lost, on_changed};
    slice->connections = memory_allocate(settings->limit, sizeof(struct connection *));
    slice->counts[CONNECTION_DOWN] = settings->limit;
    slice->random = settings->seed * 2654435769u + 1; // never 0 for a seed below 2^31
    slice->look = evtimer_new(base, on_look, slice);
    return slice;
}

void slice_start(struct slice *slice) {
    open_wanted(slice, clock_now_ns());
    ensure_look(slice);
}

void slice_close(struct slice *slice) {
    for (unsigned i = 0; i < slice->used; i++) {
        connection_free(slice->connections[i]);
    }
    event_free(slice->look);
    free(slice->connections);
    free(slice);
}

struct connection *slice_pick(struct slice *slice, enum lane lane) {
    struct connection *best = NULL;
    struct connection *stand_in = NULL;
    bool lane_is_ready = false;
    for (unsigned i = 0; i < slice->used; i++) {
        struct connection *connection = slice->connections[i];
        if (connection_state(connection) != CONNECTION_READY) {
            continue;
        }
        struct connection **candidate = connection_lane(connection) == lane ? &best : &stand_in;
        lane_is_ready |= candidate == &best;
        if (connection_load(connection) < slice->settings.depth[lane] &&
            (*candidate == NULL || connection_load(connection) < connection_load(*candidate))) {
            *candidate = connection;
        }
    }
    if (!lane_is_ready) {
        slice_want(slice, lane);
    }
    return lane_is_ready ? best : stand_in;
}

unsigned slice_room(const struct slice *slice, enum lane lane) {
    unsigned count = 0;
    for (unsigned i = 0; i < slice->used; i++) {
        const struct connection *connection = slice->connections[i];
        count += connection_state(connection) == CONNECTION_READY && connection_lane(connection) == lane &&
                 connection_load(connection) < slice->settings.depth[lane];
    }
    return count;
}

void slice_want(struct slice *slice, enum lane lane) {
    slice->wanted[lane] = true;
    ensure_look(slice);
}

// The READY connection of the lane that became so last.
static struct connection *youngest(const struct slice *slice, enum lane lane) {
    struct connection *last = NULL;
    for (unsigned i = 0; i < slice->used; i++) {
        struct connection *connection = slice->connections[i];
        if (connection_lane(connection) == lane && connection_state(connection) == CONNECTION_READY &&
            (last == NULL || connection_ready_since_ns(connection) > connection_ready_since_ns(last))) {
            last = connection;
        }
    }
    return last;
}

void slice_shrink(struct slice *slice, enum lane lane, unsigned left) {
    left = left < slice->settings.kept[lane] ? slice->settings.kept[lane] : left;
    slice->wanted[lane] = false;
    for (unsigned ready = slice_lane_count(slice, lane, CONNECTION_READY); ready > left; ready--) {
        connection_drain(youngest(slice, lane));
    }
}

void slice_read(struct slice *slice) {
    for (unsigned i = 0; i < slice->used; i++) {
        connection_read(slice->connections[i]);
    }
}

void slice_flush(struct slice *slice) {
    for (unsigned i = 0; i < slice->used; i++) {
        struct connection *connection = slice->connections[i];
        if (connection_needs_flush(connection)) {
            connection_flush(connection);
        }
    }
}

bool slice_is_available(const struct slice *slice) {
    return slice->counts[CONNECTION_READY] > 0 || !slice->has_failed;
}

bool slice_is_ready(const struct slice *slice) {
    return slice->counts[CONNECTION_READY] > 0;
}

unsigned slice_count(const struct slice *slice, enum connection_state state) {
    return slice->counts[state];
}

unsigned slice_lane_count(const struct slice *slice, enum lane lane, enum connection_state state) {
    unsigned count = 0;
    for (unsigned i = 0; i < slice->used; i++) {
        count += connection_lane(slice->connections[i]) == lane && connection_state(slice->connections[i]) == state;
    }
    return count;
}
