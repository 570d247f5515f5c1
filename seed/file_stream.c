// Writes files one after the other: bytes are gathered in blocks, and a thread of its own writes the blocks.
//
// The blocks bypass the page cache (O_DIRECT). A run writes many gigabytes that nobody reads soon; through the cache they
// would push out the pages of the database beside it, and getting and filling fresh pages costs about as much as
// making the reviews. Such a write must begin and end at multiples of the disk's blocks, so a file's last bytes go the ordinary
// way; so does everything on a file system that knows no other.
#include "seed/file_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    // A multiple of every disk's block.
    ALIGNMENT = 4096,
    BLOCK_LENGTH = 1024 * 1024,
    // Enough to go on making while a file is synced.
    BLOCK_COUNT = 8
};

struct file {
    int fd;
    bool direct;
    uint64_t written;
    char name[FILE_NAME_ROOM];
};

struct block {
    char *bytes;
    size_t length;
    struct file *file;
    // The last one of its file.
    bool last;
};

struct file_stream {
    struct failure *failure;
    const char *folder;
    int folder_fd;
    pthread_t thread;
    bool started;
    // The file and how much of the next block is filled: of the thread that puts.
    struct file *file;
    size_t filled;
    // Guarded by the mutex: how many blocks were ever filled and written. Block n stands at n % BLOCK_COUNT and belongs to
    // the writing thread from the moment it counts as filled until it counts as written.
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t filled_blocks;
    uint64_t written_blocks;
    bool no_more;
    struct block blocks[BLOCK_COUNT];
};

static bool complain(struct file_stream *stream, const struct file *file, const char *action) {
    return failure_set(stream->failure, "cannot %s %s/%s after %" PRIu64 " bytes: %s", action, stream->folder,
        file->name, file->written, strerror(errno));
}

static void stop_direct(struct file *file) {
    int flags = fcntl(file->fd, F_GETFL);
    if (flags != -1) {
        fcntl(file->fd, F_SETFL, flags & ~O_DIRECT);
    }
    file->direct = false;
}

static bool write_bytes(struct file_stream *stream, struct file *file, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(file->fd, bytes, length);
        if (written < 0 && errno == EINVAL && file->direct) {
            // The file system takes the flag but not the write, or a limit has cut the last one short.
            stop_direct(file);
            continue;
        }
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return complain(stream, file, "write");
        }
        bytes += written;
        length -= (size_t)written;
        file->written += (uint64_t)written;
    }
    return true;
}

static bool write_block(struct file_stream *stream, const struct block *block) {
    struct file *file = block->file;
    size_t whole = block->length - block->length % ALIGNMENT;
    if (!write_bytes(stream, file, block->bytes, whole)) {
        return false;
    }
    if (whole < block->length) {
        stop_direct(file);
        if (!write_bytes(stream, file, block->bytes + whole, block->length - whole)) {
            return false;
        }
    }
    return !block->last || fsync(file->fd) == 0 || complain(stream, file, "sync");
}

static void close_file(struct file_stream *stream, struct file *file) {
    if (close(file->fd) != 0) {
        (void)complain(stream, file, "close");
    }
    free(file);
}

// After a failure blocks are only taken, so that nobody waits for room.
static void *write_blocks(void *argument) {
    struct file_stream *stream = argument;
    pthread_mutex_lock(&stream->mutex);
    for (;;) {
        while (stream->written_blocks == stream->filled_blocks && !stream->no_more) {
            pthread_cond_wait(&stream->changed, &stream->mutex);
        }
        if (stream->written_blocks == stream->filled_blocks) {
            break;
        }
        struct block *block = &stream->blocks[stream->written_blocks % BLOCK_COUNT];
        pthread_mutex_unlock(&stream->mutex);
        if (!failure_stopped(stream->failure)) {
            (void)write_block(stream, block);
        }
        if (block->last) {
            close_file(stream, block->file);
        }
        pthread_mutex_lock(&stream->mutex);
        stream->written_blocks++;
        pthread_cond_signal(&stream->changed);
    }
    pthread_mutex_unlock(&stream->mutex);
    return NULL;
}

