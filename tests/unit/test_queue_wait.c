// Who comes to a queue is told how long it will take.
#include "actors/queue_wait.h"

#include "core/clock.h"
#include "tests/unit/unit.h"

// `count` leave every `ms` for so many times.
static uint64_t work_off(struct queue_wait *wait, uint64_t now_ns, int times, uint64_t ms, size_t count) {
    for (int i = 0; i < times; i++) {
        now_ns += ms * NS_PER_MS;
        queue_wait_left(wait, now_ns, count);
    }
    return now_ns;
}

static void test_nothing_is_known_at_first(void) {
    struct queue_wait wait = {0};
    CU_ASSERT_EQUAL(queue_wait_ns(&wait, 1000), 0);
    work_off(&wait, NS_PER_S, 10, 10, 5); // 90 ms from the first to the last
    CU_ASSERT_EQUAL(queue_wait_ns(&wait, 1000), 0);
}

static void test_it_is_the_rate_at_which_others_leave(void) {
    struct queue_wait wait = {0};
    work_off(&wait, NS_PER_S, 11, 10, 5);
    CU_ASSERT_EQUAL(queue_wait_ns(&wait, 1), 2 * NS_PER_MS);
    CU_ASSERT_EQUAL(queue_wait_ns(&wait, 250), 500 * NS_PER_MS);
}

static void test_seldom_batches_are_counted_from_one_to_the_next(void) {
    struct queue_wait wait = {0};
    work_off(&wait, NS_PER_S, 2, 400, 100);
    CU_ASSERT_EQUAL(queue_wait_ns(&wait, 1), 4 * NS_PER_MS);
}

static void test_it_follows_a_change(void) {
    struct queue_wait wait = {0};
    uint64_t now_ns = work_off(&wait, NS_PER_S, 11, 10, 5);
    now_ns = work_off(&wait, now_ns, 10, 100, 5);
    CU_ASSERT_TRUE(queue_wait_ns(&wait, 1) > 19 * NS_PER_MS);
    work_off(&wait, now_ns, 80, 10, 5);
    CU_ASSERT_TRUE(queue_wait_ns(&wait, 1) < 3 * NS_PER_MS);
}

static void test_one_stall_is_not_believed(void) {
    struct queue_wait wait = {0};
    uint64_t now_ns = work_off(&wait, NS_PER_S, 11, 10, 5);
    work_off(&wait, now_ns, 1, 1000, 5); // 200 ms each
    CU_ASSERT_EQUAL(queue_wait_ns(&wait, 1), 5 * NS_PER_MS);
}

static void test_an_empty_queue_is_forgotten(void) {
    struct queue_wait wait = {0};
    uint64_t now_ns = work_off(&wait, NS_PER_S, 20, 10, 1);
    CU_ASSERT_TRUE(queue_wait_ns(&wait, 1) > 0);
    queue_wait_end(&wait);
    CU_ASSERT_EQUAL(queue_wait_ns(&wait, 1), 0);
    work_off(&wait, now_ns + NS_PER_S, 5, 10, 1); // the second that passed does not count
    CU_ASSERT_EQUAL(queue_wait_ns(&wait, 1), 0);
}

static void test_a_tenth_is_for_what_cannot_be_foreseen(void) {
    struct queue_wait wait = {0};
    CU_ASSERT_FALSE(queue_wait_exceeds(&wait, 1000, 1000 * NS_PER_MS, 500 * NS_PER_MS));
    work_off(&wait, NS_PER_S, 11, 10, 5); // 2 ms each
    CU_ASSERT_FALSE(queue_wait_exceeds(&wait, 225, 0, 500 * NS_PER_MS));
    CU_ASSERT_TRUE(queue_wait_exceeds(&wait, 226, 0, 500 * NS_PER_MS));
    CU_ASSERT_FALSE(queue_wait_exceeds(&wait, 200, 50 * NS_PER_MS, 500 * NS_PER_MS));
    CU_ASSERT_TRUE(queue_wait_exceeds(&wait, 200, 51 * NS_PER_MS, 500 * NS_PER_MS));
    CU_ASSERT_FALSE(queue_wait_exceeds(&wait, 0, 1000 * NS_PER_MS, 500 * NS_PER_MS)); // nobody is before it
}

int main(void) {
    CU_TestInfo tests[] = {
        {"nothing is known at first", test_nothing_is_known_at_first},
        {"it is the rate at which others leave", test_it_is_the_rate_at_which_others_leave},
        {"seldom batches are counted from one to the next", test_seldom_batches_are_counted_from_one_to_the_next},
        {"it follows a change", test_it_follows_a_change},
        {"one stall is not believed", test_one_stall_is_not_believed},
        {"an empty queue is forgotten", test_an_empty_queue_is_forgotten},
        {"a tenth is for what cannot be foreseen", test_a_tenth_is_for_what_cannot_be_foreseen},
        CU_TEST_INFO_NULL,
    };
    return unit_run("queue_wait", tests);
}
