// Prints a configuration as the ini file that makes it, with every option explained.
#include "core/config.h"
#include "core/config_option.h"
#include "core/conninfo.h"

enum {
    COLUMNS = 100
};

// Writes words as comment lines of at most COLUMNS columns.
static void write_comment(FILE *out, struct view text) {
    size_t column = 0;
    while (text.length > 0) {
        const char *space = memchr(text.data, ' ', text.length);
        size_t word = space == NULL ? text.length : (size_t)(space - text.data);
        if (column > 0 && column + 1 + word > COLUMNS) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column == 0 ? "# " : " ", (int)word, text.data);
        size_t taken = space == NULL ? word : word + 1;
        text = (struct view){text.data + taken, text.length - taken};
    }
    fputc('\n', out);
}

static void write_range(FILE *out, const struct option *option) {
    struct buffer line = {0};
    buffer_append(&line, VIEW("Allowed: "));
    option_append_allowed(option, &line);
    buffer_append(&line, VIEW("; default "));
    size_t before = line.length;
    option_append_initial(option, &line);
    buffer_append(&line, line.length == before ? VIEW("nothing") : VIEW(""));
    buffer_append(&line, VIEW("."));
    write_comment(out, buffer_view(&line));
    buffer_free(&line);
}

static void write_option(FILE *out, const struct option *option, const struct config *config) {
    fputc('\n', out);
    write_comment(out, view_of(option->doc));
    write_range(out, option);
    struct buffer value = {0};
    option_append_value(option, config, &value);
    if (option->type == OPTION_TYPE_TEXT && option->format == TEXT_FORMAT_CONNINFO) {
        struct buffer shown = {0};
        if (conninfo_append_masked(&shown, buffer_view(&value))) {
            write_comment(out, VIEW("The password is hidden here: put it back before this is used."));
        }
        buffer_free(&value);
        value = shown;
    }
    fprintf(out, "%s =%s%.*s\n", option->key, value.length == 0 ? "" : " ", (int)value.length, value.data);
    buffer_free(&value);
}

void config_dump(const struct config *config, FILE *out) {
    write_comment(out,
        VIEW("The configuration of reviewd, as reviewd --dump-config prints it. An option that is left out has its "
             "default. The environment variable REVIEWD_SECTION_KEY comes before the file, for example "
             "REVIEWD_SERVER_PORT=8081. reviewd --check-config tells what is wrong with a configuration."));
    for (enum section_id section = 0; section < SECTION_COUNT; section++) {
        fputc('\n', out);
        write_comment(out, view_of(config_sections[section].doc));
        fprintf(out, "[%s]\n", config_sections[section].name);
        for (enum option_id id = 0; id < OPTION_COUNT; id++) {
            if (config_options[id].section == section) {
                write_option(out, &config_options[id], config);
            }
        }
    }
}
