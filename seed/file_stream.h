// Writes files one after the other, while others make what comes next.
#ifndef REVIEWD_SEED_FILE_STREAM_H
#define REVIEWD_SEED_FILE_STREAM_H

#include "seed/failure.h"

enum {
    FILE_NAME_ROOM = 64
};

struct file_stream;

// Starts the thread that writes. `folder_fd` and its name must outlive the stream. Null with the failure told.
MUST_CHECK struct file_stream *file_stream_create(int folder_fd, const char *folder, struct failure *failure);

// One file: begin, bytes, end. To be called by one thread at a time. False when the run has failed; why was told. What was
// put may be written later than the call returns, so the failure may be that of an earlier call.
MUST_CHECK bool file_stream_begin(struct file_stream *stream, const char *name);
MUST_CHECK bool file_stream_put(struct file_stream *stream, struct view bytes);
MUST_CHECK bool file_stream_end(struct file_stream *stream);

// Waits until all files that were ended are written and synced, or the run has failed, and releases the stream.
void file_stream_free(struct file_stream *stream);

#endif
