// A lane grows while that gains something, and gives back what gains nothing. Time is made up.
#include "actors/lane_growth.h"

#include "core/clock.h"
#include "tests/unit/unit.h"

enum {
    STEP_MS = 5 // between two questions
};

struct world {
    struct lane_growth growth;
    uint64_t now_ns;
    unsigned connections;
    unsigned limit;   // connections that can be had
    unsigned useful;  // connections that get something done,
    unsigned each;    // so many answers a step
    unsigned most;    // connections that there ever were
    unsigned shrinks; // how often some were given back
};

static struct world world_of(unsigned connections, unsigned useful, unsigned each) {
    return (struct world){.now_ns = NS_PER_S, .connections = connections, .limit = 600, .useful = useful, .each = each};
}

static void step(struct world *world) {
    unsigned left = 0;
    world->now_ns += STEP_MS * NS_PER_MS;
    lane_growth_note(&world->growth,
        (size_t)world->each * (world->connections < world->useful ? world->connections : world->useful));
    if (world->each > 0) {
        lane_growth_round(&world->growth);
    }
    switch (lane_growth_ask(&world->growth, world->connections, world->now_ns, &left)) {
    case LANE_STAY: break;
    case LANE_GROW: world->connections += world->connections < world->limit; break;
    case LANE_SHRINK:
        CU_ASSERT_TRUE(left > 0 && left < world->connections);
        world->connections = left;
        world->shrinks++;
        break;
    }
    world->most = world->most < world->connections ? world->connections : world->most;
}

static void wait_for(struct world *world, unsigned seconds) {
    for (unsigned i = 0; i < seconds * 1000 / STEP_MS; i++) {
        step(world);
    }
}

static void test_it_grows_as_long_as_that_gains(void) {
    struct world world = world_of(2, 40, 10);
    wait_for(&world, 30);
    CU_ASSERT_TRUE(world.connections >= 32 && world.connections <= 50);
    CU_ASSERT_TRUE(world.most <= 63);
}

static void test_it_gives_back_what_gains_nothing(void) {
    struct world world = world_of(4, 4, 10);
    wait_for(&world, 2);
    CU_ASSERT_EQUAL(world.shrinks, 1);
    wait_for(&world, 298);
    CU_ASSERT_EQUAL(world.most, 5);
    CU_ASSERT_TRUE(world.shrinks >= 6 && world.shrinks <= 10); // after 2, 4, … 64 s
}

static void test_it_doubles_when_held_up(void) {
    struct world world = world_of(4, 4, 0);
    wait_for(&world, 2);
    CU_ASSERT_EQUAL(world.connections, 8);
    wait_for(&world, 2);
    CU_ASSERT_EQUAL(world.connections, 16);
    wait_for(&world, 20);
    CU_ASSERT_EQUAL(world.connections, 600);
    CU_ASSERT_EQUAL(world.shrinks, 0);
}

// Soon, also while trials are held because the last ones failed, and in the middle of a window.
static void test_it_notices_that_it_is_held_up(void) {
    for (unsigned steps = 0; steps < 100; steps += 7) {
        struct world world = world_of(4, 4, 10);
        wait_for(&world, 59);
        for (unsigned i = 0; i < steps; i++) {
            step(&world);
        }
        world.each = 0;
        for (unsigned i = 0; i < 400 / STEP_MS; i++) {
            step(&world);
        }
        CU_ASSERT_TRUE(world.connections >= 8);
    }
}

static void test_it_gives_back_what_it_opened_when_held_up(void) {
    struct world world = world_of(4, 4, 10);
    wait_for(&world, 60);
    world.each = 0;
    wait_for(&world, 12);
    CU_ASSERT_TRUE(world.connections > 100);
    world.each = 10;
    wait_for(&world, 2);
    CU_ASSERT_TRUE(world.connections <= 5);
}

static void test_it_gives_back_what_it_opened_when_held_up_from_the_beginning(void) {
    struct world world = world_of(4, 4, 0);
    wait_for(&world, 12);
    CU_ASSERT_TRUE(world.connections > 100);
    world.each = 10;
    wait_for(&world, 2);
    CU_ASSERT_TRUE(world.connections <= 5);
}

static void test_it_does_not_grow_by_errors(void) {
    struct world world = world_of(4, 4, 10);
    wait_for(&world, 10);
    world.each = 0;
    for (unsigned i = 0; i < 20 * 1000 / STEP_MS; i++) {
        lane_growth_round(&world.growth); // of a transaction that failed
        step(&world);
    }
    CU_ASSERT_TRUE(world.most <= 8);
    CU_ASSERT_TRUE(world.connections <= 5);
}

