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
#include <sys/stat.h>
#include <unistd.h>

#include "seed/crew.h"
#include "seed/file_parts.h"

struct files {
    const struct settings *settings;
    const struct plan *plan;
    struct failure *failure;
    struct progress progress;
    // The folder, open.
    int folder_fd;
    struct file_parts *parts;
};

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

static void work(void *owner, uint32_t thread, uint32_t task) {
    struct files *files = owner;
    (void)thread;
    file_parts_make(files->parts, task);
}

static void interrupt(void *owner) {
    struct files *files = owner;
    file_parts_wake(files->parts);
}

static bool rename_all(struct files *files) {
    for (uint32_t i = 0; i < files->plan->segment_count; i++) {
        char partial[FILE_NAME_ROOM];
        char final[FILE_NAME_ROOM];
        file_parts_name(files->settings->format, i + 1, true, partial);
        file_parts_name(files->settings->format, i + 1, false, final);
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
        char name[FILE_NAME_ROOM];
        file_parts_name(files->settings->format, i + 1, true, name);
        unlinkat(files->folder_fd, name, 0);
        file_parts_name(files->settings->format, i + 1, false, name);
        unlinkat(files->folder_fd, name, 0);
    }
}

static void make_parts(struct files *files, const struct maker_tables *tables, struct file_stream *stream) {
    uint32_t threads = files->settings->threads;
    struct file_parts_settings settings = {
        .plan = files->plan,
        .tables = tables,
        .failure = files->failure,
        .progress = &files->progress,
        .stream = stream,
        .format = files->settings->format,
        .threads = threads,
    };
    files->parts = file_parts_create(&settings);
    if (files->parts == NULL) {
        return;
    }
    uint32_t count = file_parts_count(files->parts);
    struct crew crew = {
        .failure = files->failure,
        .progress = &files->progress,
        .owner = files,
        .work = work,
        .interrupt = interrupt,
        .thread_count = threads < count ? threads : count,
        .task_count = count,
    };
    crew_run(&crew);
    file_parts_free(files->parts);
}

// The folder is ours: it held no segment when we began.
static bool generate(struct files *files, const struct maker_tables *tables) {
    uint32_t segments = files->plan->segment_count;
    struct file_stream *stream = file_stream_create(files->folder_fd, files->settings->out, files->failure);
    if (stream != NULL) {
        make_parts(files, tables, stream);
        file_stream_free(stream);
    }
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
