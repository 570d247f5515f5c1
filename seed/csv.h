// Reads CSV (RFC 4180) as it streams in, whatever the pieces; a line that is no CSV costs that line and no other.
#ifndef REVIEWD_SEED_CSV_H
#define REVIEWD_SEED_CSV_H

#include "core/base.h"

enum {
    // Bytes of a record, without the end of its last line.
    CSV_RECORD_MAX = 1024 * 1024,
    CSV_FIELDS_MAX = 64,
    CSV_CHUNK = 256 * 1024,
    CSV_CAPACITY = CSV_RECORD_MAX + CSV_CHUNK + 8
};

// Views are good until the reader is used again.
struct csv_record {
    // As it stands in the file, without the end of the last line.
    struct view raw;
    // The number of its first line, from 1.
    uint64_t line;
    // Null, or why this is no record: a sentence (static text). It is then one line of the file, and there are no fields.
    const char *fault;
    // Without quotes.
    const struct view *fields;
    uint32_t field_count;
};

// 2.3 MB; one file at a time.
struct csv_reader {
    uint64_t line;
    // What is not yet consumed of bytes.
    size_t begin;
    size_t end;
    bool ended;
    // Before the first byte, where a byte order mark may be.
    bool at_start;
    // Within a line that is too long, of which no more is wanted.
    bool skipping;
    struct view fields[CSV_FIELDS_MAX];
    char bytes[CSV_CAPACITY];
    // Fields in which quotes were doubled.
    char unescaped[CSV_CAPACITY];
};

// Turns to the beginning of a file.
void csv_start(struct csv_reader *reader);

// Where the next bytes of the file go: at least CSV_CHUNK bytes of room if csv_next() was false. Tell how many came.
char *csv_room(struct csv_reader *reader, size_t *room);
void csv_came(struct csv_reader *reader, size_t length);

// No more bytes come.
void csv_end(struct csv_reader *reader);

// Takes the next record. False when more bytes are needed, or after csv_end() when all are read. Lines end with LF or CRLF, the
// last one need not; empty ones are passed over; so is a byte order mark. A quote within an unquoted field is a character.
//
// What cannot be a record (an open quote, say) is told with only its first line, and reading goes on with the next line: an
// open quote does not swallow the good lines behind it. Of a single line beyond CSV_RECORD_MAX `raw` is only the beginning.
MUST_CHECK bool csv_next(struct csv_reader *reader, struct csv_record *record);

// How many lines are behind what was taken.
static inline uint64_t csv_line(const struct csv_reader *reader) {
    return reader->line - 1;
}

#endif
