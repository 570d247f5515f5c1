// The estimate follows what it is told.
#include "actors/service_time.h"

#include "core/clock.h"
#include "tests/unit/unit.h"

static void note(struct service_time *time, int count, uint64_t ms) {
    for (int i = 0; i < count; i++) {
        service_time_note(time, ms * NS_PER_MS);
    }
}

static void test_nothing_is_known_at_first(void) {
    struct service_time time = {0};
    CU_ASSERT_EQUAL(service_time_bound(&time), 0);
}

static void test_the_first_sample_is_believed_with_a_margin(void) {
    struct service_time time = {0};
    note(&time, 1, 10);
    CU_ASSERT_EQUAL(service_time_bound(&time), 30 * NS_PER_MS); // RFC 6298, 2.2
}

static void test_equal_samples_leave_no_margin(void) {
    struct service_time time = {0};
    note(&time, 100, 10);
    CU_ASSERT_TRUE(service_time_bound(&time) >= 10 * NS_PER_MS);
    CU_ASSERT_TRUE(service_time_bound(&time) < 11 * NS_PER_MS);
}

static void test_it_rises_at_once_and_falls_soon(void) {
    struct service_time time = {0};
    note(&time, 100, 10);
    note(&time, 1, 400);
    CU_ASSERT_TRUE(service_time_bound(&time) > 400 * NS_PER_MS);
    note(&time, 40, 10);
    CU_ASSERT_TRUE(service_time_bound(&time) < 15 * NS_PER_MS);
}

static void test_few_samples_exceed_the_bound(void) {
    struct service_time time = {0};
    int above = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t sample_ns = (uint64_t)(10 + i * 7 % 11) * NS_PER_MS; // 10 to 20
        above += i > 20 && sample_ns > service_time_bound(&time);
        service_time_note(&time, sample_ns);
    }
    CU_ASSERT_EQUAL(above, 0);
    CU_ASSERT_TRUE(service_time_bound(&time) < 40 * NS_PER_MS);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"nothing is known at first", test_nothing_is_known_at_first},
        {"the first sample is believed with a margin", test_the_first_sample_is_believed_with_a_margin},
        {"equal samples leave no margin", test_equal_samples_leave_no_margin},
        {"it rises at once and falls soon", test_it_rises_at_once_and_falls_soon},
        {"few samples exceed the bound", test_few_samples_exceed_the_bound},
        CU_TEST_INFO_NULL,
    };
    return unit_run("service_time", tests);
}