static void test_a_trial_ends_when_nothing_can_be_had(void) {
    struct world world = world_of(4, 600, 10);
    world.limit = 4;
    wait_for(&world, 4);
    CU_ASSERT_EQUAL(world.growth.before, 0);
    CU_ASSERT_TRUE(world.growth.held_until_ns > world.now_ns);
}

// A database at its limit, which divides it among few and uneven transactions: what comes in a short time tells nothing. Returns the
// most connections there were in two minutes, from 6 on.
static unsigned most_in_a_slow_world(double writes_a_second) {
    double left[64] = {0};
    double size[64] = {0};
    uint64_t random = 1;
    struct world world = world_of(6, 6, 0);
    for (unsigned i = 0; i < 120 * 1000 / STEP_MS; i++) {
        for (unsigned c = 0; c < world.connections; c++) {
            left[c] -= writes_a_second * STEP_MS / 1000 / world.connections;
            if (left[c] <= 0) {
                lane_growth_note(&world.growth, (size_t)size[c]);
                lane_growth_round(&world.growth);
                random = random * 6364136223846793005u + 1442695040888963407u;
                size[c] = left[c] = 8 + (double)(random >> 33 & 31);
            }
        }
        unsigned less = 0;
        world.now_ns += STEP_MS * NS_PER_MS;
        switch (lane_growth_ask(&world.growth, world.connections, world.now_ns, &less)) {
        case LANE_STAY: break;
        case LANE_GROW: world.connections += world.connections < COUNT_OF(left); break;
        case LANE_SHRINK: world.connections = less; break;
        }
        world.most = world.most < world.connections ? world.connections : world.most;
    }
    return world.most;
}

static void test_it_is_not_led_by_chance(void) {
    const double rates[] = {100, 300, 600, 3000};
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        CU_ASSERT_TRUE(most_in_a_slow_world(rates[i]) <= 12);
    }
}

// A database whose caches fill: three times as fast after 20 s, with however many connections.
static void test_it_waits_while_the_rate_rises_by_itself(void) {
    struct world world = world_of(2, 2, 0);
    for (unsigned second = 0; second < 20; second++) {
        world.each = 100 + second * 10;
        wait_for(&world, 1);
    }
    CU_ASSERT_TRUE(world.most <= 3);
}

static void test_it_stays_while_nobody_waits_for_long(void) {
    struct world world = world_of(2, 600, 10);
    for (int i = 0; i < 1000; i++) {
        step(&world); // one question, and then none for a while
        world.now_ns += 200 * NS_PER_MS;
    }
    CU_ASSERT_EQUAL(world.connections, 2);
}

static void test_a_trial_goes_on_with_what_can_be_had(void) {
    struct world world = world_of(8, 600, 10);
    world.limit = 9;
    wait_for(&world, 10);
    CU_ASSERT_EQUAL(world.connections, 9);
    CU_ASSERT_EQUAL(world.shrinks, 0);
}

static void test_it_asks_for_the_first_connection(void) {
    struct world world = world_of(0, 600, 10);
    step(&world);
    CU_ASSERT_EQUAL(world.connections, 1);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"it grows as long as that gains", test_it_grows_as_long_as_that_gains},
        {"it gives back what gains nothing", test_it_gives_back_what_gains_nothing},
        {"it doubles when held up", test_it_doubles_when_held_up},
        {"it notices that it is held up", test_it_notices_that_it_is_held_up},
        {"it gives back what it opened when held up", test_it_gives_back_what_it_opened_when_held_up},
        {"it gives back what it opened when held up from the beginning",
            test_it_gives_back_what_it_opened_when_held_up_from_the_beginning},
        {"it does not grow by errors", test_it_does_not_grow_by_errors},
        {"a trial ends when nothing can be had", test_a_trial_ends_when_nothing_can_be_had},
        {"it is not led by chance", test_it_is_not_led_by_chance},
        {"it waits while the rate rises by itself", test_it_waits_while_the_rate_rises_by_itself},
        {"it stays while nobody waits for long", test_it_stays_while_nobody_waits_for_long},
        {"a trial goes on with what can be had", test_a_trial_goes_on_with_what_can_be_had},
        {"it asks for the first connection", test_it_asks_for_the_first_connection},
        CU_TEST_INFO_NULL,
    };
    return unit_run("lane_growth", tests);
}
