// What a run was asked to do.
#ifndef REVIEWD_SEED_SETTINGS_H
#define REVIEWD_SEED_SETTINGS_H

#include "core/base.h"

enum seed_command {
    COMMAND_LOAD,
    COMMAND_GENERATE,
    COMMAND_SEGMENTS,
    COMMAND_AUDIT,
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
    bool replace;
    bool repair;
    // Terminated strings owned by the command line; null when not given.
    const char *out;
    // "" for what libpq's environment says.
    const char *dsn;
    const char *rejects;
    // What follows the command: files and folders to load, or what to do with segments.
    char *const *words;
    uint32_t word_count;
    uint64_t seed;
    uint64_t records;
    uint64_t segment_records;
    uint32_t products;
    uint32_t threads;
    // Where a segment is to be split; 0 when not given.
    uint32_t at_product;
    // No review is as young as this: milliseconds since 1970.
    int64_t until_ms;
    // Otherwise it is today, and a load that goes on from an earlier run goes on with that day.
    bool until_given;
};

#endif