// Hands the block being filled to the writing thread and waits until the next one is free.
static bool hand_over(struct file_stream *stream, bool last) {
    pthread_mutex_lock(&stream->mutex);
    struct block *block = &stream->blocks[stream->filled_blocks % BLOCK_COUNT];
    block->length = stream->filled;
    block->file = stream->file;
    block->last = last;
    stream->filled_blocks++;
    stream->filled = 0;
    pthread_cond_signal(&stream->changed);
    while (stream->filled_blocks - stream->written_blocks == BLOCK_COUNT) {
        pthread_cond_wait(&stream->changed, &stream->mutex);
    }
    pthread_mutex_unlock(&stream->mutex);
    return !failure_stopped(stream->failure);
}

bool file_stream_begin(struct file_stream *stream, const char *name) {
    struct file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return failure_set(stream->failure, "no memory for the file %s", name);
    }
    snprintf(file->name, sizeof file->name, "%s", name);
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    file->direct = true;
    file->fd = openat(stream->folder_fd, name, flags | O_DIRECT, 0666);
    if (file->fd == -1 && errno == EINVAL) {
        file->direct = false;
        file->fd = openat(stream->folder_fd, name, flags, 0666);
    }
    if (file->fd == -1) {
        (void)complain(stream, file, "create");
        free(file);
        return false;
    }
    stream->file = file;
    return true;
}

bool file_stream_put(struct file_stream *stream, struct view bytes) {
    while (bytes.length > 0) {
        // The block being filled: nobody else changes how many were filled.
        char *block = stream->blocks[stream->filled_blocks % BLOCK_COUNT].bytes;
        size_t room = BLOCK_LENGTH - stream->filled;
        size_t length = bytes.length < room ? bytes.length : room;
        memcpy(block + stream->filled, bytes.data, length);
        stream->filled += length;
        bytes.data += length;
        bytes.length -= length;
        if (stream->filled == BLOCK_LENGTH && !hand_over(stream, false)) {
            return false;
        }
    }
    return true;
}

bool file_stream_end(struct file_stream *stream) {
    bool right = hand_over(stream, true);
    stream->file = NULL;
    return right;
}

static bool start(struct file_stream *stream) {
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        stream->blocks[i].bytes = aligned_alloc(ALIGNMENT, BLOCK_LENGTH);
        if (stream->blocks[i].bytes == NULL) {
            return failure_set(stream->failure, "no memory for writing files");
        }
    }
    int error = pthread_create(&stream->thread, NULL, write_blocks, stream);
    stream->started = error == 0;
    return stream->started || failure_set(stream->failure, "cannot start the thread that writes: %s", strerror(error));
}

struct file_stream *file_stream_create(int folder_fd, const char *folder, struct failure *failure) {
    struct file_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        failure_set(failure, "no memory for writing files");
        return NULL;
    }
    stream->failure = failure;
    stream->folder = folder;
    stream->folder_fd = folder_fd;
    pthread_mutex_init(&stream->mutex, NULL);
    pthread_cond_init(&stream->changed, NULL);
    if (!start(stream)) {
        file_stream_free(stream);
        return NULL;
    }
    return stream;
}

void file_stream_free(struct file_stream *stream) {
    if (stream->started) {
        pthread_mutex_lock(&stream->mutex);
        stream->no_more = true;
        pthread_cond_signal(&stream->changed);
        pthread_mutex_unlock(&stream->mutex);
        pthread_join(stream->thread, NULL);
    }
    if (stream->file != NULL) {
        close_file(stream, stream->file);
    }
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        free(stream->blocks[i].bytes);
    }
    pthread_cond_destroy(&stream->changed);
    pthread_mutex_destroy(&stream->mutex);
    free(stream);
}
