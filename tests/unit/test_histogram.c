// The histogram: borders, the error bound against exact percentiles, merging, and a reader beside the writer.
#include "core/histogram.h"
#include "core/memory.h"
#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <pthread.h>

enum {
    VALUES = 20000,
    CONCURRENT_EVENTS = 300000
};

static int compare_values(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Every cell ends where the next begins, and is at most 1/16 as wide as its least value.
static void test_cells_tile(void) {
    uint64_t border_below = 0;
    for (size_t cell = 0; cell < HISTOGRAM_CELLS; cell++) {
        uint64_t border = histogram_border_ns(cell);
        CU_ASSERT_EQUAL_FATAL(histogram_cell(border), cell);
        CU_ASSERT_EQUAL_FATAL(histogram_cell(border_below + 1), cell);
        CU_ASSERT_TRUE_FATAL((border - (border_below + 1)) * 16 <= border_below + 1);
        border_below = border;
    }
    CU_ASSERT_EQUAL(border_below, UINT64_C(1) << HISTOGRAM_TOP_BITS);
    CU_ASSERT_EQUAL(histogram_cell(0), 0);
    CU_ASSERT_EQUAL(histogram_cell(border_below + 1), HISTOGRAM_CELLS - 1);
    CU_ASSERT_EQUAL(histogram_cell(UINT64_MAX), HISTOGRAM_CELLS - 1);
}

static void test_powers_of_two_are_borders(void) {
    for (unsigned bits = 0; bits <= HISTOGRAM_TOP_BITS; bits++) {
        uint64_t power = UINT64_C(1) << bits;
        CU_ASSERT_EQUAL(histogram_border_ns(histogram_cell(power)), power);
    }
}

static void test_percentiles_of_random_data(void) {
    static const double percents[] = {0, 0.1, 10, 50, 90, 99, 99.9, 100};
    uint64_t *values = memory_allocate(VALUES, sizeof(uint64_t));
    uint64_t random = 7;
    for (unsigned bits = 1; bits <= HISTOGRAM_TOP_BITS; bits += 3) {
        struct histogram *histogram = memory_allocate(1, sizeof(struct histogram));
        struct histogram_snapshot snapshot = {.count = 0};
        uint64_t sum = 0;
        for (size_t i = 0; i < VALUES; i++) {
            // Of all magnitudes up to `bits`, as durations are.
            values[i] = random_next(&random) >> (64 - 1 - random_below(&random, bits));
            sum += values[i];
            histogram_record(histogram, values[i]);
        }
        histogram_merge(&snapshot, histogram);
        CU_ASSERT_EQUAL(snapshot.count, VALUES);
        CU_ASSERT_EQUAL(snapshot.sum_ns, sum);
        qsort(values, VALUES, sizeof(uint64_t), compare_values);
        for (size_t p = 0; p < COUNT_OF(percents); p++) {
            size_t rank = (size_t)ceil(VALUES * percents[p] / 100);
            uint64_t exact = values[rank == 0 ? 0 : rank - 1];
            uint64_t told = histogram_percentile(&snapshot, percents[p]);
            CU_ASSERT_TRUE(told >= exact);
            CU_ASSERT_TRUE(exact == 0 ? told == 1 : (told - exact) * 16 <= exact);
        }
        free(histogram);
    }
    free(values);
}

static void test_empty(void) {
    struct histogram_snapshot snapshot = {.count = 0};
    CU_ASSERT_EQUAL(histogram_percentile(&snapshot, 99), 0);
}

static void test_merge_is_addition(void) {
    struct histogram parts[3] = {0};
    struct histogram whole = {0};
    uint64_t random = 11;
    for (size_t i = 0; i < VALUES; i++) {
        uint64_t value = random_next(&random) >> 30;
        histogram_record(&parts[i % 3], value);
        histogram_record(&whole, value);
    }
    struct histogram_snapshot merged = {.count = 0};
    struct histogram_snapshot expected = {.count = 0};
    for (size_t i = 0; i < 3; i++) {
        histogram_merge(&merged, &parts[i]);
    }
    histogram_merge(&expected, &whole);
    CU_ASSERT_EQUAL(memcmp(&merged, &expected, sizeof(merged)), 0);
    CU_ASSERT_EQUAL(merged.count, VALUES);
}

static void *write_events(void *argument) {
    struct histogram *histogram = argument;
    for (uint64_t i = 0; i < CONCURRENT_EVENTS; i++) {
        histogram_record(histogram, i % 1000);
    }
    return NULL;
}

// A reader beside the writer sees counts that never fall and never exceed what was written.
static void test_reader_beside_writer(void) {
    struct histogram *histogram = memory_allocate(1, sizeof(struct histogram));
    pthread_t writer;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, write_events, histogram), 0);
    uint64_t seen = 0;
    while (seen < CONCURRENT_EVENTS) {
        struct histogram_snapshot snapshot = {.count = 0};
        histogram_merge(&snapshot, histogram);
        CU_ASSERT_TRUE_FATAL(snapshot.count >= seen && snapshot.count <= CONCURRENT_EVENTS);
        seen = snapshot.count;
    }
    CU_ASSERT_EQUAL(pthread_join(writer, NULL), 0);
    struct histogram_snapshot last = {.count = 0};
    histogram_merge(&last, histogram);
    CU_ASSERT_EQUAL(last.sum_ns, UINT64_C(999) * 500 * (CONCURRENT_EVENTS / 1000));
    free(histogram);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"cells tile the durations", test_cells_tile},
        {"powers of two are borders", test_powers_of_two_are_borders},
        {"percentiles of random data are within 1/16", test_percentiles_of_random_data},
        {"an empty histogram", test_empty},
        {"merging adds", test_merge_is_addition},
        {"a reader beside the writer", test_reader_beside_writer},
        CU_TEST_INFO_NULL,
    };
    return unit_run("histogram", tests);
}
