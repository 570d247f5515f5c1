#include "proto/static_files.h"

#include "core/memory.h"
#include "proto/url.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HASH_DIGITS = 8, // at least so many, between dots, make a name that never stands for other content
    DEPTH_MAX = 8
};

struct loader {
    struct static_files *files;
    struct buffer *wrong;
    size_t total;
    unsigned depth;
};

static bool load_folder(struct loader *loader, int folder, const char *path);

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static const char *type_of(const char *path) {
#define MEDIA_TYPE(ending, type)                                                                                       \
    if (ends_with(path, ending)) {                                                                                     \
        return type;                                                                                                   \
    }
#include "proto/media_type.def"
#undef MEDIA_TYPE
    return "application/octet-stream";
}

// Whether one of the name's parts between dots is a hash: hexadecimal digits, enough of them.
static bool is_named_by_content(const char *path) {
    const char *part = strchr(strrchr(path, '/'), '.');
    while (part != NULL) {
        const char *end = strchr(++part, '.');
        if (end != NULL && end - part >= HASH_DIGITS && strspn(part, "0123456789abcdef") == (size_t)(end - part)) {
            return true;
        }
        part = end;
    }
    return false;
}

// FNV-1a (Fowler, Noll, Vo): tells one content of a file from its next, which nobody has chosen to collide.
static void make_etag(struct static_file *file) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < file->body.length; i++) {
        hash = (hash ^ (unsigned char)file->body.data[i]) * UINT64_C(1099511628211);
    }
    snprintf(file->etag, sizeof file->etag, "\"%016" PRIx64 "\"", hash);
}

static bool complain(struct loader *loader, const char *path, const char *reason) {
    buffer_format(loader->wrong, "%s: %s", path, reason);
    return false;
}

static bool read_all(struct loader *loader, int descriptor, struct buffer *body, const char *path) {
    for (;;) {
        char *place = buffer_reserve(body, 64 * 1024);
        ssize_t length = read(descriptor, place, 64 * 1024);
        if (length < 0 && errno == EINTR) {
            continue;
        }
        if (length < 0) {
            return complain(loader, path, strerror(errno));
        }
        if (length == 0) {
            return true;
        }
        body->length += (size_t)length;
        loader->total += (size_t)length;
        if (body->length > STATIC_FILE_BYTES || loader->total > STATIC_FILES_TOTAL_BYTES) {
            return complain(loader, path, "too large (a file: 1 MiB; all: 64 MiB)");
        }
    }
}

static bool add_file(struct loader *loader, int descriptor, const char *path) {
    struct static_files *files = loader->files;
    if (files->count == STATIC_FILES_MAX) {
        return complain(loader, path, "more than 1000 files");
    }
    files->files = memory_resize(files->files, (files->count + 1) * sizeof *files->files);
    struct static_file *file = &files->files[files->count++];
    *file = (struct static_file){.path = strdup(path), .type = type_of(path)};
    if (file->path == NULL) {
        abort();
    }
    if (!read_all(loader, descriptor, &file->body, path)) {
        return false;
    }
    make_etag(file);
    file->is_immutable = is_named_by_content(path);
    if (ends_with(file->path, "/index.html")) {
        file->path[strlen(file->path) - strlen("index.html")] = '\0';
    }
    return true;
}

// Adds what one name of a folder stands for. Takes over the descriptor.
static bool add_entry(struct loader *loader, int descriptor, const char *path) {
    struct stat about;
    bool done = true;
    if (fstat(descriptor, &about) != 0) {
        done = complain(loader, path, strerror(errno));
    } else if (S_ISDIR(about.st_mode)) {
        return load_folder(loader, descriptor, path);
    } else if (S_ISREG(about.st_mode)) {
        done = add_file(loader, descriptor, path);
    }
    close(descriptor);
    return done;
}

// Takes over the descriptor of the folder. `path` is where its files are asked, without the slash at the end.
static bool load_folder(struct loader *loader, int folder, const char *path) {
    DIR *entries = fdopendir(folder);
    if (entries == NULL || ++loader->depth > DEPTH_MAX) {
        entries != NULL ? (void)closedir(entries) : (void)close(folder);
        return complain(loader, path, "cannot be read, or is too deep");
    }
    bool done = true;
    for (struct dirent *entry; done && (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        struct buffer name = {0};
        buffer_format(&name, "%s/%s", path, entry->d_name);
        buffer_append(&name, (struct view){"", 1});
        int descriptor = openat(dirfd(entries), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (descriptor >= 0) {
            done = add_entry(loader, descriptor, name.data);
        } else if (errno != ELOOP) { // a link
            done = complain(loader, name.data, strerror(errno));
        }
        buffer_free(&name);
    }
    loader->depth--;
    closedir(entries);
    return done;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(((const struct static_file *)a)->path, ((const struct static_file *)b)->path);
}

struct static_files *static_files_load(const char *folder, struct buffer *wrong) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        buffer_format(wrong, "%s: %s", folder, strerror(errno));
        return NULL;
    }
    struct static_files *files = memory_allocate(1, sizeof *files);
    struct loader loader = {files, wrong, 0, 0};
    if (!load_folder(&loader, descriptor, "")) {
        static_files_free(files);
        return NULL;
    }
    if (files->count > 0) {
        qsort(files->files, files->count, sizeof *files->files, compare_paths);
    }
    return files;
}

int32_t static_files_find(const struct static_files *files, struct view path) {
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        if (url_equals(path, view_of(files->files[i].path))) {
            return (int32_t)i;
        }
    }
    return -1;
}

// An entity tag holds no quotes but its own, so that it is found whole or not at all; a W/ before it makes no difference.
bool static_file_is_known(const struct static_file *file, struct view if_none_match) {
    return view_equal(if_none_match, VIEW("*")) ||
           (if_none_match.length > 0 &&
               memmem(if_none_match.data, if_none_match.length, file->etag, strlen(file->etag)) != NULL);
}

void static_files_free(struct static_files *files) {
    if (files == NULL) {
        return;
    }
    for (size_t i = 0; i < files->count; i++) {
        free(files->files[i].path);
        buffer_free(&files->files[i].body);
    }
    free(files->files);
    free(files);
}
