// The assembly: all loops and actors of a node, built from the configuration and wired together, not yet running.
//
// Ids go by role: supervisor, admin, acceptors, DB actors, writers. Loop 0 is the calling thread's and holds the supervisor
// and the admin actor; with actors.placement = shared it holds everybody.
#ifndef REVIEWD_ACTORS_ASSEMBLY_H
#define REVIEWD_ACTORS_ASSEMBLY_H

#include "actors/directory.h"
#include "core/config.h"
#include "core/loop.h"
#include "core/metrics.h"
#include "proto/static_files.h"

struct assembly {
    const struct config *config;
    struct log *log;
    struct directory directory;
    struct static_files *files; // null: none are served
    struct metrics **metrics;   // by actor id
    struct loop **loops;
    size_t loop_count;
    uint16_t supervisor;
    uint16_t admin;
    uint16_t first_acceptor;
    uint16_t first_db;
    uint16_t first_writer;
    uint16_t acceptor_count;
    uint16_t db_count;
    uint16_t writer_count;
    size_t started; // loops that have a thread
};

// Builds all but the supervisor. Null, with the reason in the log, if a port or a descriptor cannot be had.
MUST_CHECK struct assembly *assembly_new(const struct config *config, struct log *log);

// Places the supervisor, which stays the caller's, first on loop 0.
void assembly_set_supervisor(struct assembly *assembly, struct actor *supervisor);

// Starts all loops but loop 0. False, with the reason in the log and all of them stopped again, if one cannot start.
MUST_CHECK bool assembly_start_others(struct assembly *assembly);

// Ends all loops but loop 0 and waits for them.
void assembly_stop_others(struct assembly *assembly);

// Frees everything; no loop may run.
void assembly_free(struct assembly *assembly);

#endif
