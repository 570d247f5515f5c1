// What the parts of import.h share.
#ifndef REVIEWD_SEED_IMPORT_INTERNAL_H
#define REVIEWD_SEED_IMPORT_INTERNAL_H

#include "seed/import.h"
#include "seed/layout.h"
#include "seed/progress.h"
#include "seed/reject.h"

enum {
    // A line's place in the source, in 64 bits: the number of its file, then its own.
    IMPORT_LINE_BITS = 40,
    IMPORT_FILES_MAX = 10000,
    // How many lines a file's first reasons are shown of.
    IMPORT_SHOWN = 3,
    IMPORT_IDENTITY_ROOM = 160,
    IMPORT_LABEL_ROOM = 48
};

struct import_shown {
    uint64_t line;
    char reason[IMPORT_REASON_ROOM];
};

struct import_file {
    char *path;
    // Whether it was named itself, and not found in a folder.
    bool named;
    enum layout layout;
    uint64_t size;
    uint64_t device;
    uint64_t inode;
    // Counted while it is read: lines (records) with anything on them, those rejected, those with a rounded rating.
    uint64_t lines;
    uint64_t rejected;
    uint64_t rounded;
    struct import_shown shown[IMPORT_SHOWN];
    // Of FAMILY_OWN: the first product; 0 when it holds no review.
    uint32_t first_product;
};

struct import {
    const struct settings *settings;
    struct failure *failure;
    enum layout_family family;
    struct import_file *files;
    uint32_t file_count;
    char identity[IMPORT_IDENTITY_ROOM];
    // Of FAMILY_OWN: which file a segment (from 0) is.
    uint32_t *segment_files;
};

// Reads the names settings->words: files, and the .csv and .copy files of folders by name. False with the failure told, as all
// below.
MUST_CHECK bool import_find_files(struct import *import);

// Files of tables source_…: into these tables; and from there to segments.
MUST_CHECK bool import_tables_read(struct import *import, const char *session_settings);
MUST_CHECK bool import_tables_plan(struct import *import, struct session *session, struct plan *plan);
MUST_CHECK bool import_tables_fill(
    struct session *session, const struct segment *segment, const char *table, const char *action);

// Takes a line out: into the file of rejects, and into the counts of its file.
MUST_CHECK bool import_reject(
    struct rejects *rejects, struct import_file *file, uint64_t line, const char *reason, struct view text);

// What only shows when all files are read: takes such rows out of the tables and into source_reject (place, reason), and
// prepares the tables that import_tables_fill() reads.
// Tells the progress of all records after each of import_check_steps() steps.
uint32_t import_check_steps(const struct import *import);
MUST_CHECK bool import_check(struct import *import, const char *session_settings, struct progress *progress);

// Files as reviewd-seed generate writes them: straight into segments, one each.
MUST_CHECK bool import_own_plan(struct import *import, struct plan *plan);
MUST_CHECK bool import_own_fill(struct import *import, struct session *session, const struct segment *segment,
    const char *table, const char *action);

// Opens a file for reading from its beginning to its end; -1 with the failure told.
int import_open_file(const struct import *import, const struct import_file *file);

// Reads up to `room` bytes, fewer only at the end of the file. False with the failure told.
MUST_CHECK bool import_read_bytes(
    const struct import *import, const struct import_file *file, int fd, char *bytes, size_t room, size_t *length);

#endif
