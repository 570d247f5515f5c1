// Reads a configuration: the file, then the environment, then whether the options fit together.
//
// inih (Debian's libinih) parses the file, but tells neither the line of a pair nor more than the first error. So it reads
// through read_line, which counts the lines, sees to what inih would pass over, and expects a pair after each line that
// should be one.
#include "core/config.h"
#include "core/config_option.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>

enum {
    LINE_BYTES = 4096, // with the end of line; inih's own default of 200 is short for a connection string
    ORIGIN_DEFAULT = 0,
    ORIGIN_ENVIRONMENT = -1 // any other origin is a line of the file
};

struct loader {
    struct config *config;
    const char *path;
    FILE *errors;
    bool failed;
    struct buffer wrong;   // scratch for messages
    struct buffer allowed; // scratch for messages
    // The file.
    FILE *file;
    char *line;
    size_t line_room;
    int line_number;
    bool pair_expected; // the line last given to inih should be a pair, and has not become one yet
    bool section_known; // false: the section's pairs are passed over, for it was reported
    // For each option: where its value comes from, and whether any value for it was refused.
    int origins[OPTION_COUNT];
    bool refused[OPTION_COUNT];
};

#define PREFIX "REVIEWD_"

// Appends the environment variable of an option, and returns it.
static struct view variable_name(struct buffer *out, const struct option *option) {
    size_t begin = out->length;
    buffer_format(out, PREFIX "%s_%s", config_sections[option->section].name, option->key);
    for (size_t i = begin; i < out->length; i++) {
        out->data[i] = (char)toupper((unsigned char)out->data[i]);
    }
    return (struct view){out->data + begin, out->length - begin};
}

// Writes one line: the place (which is freed), loader->wrong, and loader->allowed unless that is empty.
static void report_wrong(struct loader *loader, struct buffer *place) {
    loader->failed = true;
    fprintf(
        loader->errors, "%.*s: %.*s", (int)place->length, place->data, (int)loader->wrong.length, loader->wrong.data);
    if (loader->allowed.length > 0) {
        fprintf(loader->errors, "; allowed: %.*s", (int)loader->allowed.length, loader->allowed.data);
    }
    fputc('\n', loader->errors);
    loader->wrong.length = 0;
    loader->allowed.length = 0;
    buffer_free(place);
}

// The same, where the place is the line that was read last.
static void report_line(struct loader *loader) {
    struct buffer place = {0};
    buffer_format(&place, "%s:%d", loader->path, loader->line_number);
    report_wrong(loader, &place);
}

// The same, where the place is the whole file and the reason errno.
static void report_file(struct loader *loader, const char *what) {
    struct buffer place = {0};
    buffer_append(&place, view_of(loader->path));
    buffer_format(&loader->wrong, "%s: %s", what, strerror(errno));
    report_wrong(loader, &place);
}

// The place that messages name, as an option's origin says.
static struct buffer origin_place(const struct loader *loader, enum option_id id, int origin) {
    struct buffer place = {0};
    if (origin == ORIGIN_ENVIRONMENT) {
        struct buffer name = {0};
        struct view variable = variable_name(&name, &config_options[id]);
        buffer_format(&place, "environment %.*s", (int)variable.length, variable.data);
        buffer_free(&name);
    } else if (origin == ORIGIN_DEFAULT) {
        buffer_append(&place, VIEW("defaults"));
    } else {
        buffer_format(&place, "%s:%d", loader->path, origin);
    }
    return place;
}

static void append_sections(struct buffer *out) {
    for (enum section_id id = 0; id < SECTION_COUNT; id++) {
        buffer_format(out, "%s[%s]", id == 0 ? "" : ", ", config_sections[id].name);
    }
}

// `variable` is null for a key of the file.
static void report_unknown_key(struct loader *loader, const char *variable, enum section_id section, struct view key) {
    const char *separator = "";
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        if (config_options[id].section == section) {
            buffer_format(&loader->allowed, "%s%s", separator, config_options[id].key);
            separator = ", ";
        }
    }
    enum option_id nearest = option_nearest(section, key);
    struct buffer *wrong = &loader->wrong;
    buffer_format(wrong, "%s.", config_sections[section].name);
    append_shown(wrong, key);
    buffer_append(wrong, VIEW(": unknown key"));
    if (nearest != OPTION_COUNT) {
        const struct option *option = &config_options[nearest];
        buffer_append(wrong, VIEW(", did you mean "));
        if (variable == NULL) {
            buffer_format(wrong, "%s.%s", config_sections[option->section].name, option->key);
        } else {
            (void)variable_name(wrong, option);
        }
        buffer_append(wrong, VIEW("?"));
    }
    struct buffer place = {0};
    if (variable == NULL) {
        report_line(loader);
    } else {
        buffer_append(&place, VIEW("environment "));
        append_shown(&place, (struct view){variable, strcspn(variable, "=")});
        report_wrong(loader, &place);
    }
}

