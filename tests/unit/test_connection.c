// The connection's state machine and the slice, against a PostgreSQL of the test's own.

#include "core/clock.h"
#include "pg/migration.h"
#include "pg/result.h"
#include "pg/slice.h"
#include "tests/unit/unit.h"

#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>

static char directory[] = "/tmp/reviewd-unit-XXXXXX";
static char admin_dsn[256];
static char server_dsn[256];

static bool postgres(const char *command, const char *mode) {
    char line[512];
    snprintf(line, sizeof line, "%s/tests/private_postgres.sh %s %s %s >%s.out", SOURCE_DIR, command, directory, mode,
        directory);
    return system(line) == 0; // NOLINT(cert-env33-c): the line is ours
}

static bool execute(const char *sql) {
    PGconn *link = PQconnectdb(admin_dsn);
    PGresult *result = PQexec(link, sql);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    PQfinish(link);
    return done;
}

// Ends the session that is to wait for a lock, once it does; false if none does in any reasonable time.
static bool end_who_waits_for_a_lock(void) {
    static const char sql[] = "DO $$ DECLARE found bigint; BEGIN FOR i IN 1..6000 LOOP "
                              "SELECT count(pg_terminate_backend(pid)) INTO found FROM pg_stat_activity "
                              "WHERE wait_event_type = 'Lock'; IF found > 0 THEN RETURN; END IF; "
                              "PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.01); END LOOP; "
                              "RAISE 'none waits for a lock'; END $$";
    return execute(sql);
}

// What the owner was told.
struct witness {
    struct event_base *base;
    struct segment_map map;
    unsigned entered[CONNECTION_STATE_COUNT];
    enum connection_state last_from;
    enum connection_state last_to;
    unsigned results;
    unsigned errors;
    unsigned groups_done;
    unsigned queries_lost;
    unsigned groups_lost;
    unsigned lost; // connections, or attempts
    char sqlstate[6];
    char reason[256];
    int64_t value;
};

static bool on_segments(void *context, const PGresult *result) {
    return segment_map_load(&((struct witness *)context)->map, result);
}

static void on_result(void *context, void *query, const PGresult *result) {
    struct witness *witness = context;
    CU_ASSERT_PTR_EQUAL(query, context);
    if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK) {
        witness->results++;
        witness->value = PQntuples(result);
    } else {
        const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        witness->errors++;
        if (witness->errors == 1) { // later ones of a group are only its consequence
            snprintf(witness->sqlstate, sizeof witness->sqlstate, "%s", sqlstate == NULL ? "" : sqlstate);
        }
    }
}

static void on_group_done(void *context, void *group) {
    CU_ASSERT_PTR_EQUAL(group, context);
    ((struct witness *)context)->groups_done++;
}

static void on_query_lost(void *context, void *query) {
    (void)query;
    ((struct witness *)context)->queries_lost++;
}

static void on_group_lost(void *context, void *group) {
    (void)group;
    ((struct witness *)context)->groups_lost++;
}

static void on_changed(void *context, struct connection *connection, enum connection_state before, const char *reason) {
    struct witness *witness = context;
    enum connection_state now = connection_state(connection);
    static const bool allowed[CONNECTION_STATE_COUNT][CONNECTION_STATE_COUNT] = {
        [CONNECTION_DOWN] = {[CONNECTION_CONNECTING] = true},
        [CONNECTION_CONNECTING] = {[CONNECTION_PREPARING] = true, [CONNECTION_DOWN] = true},
        [CONNECTION_PREPARING] = {[CONNECTION_READY] = true, [CONNECTION_DOWN] = true},
        [CONNECTION_READY] = {[CONNECTION_DRAINING] = true, [CONNECTION_DOWN] = true}, // DOWN: lost
        [CONNECTION_DRAINING] = {[CONNECTION_DOWN] = true},
    };
    CU_ASSERT_TRUE(allowed[before][now]);
    CU_ASSERT_TRUE(now == CONNECTION_DOWN || reason == NULL);
    witness->lost += reason != NULL;
    witness->entered[now]++;
    witness->last_from = before;
    witness->last_to = now;
    if (reason != NULL) {
        snprintf(witness->reason, sizeof witness->reason, "%s", reason);
    }
}

