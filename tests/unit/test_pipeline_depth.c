// The depth of a pipeline follows how long its batches take.
#include "actors/pipeline_depth.h"

#include "core/clock.h"
#include "tests/unit/unit.h"

static const uint64_t LIMIT_NS = 800 * NS_PER_MS;

static struct pipeline_depth noted(unsigned most, unsigned now, unsigned count, uint64_t took_ms) {
    struct pipeline_depth depth = {most, now};
    for (unsigned i = 0; i < count; i++) {
        pipeline_depth_note(&depth, took_ms * NS_PER_MS, true, LIMIT_NS);
    }
    return depth;
}

static void test_what_takes_long_halves_it(void) {
    CU_ASSERT_EQUAL(noted(8, 8, 1, 401).now, 4);
    CU_ASSERT_EQUAL(noted(8, 5, 1, 401).now, 3);
    CU_ASSERT_EQUAL(noted(8, 8, 3, 401).now, 1);
}

static void test_one_is_always_left(void) {
    CU_ASSERT_EQUAL(noted(8, 8, 100, 5000).now, 1);
    CU_ASSERT_EQUAL(noted(1, 1, 100, 5000).now, 1);
}

static void test_what_is_quick_deepens_it(void) {
    CU_ASSERT_EQUAL(noted(8, 1, 1, 99).now, 2);
    CU_ASSERT_EQUAL(noted(8, 1, 100, 99).now, 8);
    CU_ASSERT_EQUAL(noted(1, 1, 100, 0).now, 1);
}

static void test_failures_deepen_nothing(void) {
    struct pipeline_depth depth = {8, 2};
    pipeline_depth_note(&depth, 0, false, LIMIT_NS);
    CU_ASSERT_EQUAL(depth.now, 2);
    pipeline_depth_note(&depth, LIMIT_NS, false, LIMIT_NS);
    CU_ASSERT_EQUAL(depth.now, 1);
}

static void test_between_the_two_it_stays(void) {
    CU_ASSERT_EQUAL(noted(8, 3, 100, 100).now, 3);
    CU_ASSERT_EQUAL(noted(8, 3, 100, 400).now, 3);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"what takes long halves it", test_what_takes_long_halves_it},
        {"one is always left", test_one_is_always_left},
        {"what is quick deepens it", test_what_is_quick_deepens_it},
        {"failures deepen nothing", test_failures_deepen_nothing},
        {"between the two it stays", test_between_the_two_it_stays},
        CU_TEST_INFO_NULL,
    };
    return unit_run("pipeline_depth", tests);
}
