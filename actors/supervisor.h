// The supervisor: builds the actors from the configuration, starts and drains them, and ends with an exit code.
#ifndef REVIEWD_ACTORS_SUPERVISOR_H
#define REVIEWD_ACTORS_SUPERVISOR_H

#include "core/config.h"
#include "core/log.h"

// Exit codes of the program.
enum exit_code {
    EXIT_CODE_OK = 0,      // drained: every request that was accepted was answered
    EXIT_CODE_FAILURE = 1, // could not start, or the drain was cut short
    EXIT_CODE_USAGE = 2    // bad arguments or configuration
};

// Serves until SIGTERM or SIGINT, which must be blocked in every thread. The calling thread becomes a loop's thread.
enum exit_code supervisor_run(const struct config *config, struct log *log);

#endif