static struct witness witness;
static struct connection_owner owner;

static void begin(void) {
    witness = (struct witness){.base = event_base_new()};
    owner = (struct connection_owner){
        &witness, on_segments, on_result, on_group_done, on_query_lost, on_group_lost, on_changed};
}

static void end(void) {
    segment_map_free(&witness.map);
    event_base_free(witness.base);
}

// Lets the events happen until the counter has reached the value. False, and a word on what was seen, if that takes longer
// than anything should.
static bool until(const unsigned *counter, unsigned value) {
    uint64_t limit_ns = deadline_after_ms(clock_now_ns(), 60 * 1000);
    while (*counter < value && !deadline_passed(limit_ns, clock_now_ns())) {
        event_base_loop(witness.base, EVLOOP_NONBLOCK);
        usleep(200);
    }
    if (*counter < value) {
        fprintf(stderr, "last %s after %s; lost %u: %s\n", connection_state_name(witness.last_to),
            connection_state_name(witness.last_from), witness.lost, witness.reason);
    }
    return *counter >= value;
}

enum {
    PATIENCE_MS = 30 * 1000 // longer than a busy machine stands still: a single connection does not try again
};

static struct connection_settings settings_for(const char *dsn) {
    return (struct connection_settings){dsn, "unit", PATIENCE_MS, PATIENCE_MS};
}

static void send_list(struct connection *connection, int leaf, int32_t product_id) {
    struct parameters parameters = {0};
    for (int i = 0; i < 3; i++) {
        parameters_begin_int32_array(&parameters, 1);
        parameters_add_int32_element(&parameters, i == 0 ? product_id : 10 * (2 - i));
    }
    connection_prepare(connection, STATEMENT_LIST_NEWEST, leaf);
    connection_send(connection, STATEMENT_LIST_NEWEST, leaf, &parameters, &witness);
    connection_end_group(connection, &witness);
    parameters_free(&parameters);
}

static struct parameters review(int32_t product_id, int16_t rating) {
    struct parameters parameters = {0};
    parameters_add_int32(&parameters, product_id);
    parameters_add_int16(&parameters, rating);
    parameters_add_bool(&parameters, true);
    parameters_add_int32(&parameters, 5);
    parameters_add_timestamp(&parameters, INT64_C(1700000000000));
    for (int i = 0; i < 4; i++) {
        parameters_add_text(&parameters, VIEW("text"));
    }
    parameters_add_text(&parameters, (struct view){NULL, 0});
    return parameters;
}

static void send_review(struct connection *connection, int32_t product_id, int16_t rating) {
    struct parameters parameters = review(product_id, rating);
    connection_prepare(connection, STATEMENT_ADD, 0);
    connection_send(connection, STATEMENT_ADD, 0, &parameters, &witness);
    parameters_free(&parameters);
}

static void test_it_connects_and_answers(void) {
    begin();
    struct connection_settings settings = settings_for(server_dsn);
    struct connection *connection = connection_new(witness.base, &settings, &owner, &witness.map, LANE_READ);
    CU_ASSERT_EQUAL(connection_state(connection), CONNECTION_DOWN);
    connection_open(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 1));
    CU_ASSERT_EQUAL(witness.entered[CONNECTION_CONNECTING], 1);
    CU_ASSERT_EQUAL(witness.entered[CONNECTION_PREPARING], 1);
    CU_ASSERT_EQUAL(witness.map.segment_count, 1);
    for (unsigned i = 1; i <= 20; i++) { // the first prepares, the others don't
        send_list(connection, 0, (int32_t)i);
        CU_ASSERT_TRUE(connection_load(connection) > 0);
        CU_ASSERT_TRUE(connection_needs_flush(connection));
        connection_flush(connection);
        CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, i));
        CU_ASSERT_EQUAL(witness.results, i);
        CU_ASSERT_EQUAL(connection_load(connection), 0);
    }
    connection_drain(connection);
    CU_ASSERT_EQUAL(connection_state(connection), CONNECTION_DOWN);
    CU_ASSERT_EQUAL(witness.entered[CONNECTION_DRAINING], 1);
    CU_ASSERT_EQUAL(witness.last_from, CONNECTION_DRAINING);
    CU_ASSERT_EQUAL(witness.errors + witness.queries_lost + witness.groups_lost + witness.lost, 0);
    connection_free(connection);
    end();
}

