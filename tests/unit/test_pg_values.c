// The parts of pg/ that need no server: statements, parameters, segments, error codes.

#include "pg/binary.h"
#include "pg/parameters.h"
#include "pg/segment_map.h"
#include "pg/sqlstate.h"
#include "pg/statement.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static void test_statements_name_their_leaf(void) {
    for (enum statement statement = 0; statement < STATEMENT_COUNT; statement++) {
        struct buffer text = {0};
        statement_text(statement, "odd\"leaf", &text);
        CU_ASSERT_EQUAL(text.data[text.length - 1], '\0');
        CU_ASSERT_PTR_NULL(strstr(text.data, "{leaf}"));
        CU_ASSERT_EQUAL(strstr(text.data, "\"odd\"\"leaf\"") != NULL, statement_has_leaf(statement));
        CU_ASSERT_TRUE(statement_parameter_count(statement) <= PARAMETERS_MAX);
        buffer_free(&text);
    }
    CU_ASSERT_EQUAL(statement_lane(STATEMENT_ADD), LANE_WRITE);
    CU_ASSERT_EQUAL(statement_lane(STATEMENT_META), LANE_READ);
    CU_ASSERT_STRING_EQUAL(statement_name(STATEMENT_LIST_NEWEST), "LIST_NEWEST");
}

static void test_parameters_are_binary(void) {
    struct parameters parameters = {0};
    for (int round = 0; round < 2; round++) { // the block is used again
        parameters_reset(&parameters);
        parameters_add_int16(&parameters, -2);
        parameters_add_int32(&parameters, 0x01020304);
        parameters_add_int64(&parameters, INT64_C(-1));
        parameters_add_bool(&parameters, true);
        parameters_add_text(&parameters, VIEW("text"));
        parameters_add_text(&parameters, (struct view){NULL, 0});
        parameters_add_text(&parameters, VIEW(""));
        parameters_add_timestamp(&parameters, BINARY_EPOCH_MS + 1);
        parameters_finish(&parameters);
        CU_ASSERT_EQUAL_FATAL(parameters.count, 8);
        static const int lengths[] = {2, 4, 8, 1, 4, -1, 0, 8};
        for (int i = 0; i < parameters.count; i++) {
            CU_ASSERT_EQUAL(parameters.lengths[i], lengths[i]);
            CU_ASSERT_EQUAL(parameters.formats[i], 1);
            CU_ASSERT_EQUAL(parameters.values[i] == NULL, i == 5);
        }
        CU_ASSERT_EQUAL(binary_read_int16(parameters.values[0]), -2);
        CU_ASSERT_EQUAL(memcmp(parameters.values[1], "\1\2\3\4", 4), 0);
        CU_ASSERT_EQUAL(binary_read_int64(parameters.values[2]), -1);
        CU_ASSERT_EQUAL(parameters.values[3][0], 1);
        CU_ASSERT_EQUAL(memcmp(parameters.values[4], "text", 4), 0);
        CU_ASSERT_EQUAL(binary_read_int64(parameters.values[7]), 1000);
    }
    parameters_free(&parameters);
}

static void test_arrays_are_binary(void) {
    struct parameters parameters = {0};
    parameters_begin_int32_array(&parameters, 2);
    parameters_add_int32_element(&parameters, 7);
    parameters_add_int32_element(&parameters, 8);
    parameters_begin_int64_array(&parameters, 1);
    parameters_add_int64_element(&parameters, 9);
    parameters_finish(&parameters);
    static const int32_t first[] = {1, 0, BINARY_TYPE_INT32, 2, 1, 4, 7, 4, 8};
    CU_ASSERT_EQUAL_FATAL(parameters.lengths[0], (int)sizeof first);
    for (size_t i = 0; i < COUNT_OF(first); i++) {
        CU_ASSERT_EQUAL(binary_read_int32(parameters.values[0] + 4 * i), first[i]);
    }
    CU_ASSERT_EQUAL(parameters.lengths[1], 20 + 4 + 8);
    CU_ASSERT_EQUAL(binary_read_int64(parameters.values[1] + 24), 9);
    parameters_free(&parameters);
}

static void test_times_are_cut_to_milliseconds(void) {
    static const int64_t ms[] = {0, 1, 946684800000, 946684799999, 1735207925740, 253402300799999};
    for (size_t i = 0; i < COUNT_OF(ms); i++) {
        CU_ASSERT_EQUAL(binary_timestamp_to_ms(binary_timestamp_from_ms(ms[i])), ms[i]);
        CU_ASSERT_EQUAL(binary_timestamp_to_ms(binary_timestamp_from_ms(ms[i]) + 999), ms[i]);
    }
}

struct row {
    const char *leaf;
    const char *first;
    const char *end;
};

// A result as SEGMENT_MAP_QUERY gives it.
static PGresult *segments(const struct row *rows, int count) {
    static char leaf[] = "leaf";
    static char first[] = "first_product";
    static char end[] = "end_product";
    static char reviews[] = "reviews";
    PGresAttDesc columns[] = {{leaf, 0, 0, 0, 25, -1, -1}, {first, 0, 0, 0, 20, 8, -1}, {end, 0, 0, 0, 20, 8, -1},
        {reviews, 0, 0, 0, 20, 8, -1}};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PQsetResultAttrs(result, 4, columns);
    for (int i = 0; i < count; i++) {
        const char *values[] = {rows[i].leaf, rows[i].first, rows[i].end, "1200001"};
        for (int column = 0; column < 4; column++) {
            PQsetvalue(result, i, column, (char *)(uintptr_t)values[column], (int)strlen(values[column]));
        }
    }
    return result;
}

