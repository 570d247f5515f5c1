// The frame of a unit test program: a list of CUnit tests becomes main().
#ifndef REVIEWD_TESTS_UNIT_UNIT_H
#define REVIEWD_TESTS_UNIT_UNIT_H

#include <CUnit/Basic.h>
#include <stdlib.h>

// Runs the tests (an array closed by CU_TEST_INFO_NULL) and returns the exit code of main: 0 when all hold.
static inline int unit_run(const char *subject, CU_TestInfo *tests) {
    CU_SuiteInfo suites[] = {{subject, NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
        fprintf(stderr, "%s: CUnit did not start: %s\n", subject, CU_get_error_msg());
        return EXIT_FAILURE;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures() + CU_get_number_of_tests_failed();
    unsigned run = CU_get_number_of_tests_run();
    CU_cleanup_registry();
    return failures == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
