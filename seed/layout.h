// The layouts of files: which one a file's first line announces, and how a line of it becomes a record.
#ifndef REVIEWD_SEED_LAYOUT_H
#define REVIEWD_SEED_LAYOUT_H

#include "core/buffer.h"
#include "seed/csv.h"
#include "seed/import_record.h"

enum layout {
#define LAYOUT(identifier, family, what) LAYOUT_##identifier,
#define FIELD(name, reader)
#define END
#include "seed/layout.def"
#undef LAYOUT
#undef FIELD
#undef END
    // As reviewd-seed generate writes them.
    LAYOUT_OWN_CSV,
    LAYOUT_OWN_BINARY,
    // The file of rejects of an earlier load.
    LAYOUT_REJECTS,
    LAYOUT_UNKNOWN,
    LAYOUT_COUNT
};

enum layout_family {
    FAMILY_ORIGINAL,
    FAMILY_ATELIER,
    FAMILY_OWN,
    FAMILY_NONE
};

// Which layout a file has that begins with these bytes (some thousand, or the whole file). Turns the reader to them.
enum layout layout_find(struct csv_reader *reader, struct view beginning);

enum layout_family layout_family(enum layout layout);

// What files of the layout hold, for messages.
const char *layout_what(enum layout layout);

// Appends the first lines of all layouts, a line each behind two spaces.
void layout_list(struct buffer *text);

// Reads the fields of a line, of the original's or the Atelier data's layouts, into *record. False when a field is wrong:
// *record then tells the reason. record->now_ms must be set; record->photos is used again.
MUST_CHECK bool layout_read(enum layout layout, const struct csv_record *line, struct import_record *record);

#endif
