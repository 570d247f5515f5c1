// The option table: core/config.def as data, and what can be done with one option. For config*.c and tests.
#ifndef REVIEWD_CORE_CONFIG_OPTION_H
#define REVIEWD_CORE_CONFIG_OPTION_H

#include "core/buffer.h"
#include "core/config.h"

// The place of an option in config_options, for example OPTION_server_port.
enum option_id {
#define INT(section, key, initial, least, most, doc) OPTION_##section##_##key,
#define TEXT(section, key, initial, format, doc) OPTION_##section##_##key,
#define CHOICE(section, key, initial, choices, doc) OPTION_##section##_##key,
#include "core/config.def"
    OPTION_COUNT
};

enum section_id {
#define SECTION(section, doc) SECTION_##section,
#include "core/config.def"
    SECTION_COUNT
};

enum option_type {
    OPTION_TYPE_INT,
    OPTION_TYPE_TEXT,
    OPTION_TYPE_CHOICE
};

enum text_format {
    TEXT_FORMAT_ADDRESS,  // an IP address in numbers
    TEXT_FORMAT_ORIGIN,   // the value of Access-Control-Allow-Origin, or nothing
    TEXT_FORMAT_FOLDER,   // a path, or nothing
    TEXT_FORMAT_CONNINFO, // what libpq takes; may hold a password
};

struct section {
    const char *name;
    const char *doc;
};

struct option {
    enum section_id section;
    enum option_type type;
    const char *key;
    const char *doc;
    size_t offset;            // of the member in struct config
    uint32_t initial_number;  // INT, CHOICE
    uint32_t least;           // INT
    uint32_t most;            // INT
    const char *initial_text; // TEXT
    enum text_format format;  // TEXT
    const char *choices;      // CHOICE: "a|b|c"
};

extern const struct section config_sections[SECTION_COUNT];
extern const struct option config_options[OPTION_COUNT];

// The id of an option or section, or OPTION_COUNT or SECTION_COUNT if there is none of that name.
enum section_id section_find(struct view name);
enum option_id option_find(enum section_id section, struct view key);

// The option or section whose name is most like one that is wrong; OPTION_COUNT if no option's is much like it.
enum option_id option_nearest(enum section_id section, struct view key);
enum section_id section_nearest(struct view name);

// Sets an option from text. When the text is no value of the option, returns false, leaves the option as it was and
// appends what is wrong, without showing a text that may hold a password.
MUST_CHECK bool option_set(const struct option *option, struct config *config, struct view text, struct buffer *wrong);

// Appends the value or the default as option_set takes it, and what values are allowed, for people.
void option_append_value(const struct option *option, const struct config *config, struct buffer *out);
void option_append_initial(const struct option *option, struct buffer *out);
void option_append_allowed(const struct option *option, struct buffer *out);

static inline uint32_t *option_number(const struct option *option, struct config *config) {
    return (uint32_t *)(void *)((char *)config + option->offset);
}

static inline char **option_text(const struct option *option, struct config *config) {
    return (char **)(void *)((char *)config + option->offset);
}

// Appends text shortened and without control characters, so that an error stays one line; and the same between quotes.
void append_shown(struct buffer *out, struct view text);
void append_quoted(struct buffer *out, struct view text);

// What config_check_totals tells of a total that is impossible: the options in it, and in words what is wrong and allowed.
typedef void config_total_report(
    void *user, const enum option_id *options, size_t count, struct view wrong, struct view allowed);

// Checks that the options fit together, and reports each total that does not. A number of actors that is to be derived
// counts as 1.
void config_check_totals(const struct config *config, config_total_report *report, void *user);

#endif
