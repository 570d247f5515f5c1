// What reviewd-loadgen is asked to do.
#ifndef REVIEWD_LOADTEST_LOADGEN_OPTIONS_H
#define REVIEWD_LOADTEST_LOADGEN_OPTIONS_H

#include "core/base.h"

#include <netinet/in.h>

enum kind {
#define KIND(identifier, name, method, before, after) KIND_##identifier,
#include "loadtest/loadgen/kind.def"
#undef KIND
    KIND_COUNT
};

struct options {
    struct sockaddr_in server;
    unsigned clients;             // connections
    double rate;                  // requests a second of an open loop; 0 for a closed one
    bool drop;                    // open loop: what finds no idle client is not asked, instead of waiting
    double warm_s;                // before anything is counted
    double seconds;               // that are counted
    double wait_s;                // for answers that are still missing then
    unsigned products;            // 1 to this are asked for
    bool zipf;                    // by Zipf's law instead of evenly
    bool in_turn;                 // 1, 2, 3 and so on, instead of at random
    unsigned weights[KIND_COUNT]; // how often each kind of request is made
    uint64_t seed;                // of the random numbers
};

extern const char *const kind_names[KIND_COUNT];

// Reads the command line. Returns whether to go on; if not, *code is the exit code.
MUST_CHECK bool options_read(int count, char **arguments, struct options *options, int *code);

#endif