static void assign(struct loader *loader, enum option_id id, struct view value, int origin) {
    const struct option *option = &config_options[id];
    struct buffer place = origin_place(loader, id, origin);
    buffer_format(&loader->wrong, "%s.%s: ", config_sections[option->section].name, option->key);
    int earlier = loader->origins[id];
    if (earlier == ORIGIN_DEFAULT || (origin == ORIGIN_ENVIRONMENT && earlier != ORIGIN_ENVIRONMENT)) {
        loader->origins[id] = origin;
        if (option_set(option, loader->config, value, &loader->wrong)) {
            loader->wrong.length = 0;
            buffer_free(&place);
            return;
        }
        loader->refused[id] = true;
        option_append_allowed(option, &loader->allowed);
    } else {
        buffer_append(&loader->allowed, VIEW("once"));
        if (origin == ORIGIN_ENVIRONMENT) {
            buffer_append(&loader->wrong, VIEW("given twice"));
        } else {
            buffer_format(&loader->wrong, "given twice, first in line %d", earlier);
        }
    }
    report_wrong(loader, &place);
}

static int take_pair(void *user, const char *section, const char *name, const char *value) {
    struct loader *loader = user;
    loader->pair_expected = false;
    if (!loader->section_known) {
        return 1;
    }
    struct view key = view_of(name);
    enum section_id section_id = section_find(view_of(section));
    if (section_id == SECTION_COUNT) {
        buffer_append(&loader->wrong, VIEW("the key "));
        append_quoted(&loader->wrong, key);
        buffer_append(&loader->wrong, VIEW(" stands before any section"));
        append_sections(&loader->allowed);
        report_line(loader);
        return 1;
    }
    enum option_id id = option_find(section_id, key);
    if (id == OPTION_COUNT) {
        report_unknown_key(loader, NULL, section_id, key);
    } else {
        assign(loader, id, view_of(value), loader->line_number);
    }
    return 1;
}

static void enter_section(struct loader *loader, struct view line) {
    const char *end = memchr(line.data, ']', line.length);
    loader->section_known = false;
    if (end == NULL) {
        buffer_append(&loader->wrong, VIEW("a section that does not end"));
        append_sections(&loader->allowed);
        report_line(loader);
        return;
    }
    struct view name = {line.data + 1, (size_t)(end - line.data) - 1};
    size_t behind = name.length + 2;
    while (behind < line.length && isspace((unsigned char)line.data[behind])) {
        behind++;
    }
    if (section_find(name) == SECTION_COUNT) {
        buffer_append(&loader->wrong, VIEW("unknown section "));
        append_quoted(&loader->wrong, name);
        buffer_format(&loader->wrong, ", did you mean [%s]?", config_sections[section_nearest(name)].name);
        append_sections(&loader->allowed);
        report_line(loader);
        return;
    }
    loader->section_known = true;
    if (behind < line.length && strchr(";#", line.data[behind]) == NULL) {
        buffer_format(&loader->wrong, "text behind [%.*s]", (int)name.length, name.data);
        buffer_append(&loader->allowed, VIEW("a comment, or key = value on a line of its own"));
        report_line(loader);
    }
}

// The line without the byte order mark of a first line and the space around it.
static struct view trimmed_line(const struct loader *loader, size_t length) {
    struct view line = {loader->line, length};
    if (loader->line_number == 1 && line.length >= 3 && memcmp(line.data, "\xef\xbb\xbf", 3) == 0) {
        line = (struct view){line.data + 3, line.length - 3};
    }
    while (line.length > 0 && isspace((unsigned char)line.data[line.length - 1])) {
        line.length--;
    }
    while (line.length > 0 && isspace((unsigned char)line.data[0])) {
        line = (struct view){line.data + 1, line.length - 1};
    }
    return line;
}

static void finish_line(struct loader *loader) {
    if (loader->pair_expected && loader->section_known) {
        buffer_append(&loader->wrong, VIEW("a line that is no key = value"));
        buffer_append(&loader->allowed, VIEW("[section], key = value, or a comment behind #"));
        report_line(loader);
    }
    loader->pair_expected = false;
}

