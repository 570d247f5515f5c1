// What a run was asked to do.
#ifndef REVIEWD_SEED_SETTINGS_H
#define REVIEWD_SEED_SETTINGS_H

#include "core/base.h"

enum seed_command {
    COMMAND_LOAD,
    COMMAND_GENERATE,
    COMMAND_HELP,
    COMMAND_VERSION
};

enum seed_format {
    FORMAT_CSV,
    FORMAT_BINARY
};

struct settings {
    enum seed_command command;
    enum seed_format format;
    bool if_empty;
    // Terminated strings owned by the command line; null when not given.
    const char *dsn;
    const char *out;
    uint64_t seed;
    uint64_t records;
    uint64_t segment_records;
    uint32_t products;
    uint32_t threads;
    // No review is as young as this: milliseconds since 1970.
    int64_t until_ms;
};

#endif