static void test_every_statement_prepares(void) {
    PGconn *link = PQconnectdb(server_dsn);
    CU_ASSERT_EQUAL_FATAL(PQstatus(link), CONNECTION_OK);
    for (enum statement statement = 0; statement < STATEMENT_COUNT; statement++) {
        struct buffer text = {0};
        statement_text(statement, "review_0001", &text);
        PGresult *result = PQprepare(link, statement_name(statement), text.data, 0, NULL);
        CU_ASSERT_EQUAL(PQresultStatus(result), PGRES_COMMAND_OK);
        PQclear(result);
        result = PQdescribePrepared(link, statement_name(statement));
        CU_ASSERT_EQUAL(PQnparams(result), statement_parameter_count(statement));
        PQclear(result);
        buffer_free(&text);
    }
    PQfinish(link);
}

// A failed row undoes its whole group, and the connection goes on.
static void test_a_group_is_a_transaction(void) {
    begin();
    struct connection_settings settings = settings_for(server_dsn);
    struct connection *connection = connection_new(witness.base, &settings, &owner, &witness.map, LANE_WRITE);
    connection_open(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 1));
    send_review(connection, 50, 3);
    send_review(connection, 51, 9); // no such rating
    send_review(connection, 52, 4);
    connection_end_group(connection, &witness);
    connection_flush(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, 1));
    CU_ASSERT_EQUAL(witness.results, 1);
    CU_ASSERT_EQUAL(witness.errors, 2); // the bad one, and the one after it that was not tried
    send_list(connection, 0, 50);
    connection_flush(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, 2));
    CU_ASSERT_EQUAL(witness.value, 0); // rolled back
    send_review(connection, 50, 3);
    connection_end_group(connection, &witness);
    send_list(connection, 0, 50);
    connection_flush(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, 4));
    CU_ASSERT_EQUAL(witness.value, 1); // committed
    CU_ASSERT_EQUAL(connection_state(connection), CONNECTION_READY);
    connection_free(connection);
    end();
}

static void test_draining_finishes_what_is_in_flight(void) {
    begin();
    struct connection_settings settings = settings_for(server_dsn);
    struct connection *connection = connection_new(witness.base, &settings, &owner, &witness.map, LANE_READ);
    connection_open(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 1));
    for (int i = 1; i <= 10; i++) {
        send_list(connection, 0, i);
    }
    connection_drain(connection);
    CU_ASSERT_EQUAL(connection_state(connection), CONNECTION_DRAINING);
    connection_flush(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_DOWN], 1));
    CU_ASSERT_EQUAL(witness.last_from, CONNECTION_DRAINING);
    CU_ASSERT_EQUAL(witness.groups_done, 10);
    CU_ASSERT_EQUAL(witness.queries_lost, 0);
    connection_free(connection);
    end();
}

