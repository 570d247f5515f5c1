# The subjects of the configuration and of what is measured.
reviewd_unit_test(config reviewd_core)
reviewd_unit_test(histogram reviewd_core)
reviewd_unit_test(metrics reviewd_core)
