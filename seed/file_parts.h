// The parts of which files are made: any thread makes any part, and they get into the files in order.
#ifndef REVIEWD_SEED_FILE_PARTS_H
#define REVIEWD_SEED_FILE_PARTS_H

#include "seed/file_stream.h"
#include "seed/segment.h"

struct file_parts;

// What parts are made from and where they go; all must outlive them.
struct file_parts_settings {
    const struct plan *plan;
    const struct maker_tables *tables;
    struct failure *failure;
    struct progress *progress;
    struct file_stream *stream;
    enum seed_format format;
    uint32_t threads;
};

// Cuts all segments into parts. Null with the failure told. Release with file_parts_free().
MUST_CHECK struct file_parts *file_parts_create(const struct file_parts_settings *settings);
void file_parts_free(struct file_parts *parts);

uint32_t file_parts_count(const struct file_parts *parts);

// The name of a segment's file, while it is being written or for good.
void file_parts_name(enum seed_format format, uint32_t segment, bool partial, char name[static FILE_NAME_ROOM]);

// Makes one part, and passes it on once all before it are; to be called for every part, in order, on any threads. It may
// wait for other threads. Failures are told.
void file_parts_make(struct file_parts *parts, uint32_t part);

// Wakes who waits, after a failure.
void file_parts_wake(struct file_parts *parts);

#endif