static void test_a_lost_connection_says_what_it_lost(void) {
    begin();
    struct connection_settings settings = settings_for(server_dsn);
    struct connection *connection = connection_new(witness.base, &settings, &owner, &witness.map, LANE_WRITE);
    connection_open(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 1));
    PGconn *blocker = PQconnectdb(admin_dsn);
    PQclear(PQexec(blocker, "BEGIN; LOCK TABLE product_meta"));
    send_review(connection, 60, 3);
    connection_end_group(connection, &witness);
    connection_flush(connection);
    CU_ASSERT_TRUE(execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unit'"));
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_DOWN], 1));
    CU_ASSERT_EQUAL(witness.last_from, CONNECTION_READY);
    CU_ASSERT_EQUAL(witness.groups_lost, 1);
    CU_ASSERT_EQUAL(witness.queries_lost + witness.errors, 1);
    CU_ASSERT_TRUE(strlen(witness.reason) > 0);
    PQfinish(blocker);
    connection_open(connection); // the same connection can come back
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 2));
    send_list(connection, 0, 60);
    connection_flush(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, 1));
    connection_free(connection);
    end();
}

static void test_a_statement_that_takes_too_long_is_cancelled(void) {
    begin();
    struct connection_settings settings = settings_for(server_dsn);
    settings.statement_timeout_ms = 3000;
    struct connection *connection = connection_new(witness.base, &settings, &owner, &witness.map, LANE_WRITE);
    connection_open(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 1));
    send_review(connection, 61, 3); // prepares the statement
    connection_end_group(connection, &witness);
    connection_flush(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, 1));
    PGconn *blocker = PQconnectdb(admin_dsn);
    PQclear(PQexec(blocker, "BEGIN; LOCK TABLE product_meta"));
    send_review(connection, 61, 3);
    connection_end_group(connection, &witness);
    connection_flush(connection);
    CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, 2));
    CU_ASSERT_STRING_EQUAL(witness.sqlstate, "57014");
    CU_ASSERT_EQUAL(connection_state(connection), CONNECTION_READY);
    PQfinish(blocker);
    connection_free(connection);
    end();
}

static void test_it_does_not_connect_to_what_is_not_ours(void) {
    static const char *const dsns[] = {"host=/nonexistent dbname=x", "this is no conninfo", NULL};
    char foreign[256];
    snprintf(foreign, sizeof foreign, "host=%s user=postgres dbname=template1", directory);
    for (int i = 0; i < 3; i++) {
        begin();
        struct connection_settings settings = settings_for(dsns[i] == NULL ? foreign : dsns[i]);
        struct connection *connection = connection_new(witness.base, &settings, &owner, &witness.map, LANE_READ);
        connection_open(connection);
        CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_DOWN], 1));
        CU_ASSERT_EQUAL(witness.last_from, dsns[i] == NULL ? CONNECTION_PREPARING : CONNECTION_CONNECTING);
        CU_ASSERT_EQUAL(witness.entered[CONNECTION_READY], 0);
        CU_ASSERT_TRUE(strlen(witness.reason) > 0);
        connection_free(connection);
        end();
    }
}

static struct slice_settings slice_settings(void) {
    return (struct slice_settings){
        .connection = settings_for(server_dsn),
        .limit = 6,
        .kept = {[LANE_READ] = 2, [LANE_WRITE] = 1},
        .depth = {[LANE_READ] = 2, [LANE_WRITE] = 1},
        .connect_interval_ms = 1,
        .idle_timeout_ms = 1500,
        .backoff_min_ms = 10,
        .backoff_max_ms = 100,
        .seed = 1,
    };
}

static void test_a_slice_grows_and_shrinks(void) {
    begin();
    struct slice_settings settings = slice_settings();
    struct slice *slice = slice_new(witness.base, &settings, &owner, &witness.map);
    CU_ASSERT_PTR_NULL(slice_pick(slice, LANE_READ));
    CU_ASSERT_TRUE(slice_is_available(slice)); // nothing has failed yet
    CU_ASSERT_FALSE(slice_is_ready(slice));
    slice_start(slice);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 3));
    for (unsigned total = 4; total <= 6; total++) {
        slice_want(slice, LANE_READ);
        CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], total));
    }
    struct connection *picked[5];
    for (int i = 0; i < 5; i++) { // work is spread over the lane's connections
        picked[i] = slice_pick(slice, LANE_READ);
        CU_ASSERT_PTR_NOT_NULL_FATAL(picked[i]);
        CU_ASSERT_EQUAL(connection_load(picked[i]), 0);
        CU_ASSERT_EQUAL(connection_lane(picked[i]), LANE_READ);
        send_list(picked[i], 0, i + 1);
    }
    struct connection *writing = slice_pick(slice, LANE_WRITE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writing);
    CU_ASSERT_EQUAL(connection_lane(writing), LANE_WRITE);
    slice_want(slice, LANE_READ); // beyond the limit: nothing happens
    slice_flush(slice);
    CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, 5));
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_DOWN], 3)); // idle ones beyond those that are kept
    CU_ASSERT_EQUAL(slice_count(slice, CONNECTION_READY), 3);
    CU_ASSERT_EQUAL(witness.lost, 0);
    slice_close(slice);
    end();
}

