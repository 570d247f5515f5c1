// Static files: a folder's files, read once. A request names one of the table; no path of a client's ever reaches the file
// system.
#ifndef REVIEWD_PROTO_STATIC_FILES_H
#define REVIEWD_PROTO_STATIC_FILES_H

#include "core/buffer.h"

enum {
    STATIC_FILES_MAX = 1000,
    STATIC_FILES_TOTAL_BYTES = 64 * 1024 * 1024,
    STATIC_FILE_BYTES = 1024 * 1024 // of one: a reply is rendered whole
};

struct static_file {
    char *path;        // what it is asked by: "/", "/assets/shop.0123abcd.js"
    const char *type;  // its Content-Type
    char etag[24];     // with its quotes; the same on every node that has the same file
    bool is_immutable; // its name holds a hash of its content, so that it never changes
    struct buffer body;
};

// Nothing in it changes once it is loaded, so every thread may read it.
struct static_files {
    size_t count;
    struct static_file *files; // sorted by path
};

// Reads all regular files in the folder and in those below it, but for hidden ones; links are not followed. index.html is
// asked by its folder's path. Null, with the reason in `wrong`, if something cannot be read or is beyond the limits above.
MUST_CHECK struct static_files *static_files_load(const char *folder, struct buffer *wrong);

// The index of the file that is asked by the path (percent-encoded, well-formed or not), or -1. `files` may be null.
MUST_CHECK int32_t static_files_find(const struct static_files *files, struct view path);

// Whether the value of If-None-Match names the file as it is (RFC 9110, 13.1.2). An absent one does not.
MUST_CHECK bool static_file_is_known(const struct static_file *file, struct view if_none_match);

// Null is fine.
void static_files_free(struct static_files *files);

#endif