// Gives inih the next line, as fgets would, but without leading space (which would make it a continuation of the line
// before), and empty if the line itself is an error.
static char *read_line(char *out, int room, void *stream) {
    struct loader *loader = stream;
    finish_line(loader);
    ssize_t length = getline(&loader->line, &loader->line_room, loader->file);
    if (length < 0) {
        return NULL;
    }
    loader->line_number++;
    struct view line = trimmed_line(loader, (size_t)length);
    size_t most = (size_t)room - 3; // what inih says: the end of line and a terminator
    if (line.length > most) {
        buffer_format(&loader->wrong, "a line of %zu bytes", line.length);
        buffer_format(&loader->allowed, "at most %zu", most);
        report_line(loader);
        line.length = 0;
    } else if (line.length > 0 && memchr(line.data, '\0', line.length) != NULL) {
        buffer_append(&loader->wrong, VIEW("a line with a NUL byte"));
        buffer_append(&loader->allowed, VIEW("text"));
        report_line(loader);
        line.length = 0;
    } else if (line.length > 0 && line.data[0] == '[') {
        enter_section(loader, line);
    } else {
        loader->pair_expected = line.length > 0 && line.data[0] != '#' && line.data[0] != ';';
    }
    memcpy(out, line.data, line.length);
    memcpy(out + line.length, "\n", 2);
    return out;
}

static void load_file(struct loader *loader) {
    loader->file = fopen(loader->path, "re");
    if (loader->file == NULL) {
        report_file(loader, "cannot be opened");
        return;
    }
    // A setting of the whole library, so it is put back.
    int line_bytes = ini_max_line;
    ini_max_line = LINE_BYTES;
    int result = ini_parse_stream(read_line, loader, take_pair, loader);
    ini_max_line = line_bytes;
    if (ferror(loader->file) != 0) {
        report_file(loader, "cannot be read");
    } else if (result != 0 && !loader->failed) {
        loader->line_number = result;
        buffer_append(&loader->wrong, VIEW("not understood"));
        report_line(loader);
    }
    free(loader->line);
    (void)fclose(loader->file);
}

// The section whose variables begin as `name` does (behind REVIEWD_); SECTION_COUNT for a variable of somebody else.
static enum section_id variable_section(struct view name) {
    for (enum section_id id = 0; id < SECTION_COUNT; id++) {
        size_t length = strlen(config_sections[id].name);
        if (name.length > length && name.data[length] == '_' &&
            strncasecmp(name.data, config_sections[id].name, length) == 0) {
            return id;
        }
    }
    return SECTION_COUNT;
}

static void load_variable(struct loader *loader, const char *variable) {
    size_t length = strcspn(variable, "=");
    struct buffer known = {0};
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        known.length = 0;
        if (view_equal(variable_name(&known, &config_options[id]), (struct view){variable, length})) {
            buffer_free(&known);
            assign(loader, id, view_of(variable + length + 1), ORIGIN_ENVIRONMENT);
            return;
        }
    }
    buffer_free(&known);
    struct view name = {variable + strlen(PREFIX), length - strlen(PREFIX)};
    enum section_id section = variable_section(name);
    if (section != SECTION_COUNT) {
        size_t key = strlen(config_sections[section].name) + 1;
        report_unknown_key(loader, variable, section, (struct view){name.data + key, name.length - key});
    }
}

static void load_environment(struct loader *loader, char *const *environment) {
    for (; *environment != NULL; environment++) {
        if (strchr(*environment, '=') != NULL && strncmp(*environment, PREFIX, strlen(PREFIX)) == 0) {
            load_variable(loader, *environment);
        }
    }
}

// Reports a total at the option that was set last: the others may well be as they always were.
static void report_total(
    void *user, const enum option_id *options, size_t count, struct view wrong, struct view allowed) {
    struct loader *loader = user;
    enum option_id named = options[0];
    for (size_t i = 0; i < count; i++) {
        if (loader->refused[options[i]]) {
            return; // a total of values that are not the ones wanted
        }
        int origin = loader->origins[options[i]];
        int best = loader->origins[named];
        if (best != ORIGIN_ENVIRONMENT && (origin == ORIGIN_ENVIRONMENT || origin > best)) {
            named = options[i];
        }
    }
    struct buffer place = origin_place(loader, named, loader->origins[named]);
    buffer_format(&loader->wrong, "%s.%s: impossible total: ", config_sections[config_options[named].section].name,
        config_options[named].key);
    buffer_append(&loader->wrong, wrong);
    buffer_append(&loader->allowed, allowed);
    report_wrong(loader, &place);
}

bool config_load(struct config *config, const char *path, char *const *environment, FILE *errors) {
    struct loader loader = {.config = config, .path = path, .errors = errors, .section_known = true};
    if (path != NULL) {
        load_file(&loader);
    }
    if (environment != NULL) {
        load_environment(&loader, environment);
    }
    config_check_totals(config, report_total, &loader);
    buffer_free(&loader.wrong);
    buffer_free(&loader.allowed);
    return !loader.failed;
}