// A slice whose lane of reads has grown as far as it may; no connection idles for too long.
static struct slice *new_grown_slice(void) {
    struct slice_settings settings = slice_settings();
    settings.idle_timeout_ms = 60 * 1000;
    struct slice *slice = slice_new(witness.base, &settings, &owner, &witness.map);
    slice_start(slice);
    for (unsigned total = 1; total <= 6; total++) {
        slice_want(slice, LANE_READ);
        CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], total));
    }
    return slice;
}

static void test_a_slice_gives_connections_back_when_told(void) {
    begin();
    struct slice *slice = new_grown_slice();
    struct connection *by_age[5];
    for (unsigned i = 0; i < 5; i++) {
        by_age[i] = slice_pick(slice, LANE_READ);
        send_list(by_age[i], 0, 1);
    }
    slice_flush(slice);
    slice_shrink(slice, LANE_READ, 3);
    for (unsigned i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(connection_state(by_age[i]), i < 3 ? CONNECTION_READY : CONNECTION_DRAINING);
    }
    slice_shrink(slice, LANE_READ, 0);
    CU_ASSERT_EQUAL(slice_lane_count(slice, LANE_READ, CONNECTION_READY), slice_settings().kept[LANE_READ]);
    CU_ASSERT_EQUAL(slice_lane_count(slice, LANE_WRITE, CONNECTION_READY), 1);
    CU_ASSERT_TRUE_FATAL(until(&witness.groups_done, 5));
    CU_ASSERT_EQUAL(witness.lost, 0);
    slice_close(slice);
    end();
}

static void test_a_slice_reads_without_being_told(void) {
    begin();
    struct slice_settings settings = slice_settings();
    struct slice *slice = slice_new(witness.base, &settings, &owner, &witness.map);
    slice_start(slice);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 1));
    send_list(slice_pick(slice, LANE_READ), 0, 1);
    slice_flush(slice);
    uint64_t limit_ns = deadline_after_ms(clock_now_ns(), 30 * 1000);
    while (witness.groups_done == 0 && !deadline_passed(limit_ns, clock_now_ns())) {
        slice_read(slice); // and no event happens
        usleep(200);
    }
    CU_ASSERT_EQUAL(witness.groups_done, 1);
    slice_close(slice);
    end();
}

// A lane that wants more, all the time, leaves those places to another lane that it keeps.
static void test_a_slice_gives_each_lane_what_it_keeps(void) {
    begin();
    struct slice *slice = new_grown_slice();
    CU_ASSERT_EQUAL(slice_lane_count(slice, LANE_READ, CONNECTION_READY), 5);
    for (unsigned round = 1; round <= 3; round++) {
        PGconn *blocker = PQconnectdb(admin_dsn);
        PQclear(PQexec(blocker, "BEGIN; LOCK TABLE product_meta"));
        struct connection *writing = slice_pick(slice, LANE_WRITE);
        CU_ASSERT_PTR_NOT_NULL_FATAL(writing);
        send_review(writing, 70, 3);
        connection_end_group(writing, &witness);
        slice_flush(slice);
        CU_ASSERT_TRUE_FATAL(end_who_waits_for_a_lock());
        slice_want(slice, LANE_READ);
        CU_ASSERT_TRUE_FATAL(until(&witness.lost, round));
        slice_want(slice, LANE_READ);
        CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 6 + round));
        CU_ASSERT_EQUAL(slice_lane_count(slice, LANE_WRITE, CONNECTION_READY), 1);
        PQfinish(blocker);
    }
    slice_close(slice);
    end();
}

