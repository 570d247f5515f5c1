// Finds the files of a load, and what each of them is.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seed/import_internal.h"

enum {
    BEGINNING_LENGTH = 16 * 1024
};

static bool ends_with(const char *name, const char *ending) {
    size_t length = strlen(name);
    return length >= strlen(ending) && strcasecmp(name + length - strlen(ending), ending) == 0;
}

int import_open_file(const struct import *import, const struct import_file *file) {
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        failure_set(import->failure, "cannot open %s: %s", file->path, strerror(errno));
    } else {
        // Advice only.
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return fd;
}

bool import_read_bytes(
    const struct import *import, const struct import_file *file, int fd, char *bytes, size_t room, size_t *length) {
    *length = 0;
    while (*length < room) {
        ssize_t came = read(fd, bytes + *length, room - *length);
        if (came == 0) {
            break;
        }
        if (came < 0 && errno != EINTR) {
            return failure_set(import->failure, "cannot read %s: %s", file->path, strerror(errno));
        }
        *length += came < 0 ? 0 : (size_t)came;
    }
    return true;
}

static bool add_file(struct import *import, const char *path, bool named) {
    if (import->file_count == IMPORT_FILES_MAX) {
        return failure_set(import->failure, "there are more than %d files", IMPORT_FILES_MAX);
    }
    // Doubles whenever the count is a power of two.
    if ((import->file_count & (import->file_count - 1)) == 0) {
        size_t room = import->file_count == 0 ? 1 : (size_t)import->file_count * 2;
        struct import_file *files = realloc(import->files, room * sizeof *files);
        if (files == NULL) {
            return failure_set(import->failure, "no memory for the names of the files");
        }
        import->files = files;
    }
    struct import_file *file = &import->files[import->file_count];
    *file = (struct import_file){.path = strdup(path), .named = named};
    if (file->path == NULL) {
        return failure_set(import->failure, "no memory for the names of the files");
    }
    import->file_count++;
    return true;
}

static int compare_names(const void *left, const void *right) {
    return strcmp(((const struct import_file *)left)->path, ((const struct import_file *)right)->path);
}

// What of a folder is loaded: not what is hidden, nor of another kind.
static bool take_entry(struct import *import, const char *folder, const char *name) {
    // A run of generate that was killed leaves some files with their names and some without.
    if (strncmp(name, "review_", 7) == 0 && (ends_with(name, ".csv.partial") || ends_with(name, ".copy.partial"))) {
        return failure_set(import->failure, "%s/%s is not complete: generate the files again", folder, name);
    }
    if (name[0] == '.' || (!ends_with(name, ".csv") && !ends_with(name, ".copy"))) {
        return true;
    }
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') {
        length--;
    }
    char *path = NULL;
    if (asprintf(&path, "%.*s/%s", (int)length, folder, name) < 0) {
        return failure_set(import->failure, "no memory for the names of the files");
    }
    bool added = add_file(import, path, false);
    free(path);
    return added;
}

static bool add_folder(struct import *import, const char *path) {
    uint32_t before = import->file_count;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return failure_set(import->failure, "cannot read the folder %s: %s", path, strerror(errno));
    }
    bool right = true;
    for (struct dirent *entry = readdir(folder); entry != NULL && right; entry = readdir(folder)) {
        right = take_entry(import, path, entry->d_name);
    }
    closedir(folder);
    if (right && import->file_count == before) {
        return failure_set(import->failure, "the folder %s holds no .csv and no .copy file", path);
    }
    if (right) {
        qsort(import->files + before, import->file_count - before, sizeof *import->files, compare_names);
    }
    return right;
}

