// The DB actor.
//
// Owns:     a slice of connections, the segment map, and every request that was sent to it until that is answered.
// Receives: requests (REVIEW_*, META_GET).
// Sends:    exactly one reply a request, to the writer that the envelope names; SEGMENTS to the admin actor, by one of them.
// Stops:    closes its connections; by then the supervisor has seen every request answered.
//
// A request becomes a job. Jobs wait in db_read.c or db_write.c until flush deals them to connections. A tick answers
// those whose time is up: 504 past the deadline, 503 after too long a wait. It runs every few milliseconds while jobs wait to be sent, and
// else when a deadline passes: an actor at rest sleeps.

#include "actors/db_state.h"

#include "core/clock.h"
#include "core/loop.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "proto/operation.h"
#include "proto/reply.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TICK_MS = 5,
    RETRY_AFTER_S = 1,
    // A wait in the queue from which it is worth to try more connections. Waits of a busy but healthy server are far shorter.
    GROW_AFTER_MS = 50,
    // However long PostgreSQL takes, who has waited for less than this part of queue_limit_ms is sent: how else would one know that it
    // has become faster?
    SEND_SHARE = 5,
    // This part of a write's time is left for its way back.
    REPLY_SHARE = 10,
    // A list that ends behind so many reviews is slow: PostgreSQL walks over all of them.
    DEEP_REVIEWS = 500
};

static struct db_actor *db_of(struct actor *actor) {
    return (struct db_actor *)actor;
}

void db_address(struct message *reply, const struct job *job) {
    message_answer_to(reply, job->request);
    reply->asked_ns = job->sent_ns;
}

struct message *db_new_reply(const struct job *job, uint32_t capacity) {
    struct message *reply = message_new(capacity);
    db_address(reply, job);
    return reply;
}

void db_answer(struct db_actor *db, struct job *job, struct message *reply) {
    if (job->request == NULL) {
        metrics_add(db->actor.metrics, METRIC_REPLIES_LATE, 0, 1);
        message_free(reply);
        return;
    }
    actor_send_reserved(&db->actor, directory_find(db->directory, job->request->reply_to), reply);
    message_free(job->request);
    job->request = NULL;
    TAILQ_REMOVE(&db->unanswered, job, by_arrival);
    db->unanswered_count--;
}

static void answer_problem(struct db_actor *db, struct job *job, enum problem problem, const char *detail) {
    if (job->request == NULL) {
        return;
    }
    struct message *reply = db_new_reply(job, 256);
    uint32_t retry_after_s = problem_status(problem) == 503 ? RETRY_AFTER_S : 0;
    reply_pack_problem(&reply, problem, view_of(detail), 0, retry_after_s, NULL);
    db_answer(db, job, reply);
}

void db_answer_problem(struct db_actor *db, struct job *job, enum problem problem, const char *detail) {
    for (; job != NULL; job = job->joined) {
        answer_problem(db, job, problem, detail);
    }
}

void db_drop(struct db_actor *db, struct job *job) {
    (void)db;
    while (job != NULL) {
        struct job *joined = job->joined;
        message_free(job->reply);
        free(job);
        job = joined;
    }
}

