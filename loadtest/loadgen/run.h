// A measurement: the clients, their requests, and what is counted of them. One thread.
#ifndef REVIEWD_LOADTEST_LOADGEN_RUN_H
#define REVIEWD_LOADTEST_LOADGEN_RUN_H

#include "core/histogram.h"
#include "loadtest/loadgen/options.h"
#include "loadtest/loadgen/undisturbed.h"

enum class_of_answer {
    ANSWERED, // 2xx
    REFUSED,  // 503
    CLASS_COUNT
};

struct results {
    uint64_t answers;                        // all of them, whenever they came
    uint64_t due;                            // requests of the counted time
    uint64_t statuses[600];                  // answers to them
    uint64_t broken;                         // connections that ended with a request in work
    uint64_t dropped;                        // requests that found no idle client and were not sent
    uint64_t unanswered;                     // requests without an answer at the end
    uint64_t within[CLASS_COUNT];            // answers that came within the counted time, for rates
    struct histogram latency[CLASS_COUNT];   // from when a request was due
    struct histogram answering[CLASS_COUNT]; // from when it was sent
    struct undisturbed undisturbed;          // of `latency[ANSWERED]`, what the machine's host did not disturb
    double seconds;                          // the counted time
    double cpu_s;                            // this program's own, in that time
};

// Runs to the end. False when the server cannot be reached (said on standard error).
MUST_CHECK bool run(const struct options *options, struct results *results);

#endif
