// The latencies that the host of the machine did not disturb: which slices are left out, and that none is lost.
#include "core/clock.h"
#include "loadtest/loadgen/undisturbed.h"
#include "tests/unit/unit.h"

enum {
    BEGIN_NS = 12345
};

static struct undisturbed undisturbed;

static uint64_t at_ms(uint64_t ms) {
    return BEGIN_NS + ms * NS_PER_MS;
}

// Ten requests in each slice, one of which takes `longest_ms` in the slice with this number; the host takes time away in it.
static void run(uint64_t slices, uint64_t disturbed, uint64_t longest_ms) {
    undisturbed = (struct undisturbed){0};
    undisturbed_begin(&undisturbed, BEGIN_NS, 7);
    for (uint64_t slice = 0; slice < slices; slice++) {
        CU_ASSERT_FALSE(undisturbed_is_due(&undisturbed, at_ms(slice * SLICE_MS + SLICE_MS - 1)));
        for (uint64_t i = 0; i < 10; i++) {
            bool is_long = slice == disturbed && i == 5;
            undisturbed_record(
                &undisturbed, at_ms(slice * SLICE_MS + i * 10), is_long ? longest_ms * NS_PER_MS : NS_PER_MS);
        }
        CU_ASSERT_TRUE(undisturbed_is_due(&undisturbed, at_ms((slice + 1) * SLICE_MS)));
        undisturbed_look(&undisturbed, at_ms((slice + 1) * SLICE_MS), slice >= disturbed ? 8 : 7);
    }
    undisturbed_end(&undisturbed);
}

static void test_slices_near_to_what_was_stolen_are_left_out(void) {
    run(10, 4, 90);
    CU_ASSERT_EQUAL(undisturbed.latency.count, 70); // without the slices 3, 4 and 5
    CU_ASSERT_EQUAL(undisturbed.disturbed.count, 30);
    CU_ASSERT_TRUE(histogram_percentile(&undisturbed.latency, 100) < 2 * NS_PER_MS);
    CU_ASSERT_TRUE(histogram_percentile(&undisturbed.disturbed, 100) >= 90 * NS_PER_MS);
}

static void test_what_the_server_delays_counts(void) {
    run(10, UINT64_MAX, 90);
    CU_ASSERT_EQUAL(undisturbed.latency.count, 100);
    undisturbed = (struct undisturbed){0};
    undisturbed_begin(&undisturbed, BEGIN_NS, 7);
    undisturbed_record(&undisturbed, at_ms(50), 900 * NS_PER_MS);
    undisturbed_end(&undisturbed);
    CU_ASSERT_TRUE(histogram_percentile(&undisturbed.latency, 100) >= 900 * NS_PER_MS);
}

static void test_no_request_is_lost(void) {
    run(1000, 500, 90); // the places of slices are used many times
    CU_ASSERT_EQUAL(undisturbed.latency.count, 9970);
    CU_ASSERT_EQUAL(undisturbed.disturbed.count, 30);
}

// The program itself stood still for many slices, whose requests it could not send.
static void test_a_long_stall_disturbs_all_that_it_covers(void) {
    undisturbed = (struct undisturbed){0};
    undisturbed_begin(&undisturbed, BEGIN_NS, 0);
    undisturbed_look(&undisturbed, at_ms(1000), 0);
    undisturbed_look(&undisturbed, at_ms(2000), 100);
    for (uint64_t ms = 850; ms < 2200; ms += SLICE_MS) { // slices 8 to 21
        undisturbed_record(&undisturbed, at_ms(ms), NS_PER_MS);
    }
    undisturbed_end(&undisturbed);
    CU_ASSERT_EQUAL(undisturbed.latency.count, 2); // of 8 and 21
    CU_ASSERT_EQUAL(undisturbed.disturbed.count, 12);
}

static void test_what_is_late_counts_as_undisturbed(void) {
    undisturbed = (struct undisturbed){0};
    undisturbed_begin(&undisturbed, BEGIN_NS, 0);
    undisturbed_look(&undisturbed, at_ms(SLICE_MS), 1);
    undisturbed_look(&undisturbed, at_ms((uint64_t)SLICE_MS * (SLICES_KEPT + 1)), 1);
    undisturbed_record(&undisturbed, at_ms(50), 5 * NS_PER_S);
    undisturbed_end(&undisturbed);
    CU_ASSERT_EQUAL(undisturbed.latency.count, 1);
}

// Answers that come in one batch with the end of their slice are recorded before anybody has looked at the clock again.
static void test_a_slice_that_nobody_has_looked_at_takes_requests(void) {
    undisturbed = (struct undisturbed){0};
    undisturbed_begin(&undisturbed, BEGIN_NS, 0);
    undisturbed_record(&undisturbed, at_ms(SLICE_MS + 50), NS_PER_MS);
    undisturbed_record(&undisturbed, at_ms(4 * SLICE_MS + 50), NS_PER_MS);
    undisturbed_look(&undisturbed, at_ms(2 * SLICE_MS), 1); // disturbs slices 0 to 2
    undisturbed_end(&undisturbed);
    CU_ASSERT_EQUAL(undisturbed.latency.count, 1);
    CU_ASSERT_EQUAL(undisturbed.disturbed.count, 1);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"slices near to what was stolen are left out", test_slices_near_to_what_was_stolen_are_left_out},
        {"what the server delays counts", test_what_the_server_delays_counts},
        {"no request is lost", test_no_request_is_lost},
        {"a long stall disturbs all that it covers", test_a_long_stall_disturbs_all_that_it_covers},
        {"what is late counts as undisturbed", test_what_is_late_counts_as_undisturbed},
        {"a slice that nobody has looked at takes requests", test_a_slice_that_nobody_has_looked_at_takes_requests},
        CU_TEST_INFO_NULL,
    };
    return unit_run("undisturbed", tests);
}