static uint64_t greater(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t lesser(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t queue_limit_ns(const struct db_actor *db) {
    return db->settings.queue_limit_ms * NS_PER_MS;
}

// Whoever has waited for less is sent.
static uint64_t send_within_ns(const struct db_actor *db) {
    return queue_limit_ns(db) / SEND_SHARE;
}

// How long the job may wait to be sent: at most for queue_limit_ms, and a write no longer than leaves PostgreSQL its time before the
// deadline. What is sent too late is done for nobody, and takes the place of what could still be answered. (Of reads fewer are sent at a
// time where they take long: see actors/pipeline_depth.h.)
static uint64_t wait_limit_ns(const struct db_actor *db, const struct job *job) {
    if (statement_lane(job->statement) != LANE_WRITE) {
        return queue_limit_ns(db);
    }
    uint64_t span_ns = deadline_left_ns(job->request->deadline_ns, job->request->accepted_ns);
    uint64_t service_ns = service_time_most_ns(&db->writes.transaction) + span_ns / REPLY_SHARE;
    uint64_t spare_ns = span_ns > service_ns ? span_ns - service_ns : 0;
    return lesser(queue_limit_ns(db), greater(spare_ns, send_within_ns(db)));
}

// The request may be younger than the round.
static uint64_t waited_ns(const struct db_actor *db, const struct job *job) {
    uint64_t now_ns = loop_now_ns(db->actor.loop);
    return now_ns > job->request->accepted_ns ? now_ns - job->request->accepted_ns : 0;
}

static bool has_waited(const struct db_actor *db, const struct job *job, uint64_t ns) {
    return waited_ns(db, job) > ns;
}

bool db_is_overdue(const struct db_actor *db, const struct job *job) {
    return has_waited(db, job, wait_limit_ns(db, job));
}

bool db_would_wait_long(
    const struct db_actor *db, const struct job *job, const struct queue_wait *wait, size_t before) {
    return queue_wait_exceeds(wait, before, waited_ns(db, job), queue_limit_ns(db));
}

void db_note_waiting(struct db_actor *db, enum lane lane, const struct job *job) {
    // One that was answered while it waited has waited for longer.
    if (job->request != NULL && !has_waited(db, job, GROW_AFTER_MS * NS_PER_MS)) {
        return;
    }
    unsigned ready = slice_lane_count(db->slice, lane, CONNECTION_READY);
    unsigned left = 0;
    switch (lane_growth_ask(&db->growth[lane], ready, loop_now_ns(db->actor.loop), &left)) {
    case LANE_STAY: break;
    case LANE_GROW: slice_want(db->slice, lane); break;
    case LANE_SHRINK: slice_shrink(db->slice, lane, left); break;
    }
}

void db_answer_incident(struct db_actor *db, struct job *job, const char *sqlstate, const char *message) {
    uint32_t incident = ((uint32_t)db->actor.id << 20) + ++db->incidents % (1u << 20);
    log_event(db->actor.log, LOG_ERROR, db->actor.name, "statement failed",
        "incident=%08x statement=%s sqlstate=%s reason=\"%s\"", incident, statement_name(job->statement), sqlstate,
        message);
    char detail[96];
    snprintf(detail, sizeof detail, "The server could not answer; the incident is %08x.", incident);
    db_answer_problem(db, job, PROBLEM_INTERNAL, detail);
}

static void note_return(struct job *job) {
    for (; job != NULL; job = job->joined) {
        job->sent = false;
    }
}

void db_ask_again(struct db_actor *db, struct job *job) {
    note_return(job);
    db_enqueue(db, job);
}

static bool may_retry(struct db_actor *db, struct job *job, enum sqlstate_action action) {
    if (++job->attempts > ATTEMPTS_MAX || !job_is_wanted(job)) {
        return false;
    }
    metrics_add(db->actor.metrics, METRIC_DB_RETRIES, 0, 1);
    if (action == SQLSTATE_RETRY) {
        db_ask_again(db, job);
    } else {
        job_queue_push(&db->held, job);
    }
    return true;
}

void db_take_back(struct db_actor *db, struct job *job, const char *sqlstate, const char *message) {
    note_return(job);
    enum sqlstate_action action = sqlstate_action(sqlstate);
    switch (action) {
    case SQLSTATE_REMAP:
    case SQLSTATE_REMAP_OR_REFUSE:
    case SQLSTATE_RETRY:
        if (may_retry(db, job, action)) {
            return;
        }
        if (action == SQLSTATE_REMAP_OR_REFUSE) {
            db_answer_problem(db, job, PROBLEM_INVALID_FIELDS, "The database refuses a value of this review.");
        } else {
            db_answer_incident(db, job, sqlstate, message);
        }
        break;
    case SQLSTATE_REFUSE:
        db_answer_problem(db, job, PROBLEM_INVALID_FIELDS, "The database refuses a value of this request.");
        break;
    case SQLSTATE_TIMED_OUT:
        db_answer_problem(db, job, PROBLEM_DEADLINE, "The database did not answer in time.");
        break;
    case SQLSTATE_RECONNECT:
        db_answer_problem(db, job, PROBLEM_DATABASE_UNAVAILABLE, "The database is away at the moment.");
        break;
    case SQLSTATE_OVERLOADED:
        db_answer_problem(db, job, PROBLEM_OVERLOADED, "The database is overloaded at the moment.");
        break;
    case SQLSTATE_FAIL: db_answer_incident(db, job, sqlstate == NULL ? "none" : sqlstate, message); break;
    }
    db_drop(db, job);
}

static enum statement list_statement(const struct list_request *list) {
    static const enum statement by_sort[SORT_COUNT] = {[SORT_RELEVANT] = STATEMENT_LIST_RELEVANT,
        [SORT_NEWEST] = STATEMENT_LIST_NEWEST,
        [SORT_HELPFUL] = STATEMENT_LIST_HELPFUL};
    static const enum statement deep_by_sort[SORT_COUNT] = {[SORT_RELEVANT] = STATEMENT_LIST_RELEVANT_DEEP,
        [SORT_NEWEST] = STATEMENT_LIST_NEWEST_DEEP,
        [SORT_HELPFUL] = STATEMENT_LIST_HELPFUL_DEEP};
    return (list->page + 1) * list->count > DEEP_REVIEWS ? deep_by_sort[list->sort] : by_sort[list->sort];
}

// Unpacks the request into the job; false if it is not one of ours.
static bool read_request(struct job *job) {
    struct view payload = message_payload(job->request);
    job->operation = (enum operation)job->request->operation;
    switch (job->operation) {
    case OPERATION_REVIEW_LIST:
        if (!request_unpack_list(payload, &job->ask.list)) {
            return false;
        }
        job->statement = list_statement(&job->ask.list);
        return true;
    case OPERATION_REVIEW_ADD: job->statement = STATEMENT_ADD; return request_unpack_add(payload, &job->ask.add);
    case OPERATION_META_GET: job->statement = STATEMENT_META; break;
    case OPERATION_REVIEW_GET: job->statement = STATEMENT_GET; break;
    case OPERATION_REVIEW_HELPFUL: job->statement = STATEMENT_HELPFUL; break;
    case OPERATION_REVIEW_REPORT: job->statement = STATEMENT_REPORT; break;
    default: return false;
    }
    return request_unpack_key(payload, &job->ask.key);
}

void db_enqueue(struct db_actor *db, struct job *job) {
    if (!job_is_wanted(job)) {
        db_drop(db, job);
        return;
    }
    job->leaf = segment_map_find(&db->map, job_product_id(job));
    if (job->leaf == NO_LEAF && db->map.segment_count > 0) {
        db_answer_incident(db, job, "none", "no segment holds this product");
        db_drop(db, job);
    } else if (statement_lane(job->statement) != LANE_WRITE) {
        read_enqueue(db, job);
    } else {
        write_enqueue(db, job);
    }
}

void db_enqueue_all(struct db_actor *db, struct job_queue *jobs) {
    for (struct job *job; (job = job_queue_pop(jobs)) != NULL;) {
        db_enqueue(db, job);
    }
}

static bool is_any_unsent(const struct db_actor *db) {
    return db->reads.job_count + db->slow_reads.job_count + db->writes.changes.count + db->writes.votes.count +
               db->held.count >
           0;
}

// When an unanswered job has to be looked at next. One that was sent waits for its deadline, and later ones have later deadlines;
// what becomes of one that waits depends on its queue and on the connections, which change at any time.
static uint64_t next_look_ns(const struct db_actor *db, uint64_t now_ns) {
    uint64_t deadline_ns = TAILQ_FIRST(&db->unanswered)->request->deadline_ns;
    uint64_t soonest_ns = now_ns + TICK_MS * NS_PER_MS;
    return !is_any_unsent(db) && deadline_ns > soonest_ns ? deadline_ns : soonest_ns;
}

static void ensure_tick(struct db_actor *db) {
    if (db->unanswered_count == 0) {
        return;
    }
    uint64_t now_ns = loop_now_ns(db->actor.loop);
    uint64_t due_ns = next_look_ns(db, now_ns);
    if (db->tick_due_ns == 0 || due_ns < db->tick_due_ns) {
        struct timeval wait = clock_timeval(due_ns - now_ns);
        event_add(db->tick, &wait);
        db->tick_due_ns = due_ns;
    }
}

// Adds a job to `unanswered`, by arrival. One that starved in its acceptor, or came by another one, may have arrived before the last.
static void list_unanswered(struct db_actor *db, struct job *job) {
    struct job *before = TAILQ_LAST(&db->unanswered, job_list);
    while (before != NULL && before->request->accepted_ns > job->request->accepted_ns) {
        before = TAILQ_PREV(before, job_list, by_arrival);
    }
    if (before == NULL) {
        TAILQ_INSERT_HEAD(&db->unanswered, job, by_arrival);
    } else {
        TAILQ_INSERT_AFTER(&db->unanswered, before, job, by_arrival);
    }
    db->unanswered_count++;
}

static void shed(struct db_actor *db, struct job *job, enum metrics_shed_reason reason) {
    metrics_add(db->actor.metrics, METRIC_SHED, reason, 1);
    answer_problem(db, job, PROBLEM_OVERLOADED, "The server is overloaded at the moment.");
}

static void db_receive(struct actor *actor, struct message *message) {
    struct db_actor *db = db_of(actor);
    struct job *job = memory_allocate(1, sizeof *job);
    job->request = message;
    list_unanswered(db, job);
    uint64_t now_ns = loop_now_ns(actor->loop);
    bool is_read = read_request(job);
    bool is_write = is_read && statement_lane(job->statement) == LANE_WRITE;
    if (!is_read) {
        db_answer_incident(db, job, "none", "a message cannot be read");
        db_drop(db, job);
    } else if (deadline_passed(message->deadline_ns, now_ns)) {
        metrics_add(actor->metrics, METRIC_DEADLINE_EXCEEDED, 0, 1);
        db_answer_problem(db, job, PROBLEM_DEADLINE, "The request waited too long.");
        db_drop(db, job);
    } else if (!slice_is_available(db->slice)) {
        db_answer_problem(db, job, PROBLEM_DATABASE_UNAVAILABLE, "The database is away at the moment.");
        db_drop(db, job);
    } else if (is_write ? write_is_behind(db, job) : read_is_behind(db, job)) {
        shed(db, job, SHED_QUEUE);
        db_drop(db, job);
    } else if (is_write ? write_would_wait_long(db, job) : read_would_wait_long(db, job)) {
        shed(db, job, SHED_BACKLOG);
        db_drop(db, job);
    } else {
        db_enqueue(db, job);
    }
}

// Answers a job whose time is up; returns whether later ones may be due as well.
static bool answer_if_due(struct db_actor *db, struct job *job, uint64_t now_ns) {
    uint64_t age_ns = now_ns - job->request->accepted_ns;
    if (deadline_passed(job->request->deadline_ns, now_ns)) {
        metrics_add(db->actor.metrics, METRIC_DEADLINE_EXCEEDED, 0, 1);
        bool may_be_done = job->sent && statement_lane(job->statement) == LANE_WRITE;
        answer_problem(db, job, PROBLEM_DEADLINE,
            may_be_done ? "The database did not answer in time; the change may or may not have been made."
                        : "The database did not answer in time.");
        return true;
    }
    if (!job->sent && !slice_is_available(db->slice)) {
        answer_problem(db, job, PROBLEM_DATABASE_UNAVAILABLE, "The database is away at the moment.");
        return true;
    }
    if (!job->sent && age_ns > wait_limit_ns(db, job)) {
        shed(db, job, SHED_QUEUE);
        return true;
    }
    return age_ns > send_within_ns(db) || !slice_is_available(db->slice);
}

static void on_tick(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct db_actor *db = argument;
    db->tick_due_ns = 0;
    uint64_t now_ns = loop_renew_now_ns(db->actor.loop);
    struct job *next;
    for (struct job *job = TAILQ_FIRST(&db->unanswered); job != NULL; job = next) {
        next = TAILQ_NEXT(job, by_arrival);
        if (!answer_if_due(db, job, now_ns)) {
            break;
        }
    }
    ensure_tick(db);
}

static void db_flush(struct actor *actor) {
    struct db_actor *db = db_of(actor);
    if (loop_is_crowded(actor->loop)) { // or PostgreSQL would be idle until all clients have had their turn
        slice_read(db->slice);
    }
    segments_flush(db);
    budget_flush(db);
    read_flush(db);
    pages_flush(db);
    write_flush(db);
    slice_flush(db->slice);
    ensure_tick(db);
    metrics_set(actor->metrics, METRIC_DB_UNANSWERED, 0, db->unanswered_count);
}

static bool on_segments(void *context, const PGresult *result) {
    return segments_read(context, result);
}

// Whether the result tells that the connection is of no use any more, which will be lost in a moment.
static bool tells_of_the_end(const PGresult *result) {
    return PQresultStatus(result) == PGRES_FATAL_ERROR &&
           sqlstate_action(PQresultErrorField(result, PG_DIAG_SQLSTATE)) == SQLSTATE_RECONNECT;
}

// What the connections tell comes in the middle of a round of events, which may have begun by a long sleep.
static void renew_now(struct db_actor *db) {
    loop_renew_now_ns(db->actor.loop);
}

static void on_result(void *context, void *tag, const PGresult *result) {
    struct query *query = tag;
    renew_now(context);
    if (tells_of_the_end(result)) {
        pages_end_era(context);
    }
    if (query->statement == STATEMENT_KEEP_AHEAD) {
        segments_result(context, result);
    } else if (query->statement == STATEMENT_BUDGET) {
        budget_result(context, result);
    } else if (query->statement == STATEMENT_PAGE_STORE) {
        pages_stored(context, result);
    } else if (statement_lane(query->statement) != LANE_WRITE) {
        read_result(context, query, result);
    } else {
        write_result(context, query, result);
    }
}

static void on_query_lost(void *context, void *tag) {
    struct query *query = tag;
    renew_now(context);
    if (query->statement == STATEMENT_BUDGET) {
        ((struct db_actor *)context)->budget_is_due = true;
    } else if (query->statement == STATEMENT_PAGE_STORE) {
        pages_store_lost(context);
    } else if (statement_lane(query->statement) != LANE_WRITE && query->statement != STATEMENT_KEEP_AHEAD) {
        read_lost(context, query);
    }
    // A write's fate is its group's; housekeeping has its next turn.
}

static void on_group_done(void *context, void *group) {
    renew_now(context);
    write_group_done(context, group);
}

static void on_group_lost(void *context, void *group) {
    renew_now(context);
    write_group_lost(context, group);
}

static void on_changed(void *context, struct connection *connection, enum connection_state before, const char *reason) {
    struct db_actor *db = context;
    enum connection_state now = connection_state(connection);
    db->segments_asked &= now != CONNECTION_DOWN; // it may have been asked
    budget_changed(db);
    for (size_t cell = 0; cell < METRICS_LANES * METRICS_DB_STATES; cell++) {
        metrics_set(db->actor.metrics, METRIC_DB_CONNECTIONS, cell,
            slice_lane_count(
                db->slice, (enum lane)(cell / METRICS_DB_STATES), (enum connection_state)(cell % METRICS_DB_STATES)));
    }
    if (now == CONNECTION_READY) {
        metrics_add(db->actor.metrics, METRIC_DB_CONNECTS, 0, 1);
        log_event(db->actor.log, LOG_DEBUG, db->actor.name, "connected", "segments=%zu", db->map.segment_count);
    } else if (reason != NULL) {
        bool was_ready = before == CONNECTION_READY || before == CONNECTION_DRAINING;
        pages_end_era(db);
        metrics_add(db->actor.metrics, METRIC_DB_CONNECTION_FAILURES, 0, 1);
        log_event(db->actor.log, LOG_WARNING, db->actor.name, was_ready ? "connection lost" : "cannot connect",
            "state=%s reason=\"%s\"", connection_state_name(before), reason);
    }
}

static void db_start(struct actor *actor) {
    struct db_actor *db = db_of(actor);
    const struct connection_owner owner = {
        db, on_segments, on_result, on_group_done, on_query_lost, on_group_lost, on_changed};
    db->tick = evtimer_new(loop_base(actor->loop), on_tick, db);
    db->slice = slice_new(loop_base(actor->loop), &db->settings.slice, &owner, &db->map);
    slice_start(db->slice);
    segments_start(db);
    budget_start(db);
    read_start(db);
}

static void db_stop(struct actor *actor) {
    struct db_actor *db = db_of(actor);
    segments_stop(db);
    slice_close(db->slice);
    event_free(db->tick);
}

struct actor *db_new(const struct db_settings *settings, const struct directory *directory, const char *name,
    uint16_t id, size_t mailbox_capacity, struct log *log, struct metrics *metrics) {
    static const struct actor_class class = {db_start, db_receive, db_flush, db_stop};
    struct db_actor *db = memory_allocate_aligned(1, sizeof *db);
    actor_init(&db->actor, &class, name, id, mailbox_capacity, log, metrics);
    db->settings = *settings;
    db->directory = directory;
    TAILQ_INIT(&db->unanswered);
    return &db->actor;
}

void db_free(struct actor *actor) {
    struct db_actor *db = db_of(actor);
    struct job_queue left = {0};
    read_take_all(db, &left);
    write_take_all(db, &left);
    for (struct job *job; (job = job_queue_pop(&db->held)) != NULL;) {
        job_queue_push(&left, job);
    }
    for (struct job *job; (job = job_queue_pop(&left)) != NULL;) {
        message_free(job->request);
        db_drop(db, job);
    }
    read_free(db);
    segment_map_free(&db->map);
    parameters_free(&db->parameters);
    actor_free(actor);
    free(db);
}