static bool load(struct segment_map *map, const struct row *rows, int count) {
    PGresult *result = segments(rows, count);
    bool usable = segment_map_load(map, result);
    PQclear(result);
    return usable;
}

static void test_a_product_has_one_leaf(void) {
    static const struct row rows[] = {{"a", "1", "100"}, {"b", "100", "200"}, {"c", "300", "2147483648"}};
    struct segment_map map = {0};
    CU_ASSERT_EQUAL(segment_map_find(&map, 1), NO_LEAF);
    CU_ASSERT_TRUE_FATAL(load(&map, rows, 3));
    static const struct {
        int32_t product;
        const char *leaf;
    } cases[] = {{1, "a"}, {99, "a"}, {100, "b"}, {199, "b"}, {200, NULL}, {299, NULL}, {300, "c"}, {2147483647, "c"},
        {0, NULL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int leaf = segment_map_find(&map, cases[i].product);
        CU_ASSERT_EQUAL_FATAL(leaf == NO_LEAF, cases[i].leaf == NULL);
        if (leaf != NO_LEAF) {
            CU_ASSERT_STRING_EQUAL(map.leaf_names[leaf], cases[i].leaf);
        }
    }
    segment_map_free(&map);
}

static void test_leaves_keep_their_numbers(void) {
    static const struct row before[] = {{"a", "1", "100"}, {"b", "100", "2147483648"}};
    static const struct row after[] = {{"a", "1", "50"}, {"new", "50", "100"}, {"b", "100", "2147483648"}};
    struct segment_map map = {0};
    CU_ASSERT_TRUE_FATAL(load(&map, before, 2));
    unsigned version = map.version;
    int b = segment_map_find(&map, 100);
    CU_ASSERT_TRUE_FATAL(load(&map, before, 2));
    CU_ASSERT_EQUAL(map.version, version); // nothing has changed
    CU_ASSERT_TRUE_FATAL(load(&map, after, 3));
    CU_ASSERT_EQUAL(map.version, version + 1);
    CU_ASSERT_EQUAL(segment_map_find(&map, 100), b);
    CU_ASSERT_STRING_EQUAL(map.leaf_names[segment_map_find(&map, 70)], "new");
    segment_map_free(&map);
}

static void test_bad_segments_are_refused(void) {
    static const struct row good[] = {{"a", "1", "2147483648"}};
    static const struct row overlapping[] = {{"a", "1", "100"}, {"b", "99", "200"}};
    static const struct row empty[] = {{"a", "5", "5"}};
    struct segment_map map = {0};
    CU_ASSERT_TRUE_FATAL(load(&map, good, 1));
    CU_ASSERT_FALSE(load(&map, overlapping, 2));
    CU_ASSERT_FALSE(load(&map, empty, 1));
    CU_ASSERT_FALSE(load(&map, good, 0));
    CU_ASSERT_NOT_EQUAL(segment_map_find(&map, 7), NO_LEAF); // what was known before is kept
    segment_map_free(&map);
}

static void test_error_codes_have_actions(void) {
    static const struct {
        const char *code;
        enum sqlstate_action action;
    } cases[] = {
        {"08006", SQLSTATE_RECONNECT},
        {"57P01", SQLSTATE_RECONNECT},
        {"57P03", SQLSTATE_RECONNECT},
        {"25006", SQLSTATE_RECONNECT},
        {"57014", SQLSTATE_TIMED_OUT},
        {"40001", SQLSTATE_RETRY},
        {"40P01", SQLSTATE_RETRY},
        {"42P01", SQLSTATE_REMAP},
        {"53300", SQLSTATE_OVERLOADED},
        {"22P02", SQLSTATE_REFUSE},
        {"23514", SQLSTATE_REMAP_OR_REFUSE},
        {"42601", SQLSTATE_FAIL},
        {"XX000", SQLSTATE_FAIL},
        {"", SQLSTATE_FAIL},
        {"08", SQLSTATE_FAIL},
        {NULL, SQLSTATE_FAIL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT_EQUAL(sqlstate_action(cases[i].code), cases[i].action);
    }
}

int main(void) {
    CU_TestInfo tests[] = {
        {"statements name their leaf", test_statements_name_their_leaf},
        {"parameters are in binary format", test_parameters_are_binary},
        {"arrays are in binary format", test_arrays_are_binary},
        {"times are cut to milliseconds", test_times_are_cut_to_milliseconds},
        {"a product has one leaf", test_a_product_has_one_leaf},
        {"leaves keep their numbers", test_leaves_keep_their_numbers},
        {"bad segments are refused", test_bad_segments_are_refused},
        {"error codes have actions", test_error_codes_have_actions},
        CU_TEST_INFO_NULL,
    };
    return unit_run("pg_values", tests);
}
