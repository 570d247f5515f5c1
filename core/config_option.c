#include "core/config_option.h"

#include "core/log.h"
#include "core/memory.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

const struct section config_sections[SECTION_COUNT] = {
#define SECTION(section, doc) {#section, doc},
#include "core/config.def"
};

#define COMMON(type_, section_, key_, doc_)                                                                            \
    .section = SECTION_##section_, .type = OPTION_TYPE_##type_, .key = #key_, .doc = doc_,                             \
    .offset = offsetof(struct config, section_##_##key_)

const struct option config_options[OPTION_COUNT] = {
#define INT(section_, key_, initial_, least_, most_, doc_)                                                             \
    {COMMON(INT, section_, key_, doc_), .initial_number = (initial_), .least = (least_), .most = (most_)},
#define TEXT(section_, key_, initial_, format_, doc_)                                                                  \
    {COMMON(TEXT, section_, key_, doc_), .initial_text = (initial_), .format = TEXT_FORMAT_##format_},
#define CHOICE(section_, key_, initial_, choices_, doc_)                                                               \
    {COMMON(CHOICE, section_, key_, doc_), .initial_number = (initial_), .choices = (choices_)},
#include "core/config.def"
};

enum {
    SHOWN_BYTES = 60,
    DISTANCE_BYTES = 32 // longer names are compared by their beginnings
};

enum section_id section_find(struct view name) {
    for (enum section_id id = 0; id < SECTION_COUNT; id++) {
        if (view_equal(view_of(config_sections[id].name), name)) {
            return id;
        }
    }
    return SECTION_COUNT;
}

enum option_id option_find(enum section_id section, struct view key) {
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        if (config_options[id].section == section && view_equal(view_of(config_options[id].key), key)) {
            return id;
        }
    }
    return OPTION_COUNT;
}

static size_t least_of(size_t a, size_t b) {
    return a < b ? a : b;
}

// How many letters must be added, removed or exchanged to make one name of the other (Levenshtein's distance).
static size_t name_distance(struct view a, struct view b) {
    size_t row[DISTANCE_BYTES + 1];
    a.length = least_of(a.length, DISTANCE_BYTES);
    b.length = least_of(b.length, DISTANCE_BYTES);
    for (size_t j = 0; j <= b.length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = tolower((unsigned char)a.data[i - 1]) == tolower((unsigned char)b.data[j - 1]);
            size_t exchanged = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            row[j] = least_of(exchanged, least_of(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.length];
}

enum option_id option_nearest(enum section_id section, struct view key) {
    enum option_id nearest = 0;
    size_t nearest_distance = SIZE_MAX;
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        // A key of another section is nearer only if it is spelled better.
        size_t distance =
            2 * name_distance(view_of(config_options[id].key), key) + (config_options[id].section == section ? 0 : 1);
        if (distance < nearest_distance) {
            nearest = id;
            nearest_distance = distance;
        }
    }
    // With more than a third of the letters wrong it is another word.
    bool alike = name_distance(view_of(config_options[nearest].key), key) <= 1 + key.length / 3;
    return alike ? nearest : OPTION_COUNT;
}

enum section_id section_nearest(struct view name) {
    enum section_id nearest = 0;
    for (enum section_id id = 1; id < SECTION_COUNT; id++) {
        if (name_distance(view_of(config_sections[id].name), name) <
            name_distance(view_of(config_sections[nearest].name), name)) {
            nearest = id;
        }
    }
    return nearest;
}

void append_shown(struct buffer *out, struct view text) {
    for (size_t i = 0; i < text.length && i < SHOWN_BYTES; i++) {
        bool plain = (unsigned char)text.data[i] >= ' ' && text.data[i] != 0x7f;
        buffer_append(out, plain ? (struct view){text.data + i, 1} : VIEW("?"));
    }
    if (text.length > SHOWN_BYTES) {
        buffer_append(out, VIEW("..."));
    }
}

void append_quoted(struct buffer *out, struct view text) {
    buffer_append(out, VIEW("\""));
    append_shown(out, text);
    buffer_append(out, VIEW("\""));
}

static bool set_int(const struct option *option, struct config *config, struct view text, struct buffer *wrong) {
    uint64_t number = 0;
    bool digits = text.length > 0;
    for (size_t i = 0; i < text.length && digits; i++) {
        digits = text.data[i] >= '0' && text.data[i] <= '9';
        if (number <= UINT32_MAX) {
            number = number * 10 + (uint64_t)(text.data[i] - '0');
        }
    }
    if (!digits) {
        append_quoted(wrong, text);
        buffer_append(wrong, VIEW(" is not a whole number"));
        return false;
    }
    if (number < option->least || number > option->most) {
        append_quoted(wrong, text);
        buffer_append(wrong, number < option->least ? VIEW(" is too small") : VIEW(" is too large"));
        return false;
    }
    *option_number(option, config) = (uint32_t)number;
    return true;
}

// Splits "a|b|c": moves *rest behind the first word and returns that; a view without data at the end.
static struct view next_choice(const char **rest) {
    if (*rest == NULL) {
        return (struct view){NULL, 0};
    }
    struct view word = {*rest, strcspn(*rest, "|")};
    *rest = word.data[word.length] == '|' ? word.data + word.length + 1 : NULL;
    return word;
}

static bool set_choice(const struct option *option, struct config *config, struct view text, struct buffer *wrong) {
    const char *rest = option->choices;
    uint32_t index = 0;
    for (struct view word = next_choice(&rest); word.data != NULL; word = next_choice(&rest), index++) {
        if (view_equal(word, text)) {
            *option_number(option, config) = index;
            return true;
        }
    }
    append_quoted(wrong, text);
    buffer_append(wrong, VIEW(" is not one of the words"));
    return false;
}

static bool is_address(const char *text) {
    struct in6_addr address; // large enough for either family
    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

// RFC 6454: scheme "://" host [ ":" port ]. The host is not looked into, only kept from becoming two values or a path.
static bool is_origin(const char *text) {
    if (text[0] == '\0' || strcmp(text, "*") == 0) {
        return true;
    }
    const char *host = strncmp(text, "https://", 8) == 0 ? text + 8 : strncmp(text, "http://", 7) == 0 ? text + 7 : "";
    size_t plain = 0;
    while (isalnum((unsigned char)host[plain]) || (host[plain] != '\0' && strchr("-._:[]", host[plain]) != NULL)) {
        plain++;
    }
    return plain > 0 && host[plain] == '\0';
}

static bool set_text(const struct option *option, struct config *config, struct view text, struct buffer *wrong) {
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f) {
            buffer_append(wrong, VIEW("the value holds a control character"));
            return false;
        }
        if (text.data[i] == ';' && i > 0 && text.data[i - 1] == ' ') {
            // An ini file cannot say it, so the environment may not either: a dump would lose it.
            buffer_append(wrong, VIEW("the value holds a semicolon behind a space, which begins a comment"));
            return false;
        }
    }
    char *copy = memory_allocate(1, text.length + 1);
    memcpy(copy, text.data, text.length);
    const char *complaint = NULL;
    switch (option->format) {
    case TEXT_FORMAT_ADDRESS: complaint = is_address(copy) ? NULL : " is not an IP address"; break;
    case TEXT_FORMAT_ORIGIN: complaint = is_origin(copy) ? NULL : " is not an origin"; break;
    case TEXT_FORMAT_FOLDER: break;
    case TEXT_FORMAT_CONNINFO: complaint = text.length > 0 ? NULL : " is not a connection string"; break;
    }
    if (complaint != NULL) {
        append_quoted(wrong, text);
        buffer_append(wrong, view_of(complaint));
        free(copy);
        return false;
    }
    free(*option_text(option, config));
    *option_text(option, config) = copy;
    return true;
}

bool option_set(const struct option *option, struct config *config, struct view text, struct buffer *wrong) {
    while (text.length > 0 && isspace((unsigned char)text.data[0])) {
        text = (struct view){text.data + 1, text.length - 1};
    }
    while (text.length > 0 && isspace((unsigned char)text.data[text.length - 1])) {
        text.length--;
    }
    switch (option->type) {
    case OPTION_TYPE_INT: return set_int(option, config, text, wrong);
    case OPTION_TYPE_CHOICE: return set_choice(option, config, text, wrong);
    case OPTION_TYPE_TEXT: return set_text(option, config, text, wrong);
    }
    return false;
}

static void append_number(const struct option *option, uint32_t number, struct buffer *out) {
    if (option->type == OPTION_TYPE_INT) {
        buffer_format(out, "%u", number);
        return;
    }
    const char *rest = option->choices;
    struct view word = next_choice(&rest);
    for (uint32_t index = 0; index < number && word.data != NULL; index++) {
        word = next_choice(&rest);
    }
    buffer_append(out, word);
}

void option_append_value(const struct option *option, const struct config *config, struct buffer *out) {
    const char *member = (const char *)config + option->offset;
    if (option->type == OPTION_TYPE_TEXT) {
        buffer_append(out, view_of(*(char *const *)(const void *)member));
    } else {
        append_number(option, *(const uint32_t *)(const void *)member, out);
    }
}

void option_append_initial(const struct option *option, struct buffer *out) {
    if (option->type == OPTION_TYPE_TEXT) {
        buffer_append(out, view_of(option->initial_text));
    } else {
        append_number(option, option->initial_number, out);
    }
}

void option_append_allowed(const struct option *option, struct buffer *out) {
    if (option->type == OPTION_TYPE_INT) {
        buffer_format(out, "%u to %u", option->least, option->most);
        return;
    }
    if (option->type == OPTION_TYPE_CHOICE) {
        const char *rest = option->choices;
        for (struct view word = next_choice(&rest); word.data != NULL; word = next_choice(&rest)) {
            buffer_append(out, word);
            buffer_append(out, rest != NULL ? VIEW(", ") : (struct view){NULL, 0});
        }
        return;
    }
    switch (option->format) {
    case TEXT_FORMAT_ADDRESS:
        buffer_append(out, VIEW("an IPv4 or IPv6 address in numbers, such as 127.0.0.1 or ::1"));
        break;
    case TEXT_FORMAT_ORIGIN: buffer_append(out, VIEW("*, an origin such as https://shop.example, or nothing")); break;
    case TEXT_FORMAT_FOLDER: buffer_append(out, VIEW("a folder, or nothing")); break;
    case TEXT_FORMAT_CONNINFO: buffer_append(out, VIEW("a libpq connection string or postgresql:// URI")); break;
    }
}
