// The threads of a run: each takes one task after the other until all are done, one fails, or somebody interrupts.
#ifndef REVIEWD_SEED_CREW_H
#define REVIEWD_SEED_CREW_H

#include "seed/failure.h"
#include "seed/progress.h"

struct crew {
    struct failure *failure;
    struct progress *progress;
    void *owner;
    // Does task `task` on thread `thread`. A failure is told through `failure`.
    void (*work)(void *owner, uint32_t thread, uint32_t task);
    // Called in the calling thread on an interruption or a failure, so that threads that wait come to an end; repeated until they
    // do. May be null.
    void (*interrupt)(void *owner);
    uint32_t thread_count;
    uint32_t task_count;
};

// Blocks the signals that end a run (SIGINT, SIGTERM, SIGHUP) in this thread and all that it starts: crew_run() takes them.
// Lets a write to a full disk or a closed connection fail instead of killing.
void crew_block_signals(void);

// Runs all tasks and shows the progress; returns when every thread has ended. Look at crew->failure then.
void crew_run(struct crew *crew);

#endif
