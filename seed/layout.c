// The layouts of files.
#include "seed/layout.h"

#include <stdio.h>
#include <strings.h>

struct field {
    const char *name;
    void (*read)(struct import_record *record, struct view value);
};

#define LAYOUT(identifier, family, what) static const struct field identifier##_FIELDS[] = {
#define FIELD(name, reader) {#name, reader},
#define END                                                                                                            \
    }                                                                                                                  \
    ;
#include "seed/layout.def"
#undef LAYOUT
#undef FIELD
#undef END

#define COLUMN(name) {#name, NULL},
static const struct field OWN_FIELDS[] = {
#include "seed/columns.def"
};
#undef COLUMN

static const struct field REJECT_FIELDS[] = {{"file", NULL}, {"line", NULL}, {"reason", NULL}, {"text", NULL}};

struct description {
    const char *what;
    const struct field *fields;
    uint32_t field_count;
    enum layout_family family;
};

static const struct description DESCRIPTIONS[LAYOUT_COUNT] = {
#define LAYOUT(identifier, family, what)                                                                               \
    [LAYOUT_##identifier] = {what, identifier##_FIELDS, COUNT_OF(identifier##_FIELDS), FAMILY_##family},
#define FIELD(name, reader)
#define END
#include "seed/layout.def"
#undef LAYOUT
#undef FIELD
#undef END
    [LAYOUT_OWN_CSV] = {"CSV of reviewd-seed generate", OWN_FIELDS, COUNT_OF(OWN_FIELDS), FAMILY_OWN},
    [LAYOUT_OWN_BINARY] = {"binary COPY of reviewd-seed generate", NULL, 0, FAMILY_OWN},
    [LAYOUT_REJECTS] = {"the rejects of an earlier load", REJECT_FIELDS, COUNT_OF(REJECT_FIELDS), FAMILY_NONE},
    [LAYOUT_UNKNOWN] = {"unknown", NULL, 0, FAMILY_NONE},
};

enum layout_family layout_family(enum layout layout) {
    return DESCRIPTIONS[layout].family;
}

const char *layout_what(enum layout layout) {
    return DESCRIPTIONS[layout].what;
}

static bool has_fields(const struct description *description, const struct csv_record *line) {
    if (description->field_count == 0 || line->field_count != description->field_count) {
        return false;
    }
    for (uint32_t i = 0; i < line->field_count; i++) {
        struct view name = import_trim(line->fields[i]);
        if (strlen(description->fields[i].name) != name.length ||
            strncasecmp(description->fields[i].name, name.data, name.length) != 0) {
            return false;
        }
    }
    return true;
}

enum layout layout_find(struct csv_reader *reader, struct view beginning) {
    static const char SIGNATURE[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};
    if (beginning.length >= sizeof SIGNATURE && memcmp(beginning.data, SIGNATURE, sizeof SIGNATURE) == 0) {
        return LAYOUT_OWN_BINARY;
    }
    struct csv_record line;
    size_t room = 0;
    csv_start(reader);
    char *bytes = csv_room(reader, &room);
    size_t length = beginning.length < room ? beginning.length : room;
    memcpy(bytes, beginning.data, length);
    csv_came(reader, length);
    csv_end(reader);
    if (!csv_next(reader, &line)) {
        return LAYOUT_UNKNOWN;
    }
    for (enum layout layout = 0; layout < LAYOUT_UNKNOWN; layout++) {
        if (has_fields(&DESCRIPTIONS[layout], &line)) {
            return layout;
        }
    }
    return LAYOUT_UNKNOWN;
}

void layout_list(struct buffer *text) {
    for (enum layout layout = 0; layout < LAYOUT_REJECTS; layout++) {
        const struct description *description = &DESCRIPTIONS[layout];
        buffer_format(text, "\n  %s: ", description->what);
        for (uint32_t i = 0; i < description->field_count; i++) {
            buffer_format(text, "%s%s", i == 0 ? "" : ",", description->fields[i].name);
        }
        if (description->field_count == 0) {
            buffer_format(text, "begins with PGCOPY");
        }
    }
}

bool layout_read(enum layout layout, const struct csv_record *line, struct import_record *record) {
    const struct description *description = &DESCRIPTIONS[layout];
    import_record_start(record);
    if (line->field_count != description->field_count) {
        snprintf(record->reason, sizeof record->reason, "the line has %u %s; %u are expected", line->field_count,
            line->field_count == 1 ? "column" : "columns", description->field_count);
        return false;
    }
    for (uint32_t i = 0; i < line->field_count; i++) {
        record->field = description->fields[i].name;
        description->fields[i].read(record, line->fields[i]);
    }
    return record->reason[0] == '\0';
}
