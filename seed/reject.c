// The file of rejects. It holds e-mail addresses as the files do: only its owner can read it.
#include "seed/reject.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BUFFER_CAPACITY = 64 * 1024,
    NUMBER_ROOM = 32
};

bool rejects_open(struct rejects *rejects, const char *path, struct failure *failure) {
    *rejects = (struct rejects){.path = path, .failure = failure, .fd = -1};
    pthread_mutex_init(&rejects->mutex, NULL);
    rejects->bytes = malloc(BUFFER_CAPACITY);
    if (asprintf(&rejects->partial, "%s.partial", path) < 0) {
        rejects->partial = NULL;
    }
    return (rejects->bytes != NULL && rejects->partial != NULL) || failure_set(failure, "no memory");
}

static bool complain(struct rejects *rejects, const char *action) {
    return failure_set(rejects->failure, "cannot %s %s: %s", action, rejects->partial, strerror(errno));
}

static bool flush(struct rejects *rejects) {
    size_t done = 0;
    while (done < rejects->length) {
        ssize_t written = write(rejects->fd, rejects->bytes + done, rejects->length - done);
        if (written < 0 && errno != EINTR) {
            return complain(rejects, "write");
        }
        done += written < 0 ? 0 : (size_t)written;
    }
    rejects->length = 0;
    return true;
}

static bool put(struct rejects *rejects, struct view bytes) {
    while (bytes.length > 0) {
        size_t room = BUFFER_CAPACITY - rejects->length;
        size_t part = bytes.length < room ? bytes.length : room;
        memcpy(rejects->bytes + rejects->length, bytes.data, part);
        rejects->length += part;
        bytes.data += part;
        bytes.length -= part;
        if (rejects->length == BUFFER_CAPACITY && !flush(rejects)) {
            return false;
        }
    }
    return true;
}

static bool put_quoted(struct rejects *rejects, struct view text) {
    if (!put(rejects, VIEW("\""))) {
        return false;
    }
    while (text.length > 0) {
        const char *quote = memchr(text.data, '"', text.length);
        size_t length = quote == NULL ? text.length : (size_t)(quote + 1 - text.data);
        if (!put(rejects, (struct view){text.data, length}) || (quote != NULL && !put(rejects, VIEW("\"")))) {
            return false;
        }
        text.data += length;
        text.length -= length;
    }
    return put(rejects, VIEW("\""));
}

static bool create(struct rejects *rejects) {
    if (rejects->fd != -1) {
        return true;
    }
    // Not through a link, nor into a file whose mode somebody else chose.
    (void)unlink(rejects->partial);
    rejects->fd = open(rejects->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return rejects->fd == -1 ? complain(rejects, "create") : put(rejects, VIEW("file,line,reason,text\r\n"));
}

bool rejects_add(struct rejects *rejects, const char *file, uint64_t line, const char *reason, struct view text) {
    char number[NUMBER_ROOM];
    int length = snprintf(number, sizeof number, ",%" PRIu64 ",", line);
    pthread_mutex_lock(&rejects->mutex);
    bool right = create(rejects) && put_quoted(rejects, view_of(file)) &&
                 put(rejects, (struct view){number, (size_t)length}) && put_quoted(rejects, view_of(reason)) &&
                 put(rejects, VIEW(",")) && put_quoted(rejects, text) && put(rejects, VIEW("\r\n"));
    pthread_mutex_unlock(&rejects->mutex);
    return right;
}

bool rejects_finish(struct rejects *rejects) {
    if (rejects->fd == -1) {
        return true;
    }
    if (!flush(rejects)) {
        return false;
    }
    if (fsync(rejects->fd) != 0) {
        return complain(rejects, "sync");
    }
    if (rename(rejects->partial, rejects->path) != 0) {
        return complain(rejects, "rename");
    }
    close(rejects->fd);
    rejects->fd = -1;
    return true;
}

void rejects_close(struct rejects *rejects) {
    if (rejects->fd != -1) {
        close(rejects->fd);
        unlink(rejects->partial);
    }
    pthread_mutex_destroy(&rejects->mutex);
    free(rejects->bytes);
    free(rejects->partial);
}
