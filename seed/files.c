// Writes the segments as files.
//
// A segment is written as DIR/review_0001.csv.partial (or .copy.partial) and synced. When all are, each is renamed. A run
// that ends early removes its partial files; one that is killed leaves them, and the next run removes them.
#include "seed/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seed/crew.h"
#include "seed/segment.h"

enum {
    NAME_MAX_LENGTH = 64
};

struct files {
    const struct settings *settings;
    const struct plan *plan;
    struct failure *failure;
    struct progress progress;
    // The folder, open.
    int folder_fd;
    struct segment_writer **writers;
};

// The file that an output goes to.
struct file {
    struct files *files;
    int fd;
    char name[NAME_MAX_LENGTH];
    uint64_t written;
};

static void file_name(const struct files *files, uint32_t number, bool partial, char name[static NAME_MAX_LENGTH]) {
    snprintf(name, NAME_MAX_LENGTH, "review_%04u.%s%s", number, files->settings->format == FORMAT_CSV ? "csv" : "copy",
        partial ? ".partial" : "");
}

// Whether the name is one of ours: review_, four digits or more, and the ending.
static bool is_segment_name(const char *name, const char *ending) {
    static const char PREFIX[] = "review_";
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0) {
        return false;
    }
    size_t digits = strspn(name + sizeof PREFIX - 1, "0123456789");
    return digits >= 4 && strcmp(name + sizeof PREFIX - 1 + digits, ending) == 0;
}

// Refuses a folder that holds finished segments, and removes what a killed run left.
static bool clear_folder(struct files *files) {
    int fd = dup(files->folder_fd);
    DIR *folder = fd == -1 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        if (fd != -1) {
            close(fd);
        }
        return failure_set(files->failure, "cannot read the folder %s: %s", files->settings->out, strerror(errno));
    }
    bool clear = true;
    for (struct dirent *entry = readdir(folder); entry != NULL && clear; entry = readdir(folder)) {
        if (is_segment_name(entry->d_name, ".csv") || is_segment_name(entry->d_name, ".copy")) {
            clear =
                failure_set(files->failure, "%s/%s is there already: choose another folder, or remove the old files",
                    files->settings->out, entry->d_name);
        } else if (is_segment_name(entry->d_name, ".csv.partial") || is_segment_name(entry->d_name, ".copy.partial")) {
            unlinkat(files->folder_fd, entry->d_name, 0);
        }
    }
    closedir(folder);
    return clear;
}

static bool open_folder(struct files *files) {
    const char *path = files->settings->out;
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        return failure_set(files->failure, "cannot make the folder %s: %s", path, strerror(errno));
    }
    files->folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->folder_fd == -1) {
        return failure_set(files->failure, "cannot open the folder %s: %s", path, strerror(errno));
    }
    return true;
}

static bool complain(struct file *file, const char *action) {
    return failure_set(file->files->failure, "cannot %s %s/%s after %" PRIu64 " bytes: %s", action,
        file->files->settings->out, file->name, file->written, strerror(errno));
}

static bool take_bytes(void *owner, struct view bytes) {
    struct file *file = owner;
    while (bytes.length > 0) {
        ssize_t written = write(file->fd, bytes.data, bytes.length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return complain(file, "write");
        }
        bytes.data += written;
        bytes.length -= (size_t)written;
        file->written += (uint64_t)written;
    }
    return true;
}

static void work(void *owner, uint32_t thread, uint32_t task) {
    struct files *files = owner;
    struct segment_writer *writer = files->writers[thread];
    const struct segment *segment = &files->plan->segments[task];
    struct file file = {.files = files};
    size_t tally_count = 0;
    file_name(files, segment->number, true, file.name);
    file.fd = openat(files->folder_fd, file.name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file.fd == -1) {
        (void)complain(&file, "create");
        return;
    }
    output_start(&writer->output, take_bytes, &file);
    if (segment_write(writer, files->plan, segment, NULL, &tally_count) && fsync(file.fd) != 0) {
        (void)complain(&file, "sync");
    }
    if (close(file.fd) != 0) {
        (void)complain(&file, "close");
    }
}

static bool create_writers(struct files *files, const struct maker_tables *tables, uint32_t count) {
    files->writers = calloc(count, sizeof *files->writers);
    for (uint32_t i = 0; files->writers != NULL && i < count; i++) {
        struct segment_writer *writer = calloc(1, sizeof *writer);
        files->writers[i] = writer;
        if (writer == NULL) {
            return failure_set(files->failure, "no memory for %u threads", count);
        }
        writer->failure = files->failure;
        writer->progress = &files->progress;
        writer->format = files->settings->format;
        writer->maker.tables = tables;
    }
    return files->writers != NULL || failure_set(files->failure, "no memory for %u threads", count);
}

static void free_writers(struct files *files, uint32_t count) {
    for (uint32_t i = 0; files->writers != NULL && i < count; i++) {
        free(files->writers[i]);
    }
    free(files->writers);
}

static bool rename_all(struct files *files) {
    for (uint32_t i = 0; i < files->plan->segment_count; i++) {
        char partial[NAME_MAX_LENGTH];
        char final[NAME_MAX_LENGTH];
        file_name(files, i + 1, true, partial);
        file_name(files, i + 1, false, final);
        if (renameat(files->folder_fd, partial, files->folder_fd, final) != 0) {
            return failure_set(
                files->failure, "cannot rename %s/%s: %s", files->settings->out, partial, strerror(errno));
        }
    }
    if (fsync(files->folder_fd) != 0) {
        return failure_set(files->failure, "cannot sync the folder %s: %s", files->settings->out, strerror(errno));
    }
    return true;
}

static void remove_all(struct files *files) {
    for (uint32_t i = 0; i < files->plan->segment_count; i++) {
        char name[NAME_MAX_LENGTH];
        file_name(files, i + 1, true, name);
        unlinkat(files->folder_fd, name, 0);
        file_name(files, i + 1, false, name);
        unlinkat(files->folder_fd, name, 0);
    }
}

// The folder is ours: it held no segment when we began.
static bool generate(struct files *files, const struct maker_tables *tables) {
    uint32_t segments = files->plan->segment_count;
    uint32_t threads = files->settings->threads < segments ? files->settings->threads : segments;
    if (create_writers(files, tables, threads)) {
        struct crew crew = {.failure = files->failure,
            .progress = &files->progress,
            .owner = files,
            .work = work,
            .thread_count = threads,
            .task_count = segments};
        crew_run(&crew);
    }
    free_writers(files, threads);
    if (failure_stopped(files->failure) || !rename_all(files)) {
        remove_all(files);
        return false;
    }
    uint64_t bytes = atomic_load(&files->progress.bytes);
    double seconds = progress_seconds(&files->progress);
    printf("%" PRIu64 " reviews of %u products in %u %s, %.1f MB, in %.1f s (%.0f rows/s)\n", files->plan->records,
        files->plan->products, segments, segments == 1 ? "file" : "files", (double)bytes / 1e6, seconds,
        (double)files->plan->records / seconds);
    return true;
}

bool files_generate(const struct settings *settings, const struct plan *plan, const struct maker_tables *tables,
    struct failure *failure) {
    struct files files = {.settings = settings, .plan = plan, .failure = failure, .folder_fd = -1};
    progress_init(&files.progress, plan->records, 0);
    bool done = open_folder(&files) && clear_folder(&files) && generate(&files, tables);
    if (files.folder_fd != -1) {
        close(files.folder_fd);
    }
    return done;
}
