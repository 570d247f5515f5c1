# What the load generator counts.
reviewd_unit_test(undisturbed reviewd_core)
target_sources(test_undisturbed PRIVATE ${PROJECT_SOURCE_DIR}/loadtest/loadgen/undisturbed.c)