// FNV-1a (Fowler, Noll and Vo), 64 bits.
static uint64_t hash(uint64_t hash, const void *bytes, size_t length) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static bool look_at_status(struct import *import, struct import_file *file, uint64_t *identity) {
    struct stat status;
    if (stat(file->path, &status) != 0) {
        return failure_set(import->failure, "cannot open %s: %s", file->path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return failure_set(import->failure, "%s is no regular file", file->path);
    }
    file->size = (uint64_t)status.st_size;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    *identity = hash(*identity, file->path, strlen(file->path) + 1);
    *identity = hash(*identity, &file->size, sizeof file->size);
    *identity = hash(*identity, &status.st_mtim, sizeof status.st_mtim);
    *identity = hash(*identity, &file->inode, sizeof file->inode);
    for (const struct import_file *other = import->files; other < file; other++) {
        if (other->device == file->device && other->inode == file->inode) {
            return failure_set(import->failure, "%s is named twice", file->path);
        }
    }
    return true;
}

static bool complain_unknown(struct import *import, const struct import_file *file, bool empty) {
    struct buffer list = {0};
    layout_list(&list);
    failure_set(import->failure, "%s %s. These are known:%.*s", file->path,
        empty ? "is empty: its first line must tell what it holds" : "has a first line that is not known",
        (int)list.length, list.data);
    buffer_free(&list);
    return false;
}

static bool look(struct import *import, struct import_file *file, struct csv_reader *reader, uint64_t *identity) {
    char beginning[BEGINNING_LENGTH];
    size_t length = 0;
    int fd = look_at_status(import, file, identity) ? import_open_file(import, file) : -1;
    if (fd == -1) {
        return false;
    }
    bool right = import_read_bytes(import, file, fd, beginning, sizeof beginning, &length);
    close(fd);
    if (!right) {
        return false;
    }
    file->layout = layout_find(reader, (struct view){beginning, length});
    return file->layout != LAYOUT_UNKNOWN || complain_unknown(import, file, length == 0);
}

// The rejects of an earlier load are passed over in a folder: their lines have to be mended first.
static bool drop_rejects(struct import *import) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < import->file_count; i++) {
        struct import_file *file = &import->files[i];
        if (file->layout != LAYOUT_REJECTS) {
            import->files[kept++] = *file;
        } else if (file->named) {
            return failure_set(import->failure,
                "%s holds the rejects of an earlier load: mend the texts in it, and put them behind a first line of "
                "their own",
                file->path);
        } else {
            free(file->path);
            file->path = NULL;
        }
    }
    import->file_count = kept;
    return true;
}

// Neither the file of rejects nor its first name may be one that is read: it would be overwritten.
static bool check_rejects_path(const struct import *import) {
    static const char *const ENDINGS[] = {"", ".partial"};
    for (size_t i = 0; i < COUNT_OF(ENDINGS); i++) {
        char *path = NULL;
        struct stat status;
        if (asprintf(&path, "%s%s", import->settings->rejects, ENDINGS[i]) < 0) {
            return failure_set(import->failure, "no memory");
        }
        bool there = stat(path, &status) == 0;
        free(path);
        for (uint32_t j = 0; there && j < import->file_count; j++) {
            const struct import_file *file = &import->files[j];
            if (file->device == status.st_dev && file->inode == status.st_ino) {
                return failure_set(
                    import->failure, "%s would be overwritten with rejects: --rejects names another file", file->path);
            }
        }
    }
    return true;
}

bool import_find_files(struct import *import) {
    const struct settings *settings = import->settings;
    uint64_t identity = UINT64_C(14695981039346656037);
    struct csv_reader *reader = malloc(sizeof *reader);
    bool right = reader != NULL || failure_set(import->failure, "no memory");
    for (uint32_t i = 0; i < settings->word_count && right; i++) {
        struct stat status;
        bool folder = stat(settings->words[i], &status) == 0 && S_ISDIR(status.st_mode);
        right = folder ? add_folder(import, settings->words[i]) : add_file(import, settings->words[i], true);
    }
    for (uint32_t i = 0; i < import->file_count && right; i++) {
        right = look(import, &import->files[i], reader, &identity);
    }
    free(reader);
    snprintf(import->identity, sizeof import->identity, "%s files=%u hash=%016" PRIx64 " segment-records=%" PRIu64,
        REVIEWD_VERSION, import->file_count, identity, settings->segment_records);
    return right && drop_rejects(import) && check_rejects_path(import);
}