static void test_a_slice_comes_back_with_the_server(void) {
    begin();
    struct slice_settings settings = slice_settings();
    struct slice *slice = slice_new(witness.base, &settings, &owner, &witness.map);
    slice_start(slice);
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 3));
    CU_ASSERT_TRUE_FATAL(postgres("stop", "immediate"));
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_DOWN], 6)); // all lost, and attempts that failed
    CU_ASSERT_FALSE(slice_is_available(slice));
    CU_ASSERT_PTR_NULL(slice_pick(slice, LANE_READ));
    unsigned attempts = witness.entered[CONNECTION_CONNECTING];
    CU_ASSERT_TRUE(slice_count(slice, CONNECTION_CONNECTING) + slice_count(slice, CONNECTION_PREPARING) <= 1);
    CU_ASSERT_TRUE_FATAL(postgres("restart", ""));
    CU_ASSERT_TRUE_FATAL(until(&witness.entered[CONNECTION_READY], 6));
    CU_ASSERT_TRUE(witness.entered[CONNECTION_CONNECTING] > attempts);
    CU_ASSERT_TRUE(slice_is_available(slice));
    slice_close(slice);
    end();
}

static bool start_postgres(void) {
    if (mkdtemp(directory) == NULL || !postgres("start", "")) {
        return false;
    }
    snprintf(admin_dsn, sizeof admin_dsn, "host=%s user=postgres dbname=postgres", directory);
    if (!execute("CREATE DATABASE reviewd")) {
        return false;
    }
    snprintf(admin_dsn, sizeof admin_dsn, "host=%s user=postgres dbname=reviewd", directory);
    snprintf(server_dsn, sizeof server_dsn, "host=%s user=reviewd_server dbname=reviewd", directory);
    FILE *null = fopen("/dev/null", "w");
    bool migrated = migration_run(admin_dsn, null, stderr) && migration_run(admin_dsn, null, stderr);
    fclose(null);
    return migrated;
}

static void remove_postgres(void) {
    char line[256];
    (void)postgres("stop", "immediate");
    snprintf(line, sizeof line, "rm -rf %s %s.out", directory, directory);
    (void)!system(line); // NOLINT(cert-env33-c): the line is ours
}

int main(void) {
    CU_TestInfo tests[] = {
        {"it connects, prepares once, and answers", test_it_connects_and_answers},
        {"every statement prepares", test_every_statement_prepares},
        {"a group is a transaction", test_a_group_is_a_transaction},
        {"draining finishes what is in flight", test_draining_finishes_what_is_in_flight},
        {"a lost connection says what it lost", test_a_lost_connection_says_what_it_lost},
        {"a statement that takes too long is cancelled", test_a_statement_that_takes_too_long_is_cancelled},
        {"it does not connect to what is not ours", test_it_does_not_connect_to_what_is_not_ours},
        {"a slice grows and shrinks", test_a_slice_grows_and_shrinks},
        {"a slice gives connections back when told", test_a_slice_gives_connections_back_when_told},
        {"a slice reads without being told", test_a_slice_reads_without_being_told},
        {"a slice gives each lane what it keeps", test_a_slice_gives_each_lane_what_it_keeps},
        {"a slice comes back with the server", test_a_slice_comes_back_with_the_server},
        CU_TEST_INFO_NULL,
    };
    if (!start_postgres()) {
        fprintf(stderr, "test_connection: PostgreSQL did not start; see %s.out and %s/log\n", directory, directory);
        return EXIT_FAILURE;
    }
    int code = unit_run("connection", tests);
    remove_postgres();
    return code;
}
