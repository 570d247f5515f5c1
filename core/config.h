// The configuration: plain values, made once at start from defaults, a file and the environment, constant afterwards.
//
// Each option of core/config.def is a member named section_key, for example config->server_port.
#ifndef REVIEWD_CORE_CONFIG_H
#define REVIEWD_CORE_CONFIG_H

#include "core/base.h"

#include <stdio.h>

// What actors.placement holds, in the order of its list.
enum placement {
    PLACEMENT_AUTO,
    PLACEMENT_OWN,
    PLACEMENT_SHARED
};

// What actors.scheduling holds, in the order of its list.
enum scheduling {
    SCHEDULING_NORMAL,
    SCHEDULING_BATCH
};

// What db.pages holds, in the order of its list.
enum pages {
    PAGES_STORED,
    PAGES_OFF
};

// Numbers and choices (the index in the option's list; log.level holds an enum log_level) are unsigned; text is owned by
// the struct and never null.
struct config {
#define INT(section, key, initial, least, most, doc) uint32_t section##_##key;
#define TEXT(section, key, initial, format, doc) char *section##_##key;
#define CHOICE(section, key, initial, choices, doc) uint32_t section##_##key;
#include "core/config.def"
};

// Sets every option to its default. Release with config_free.
void config_init(struct config *config);
void config_free(struct config *config);

// Reads the file (null: none) and then the variables REVIEWD_SECTION_KEY of the environment (null: none) into a config that
// config_init prepared, and checks that the options fit together. Returns whether all is well. Every error goes to `errors`
// as a line of its own:
//
//   reviewd.ini:7: server.port: "http" is not a whole number; allowed: 0 to 65535
//   environment REVIEWD_LOG_LEVEL: log.level: "loud" is not one of the words; allowed: debug, info, warning, error
//
// A value of db.dsn is never printed. One thread at a time.
MUST_CHECK bool config_load(struct config *config, const char *path, char *const *environment, FILE *errors);

// Replaces every number of actors that is 0 by a quarter of the CPUs, at least 1, and at most what a config that
// config_load accepted has connections and clients for; and the placement "auto" by the one that is better on so many CPUs.
void config_derive(struct config *config, unsigned cpus);

// Writes a complete, commented ini file that config_load reads back as the same config, except for a password in db.dsn,
// which is written as *** with a comment that says so.
void config_dump(const struct config *config, FILE *out);

#endif
