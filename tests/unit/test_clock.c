// Clocks and deadlines.

#include "core/clock.h"
#include "tests/unit/unit.h"

static void test_time_goes_on(void) {
    uint64_t before = clock_now_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_now_ns();
        CU_ASSERT_TRUE(now >= before);
        before = now;
    }
    CU_ASSERT_TRUE(clock_wall_ms() > INT64_C(1700000000000)); // later than 2023
}

static void test_a_deadline_passes(void) {
    uint64_t deadline = deadline_after_ms(1000, 5);
    CU_ASSERT_EQUAL(deadline, 1000 + 5 * NS_PER_MS);
    CU_ASSERT_FALSE(deadline_passed(deadline, deadline - 1));
    CU_ASSERT_TRUE(deadline_passed(deadline, deadline));
    CU_ASSERT_TRUE(deadline_passed(deadline, deadline + 1));
    CU_ASSERT_EQUAL(deadline_left_ns(deadline, deadline - 3), 3);
    CU_ASSERT_EQUAL(deadline_left_ns(deadline, deadline), 0);
    CU_ASSERT_EQUAL(deadline_left_ns(deadline, deadline + 3), 0);
}

static void test_no_deadline_never_passes(void) {
    CU_ASSERT_FALSE(deadline_passed(0, UINT64_MAX));
    CU_ASSERT_EQUAL(deadline_left_ns(0, 5), UINT64_MAX);
}

static void test_a_span_as_libevent_takes_it(void) {
    struct timeval span = clock_timeval(3 * NS_PER_S + 250 * NS_PER_MS + 999);
    CU_ASSERT_EQUAL(span.tv_sec, 3);
    CU_ASSERT_EQUAL(span.tv_usec, 250000);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"time goes on", test_time_goes_on},
        {"a deadline passes", test_a_deadline_passes},
        {"no deadline never passes", test_no_deadline_never_passes},
        {"a span as libevent takes it", test_a_span_as_libevent_takes_it},
        CU_TEST_INFO_NULL,
    };
    return unit_run("clock", tests);
}
