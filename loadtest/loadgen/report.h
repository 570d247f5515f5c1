// What was measured, as JSON.
#ifndef REVIEWD_LOADTEST_LOADGEN_REPORT_H
#define REVIEWD_LOADTEST_LOADGEN_REPORT_H

#include "loadtest/loadgen/run.h"

// Prints one line to standard output.
void report_print(const struct options *options, const struct results *results);

#endif
