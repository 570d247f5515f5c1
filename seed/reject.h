// The file of rejects: the lines that were not loaded, with reasons, as CSV.
#ifndef REVIEWD_SEED_REJECT_H
#define REVIEWD_SEED_REJECT_H

#include "seed/failure.h"

struct rejects {
    const char *path;
    // path and ".partial".
    char *partial;
    struct failure *failure;
    pthread_mutex_t mutex;
    // -1 until there is something to reject.
    int fd;
    char *bytes;
    size_t length;
};

// Makes no file yet. The path must outlive it. False with the failure told, as all below.
MUST_CHECK bool rejects_open(struct rejects *rejects, const char *path, struct failure *failure);

// Adds a line; `text` is kept byte for byte. Any thread.
MUST_CHECK bool rejects_add(
    struct rejects *rejects, const char *file, uint64_t line, const char *reason, struct view text);

// Gives the file, if there is one, its name.
MUST_CHECK bool rejects_finish(struct rejects *rejects);

// Releases all, and removes a file that was not finished.
void rejects_close(struct rejects *rejects);

#endif
