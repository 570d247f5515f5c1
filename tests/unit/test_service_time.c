// The mean and the deviation follow what they are told.
#include "actors/service_time.h"

#include "core/clock.h"
#include "tests/unit/unit.h"

static void note(struct service_time *time, int count, uint64_t ms) {
    for (int i = 0; i < count; i++) {
        service_time_note(time, ms * NS_PER_MS, 1);
    }
}

static void test_the_first_sample_is_believed(void) {
    struct service_time time = {0};
    note(&time, 1, 800);
    CU_ASSERT_EQUAL(time.mean_ns, 800 * NS_PER_MS);
    CU_ASSERT_EQUAL(service_time_most_ns(&time), 2400 * NS_PER_MS);
}

static void test_it_comes_to_what_is_always_so(void) {
    struct service_time time = {0};
    note(&time, 100, 10);
    CU_ASSERT_EQUAL(time.mean_ns, 10 * NS_PER_MS);
    CU_ASSERT_TRUE(service_time_most_ns(&time) < 10 * NS_PER_MS + 100);
}

static void test_it_follows_a_change_within_some_samples(void) {
    struct service_time time = {0};
    note(&time, 100, 10);
    note(&time, 20, 400);
    CU_ASSERT_TRUE(time.mean_ns > 360 * NS_PER_MS);
    note(&time, 40, 10);
    CU_ASSERT_TRUE(time.mean_ns < 13 * NS_PER_MS);
}

static void test_what_varies_may_take_longer(void) {
    struct service_time time = {0};
    for (int i = 0; i < 100; i++) {
        note(&time, 1, 100);
        note(&time, 1, 300);
    }
    CU_ASSERT_TRUE(time.mean_ns > 180 * NS_PER_MS && time.mean_ns < 220 * NS_PER_MS);
    CU_ASSERT_TRUE(service_time_most_ns(&time) > 500 * NS_PER_MS && service_time_most_ns(&time) < 700 * NS_PER_MS);
}

static void test_those_in_flight_together_count_as_one(void) {
    struct service_time one = {0};
    struct service_time many = {0};
    note(&one, 10, 10);
    note(&many, 10, 10);
    note(&one, 1, 410);
    for (int i = 0; i < 16; i++) {
        service_time_note(&many, 410 * NS_PER_MS, 16);
    }
    CU_ASSERT_TRUE(one.mean_ns >= many.mean_ns && one.mean_ns - many.mean_ns < 5 * NS_PER_MS);
    CU_ASSERT_TRUE(one.deviation_ns >= many.deviation_ns && one.deviation_ns - many.deviation_ns < 20 * NS_PER_MS);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"the first sample is believed", test_the_first_sample_is_believed},
        {"it comes to what is always so", test_it_comes_to_what_is_always_so},
        {"it follows a change within some samples", test_it_follows_a_change_within_some_samples},
        {"what varies may take longer", test_what_varies_may_take_longer},
        {"those in flight together count as one", test_those_in_flight_together_count_as_one},
        CU_TEST_INFO_NULL,
    };
    return unit_run("service_time", tests);
}
