// The command line: parsing, checking, help.
#include "seed/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "seed/moment.h"
#include "seed/plan.h"

enum option_id {
    OPTION_FIRST = 256,
#define OPTION(identifier, name, argument, commands, explanation) OPTION_##identifier,
#include "seed/options.def"
#undef OPTION
    OPTION_END
};

static const struct option LONG_OPTIONS[] = {
#define OPTION(identifier, name, argument, commands, explanation)                                                      \
    {name, (argument) == NULL ? no_argument : required_argument, NULL, OPTION_##identifier},
#include "seed/options.def"
#undef OPTION
    {NULL, 0, NULL, 0}};

// Which commands take an option: a bit each.
enum command_bit {
    GENERATE = 1 << COMMAND_GENERATE,
    LOAD = 1 << COMMAND_LOAD,
    SEGMENTS = 1 << COMMAND_SEGMENTS,
    AUDIT = 1 << COMMAND_AUDIT,
    DATABASE_COMMANDS = LOAD | SEGMENTS | AUDIT,
    ANY_COMMAND = GENERATE | LOAD | SEGMENTS | AUDIT
};

static const unsigned OPTION_COMMANDS[] = {
#define OPTION(identifier, name, argument, commands, explanation) commands,
#include "seed/options.def"
#undef OPTION
};

static const struct {
    const char *name;
    const char *argument;
    const char *explanation;
} OPTION_HELP_TEXTS[] = {
#define OPTION(identifier, name, argument, commands, explanation) {name, argument, explanation},
#include "seed/options.def"
#undef OPTION
};

static const struct {
    const char *name;
    enum seed_command command;
} COMMANDS[] = {
    {"generate", COMMAND_GENERATE}, {"load", COMMAND_LOAD}, {"segments", COMMAND_SEGMENTS}, {"audit", COMMAND_AUDIT}};

struct parse {
    struct settings *settings;
    bool given[OPTION_END - OPTION_FIRST];
    char *complaint;
    size_t complaint_size;
};

static bool PRINTF_LIKE(2, 3) complain(struct parse *parse, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parse->complaint, parse->complaint_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool parse_number(
    struct parse *parse, const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *value) {
    size_t digits = strspn(text, "0123456789");
    errno = 0;
    uint64_t number = strtoull(text, NULL, 10);
    if (digits == 0 || text[digits] != '\0' || errno != 0 || number < least || number > most) {
        return complain(parse, "--%s must be a whole number from %" PRIu64 " to %" PRIu64 ", not \"%s\"", option, least,
            most, text);
    }
    *value = number;
    return true;
}

static bool parse_count(struct parse *parse, const char *option, const char *text, uint32_t most, uint32_t *value) {
    uint64_t number = 0;
    if (!parse_number(parse, option, text, 1, most, &number)) {
        return false;
    }
    *value = (uint32_t)number;
    return true;
}

static bool parse_format(struct parse *parse, const char *text) {
    if (strcmp(text, "csv") == 0) {
        parse->settings->format = FORMAT_CSV;
    } else if (strcmp(text, "binary") == 0) {
        parse->settings->format = FORMAT_BINARY;
    } else {
        return complain(parse, "--format must be csv or binary, not \"%s\"", text);
    }
    return true;
}

static bool parse_until(struct parse *parse, const char *text) {
    parse->settings->until_given = true;
    if (!moment_parse_date(text, &parse->settings->until_ms)) {
        return complain(parse, "--until must be a date from 1980-01-01 to 2100-01-01, not \"%s\"", text);
    }
    return true;
}

static bool take_option(struct parse *parse, enum option_id id, const char *argument) {
    struct settings *settings = parse->settings;
    parse->given[id - OPTION_FIRST] = true;
    switch (id) {
    case OPTION_DSN: settings->dsn = argument; return true;
    case OPTION_IF_EMPTY: settings->if_empty = true; return true;
    case OPTION_REPLACE: settings->replace = true; return true;
    case OPTION_REPAIR: settings->repair = true; return true;
    case OPTION_REJECTS: settings->rejects = argument; return true;
    case OPTION_OUT: settings->out = argument; return true;
    case OPTION_FORMAT: return parse_format(parse, argument);
    case OPTION_RECORDS: return parse_number(parse, "records", argument, 1, PLAN_MAX_RECORDS, &settings->records);
    case OPTION_PRODUCTS: return parse_count(parse, "products", argument, PLAN_MAX_PRODUCTS, &settings->products);
    case OPTION_SEED: return parse_number(parse, "seed", argument, 0, UINT64_MAX, &settings->seed);
    case OPTION_THREADS: return parse_count(parse, "threads", argument, 256, &settings->threads);
    case OPTION_AT: return parse_count(parse, "at", argument, INT32_MAX, &settings->at_product);
    case OPTION_SEGMENT_RECORDS:
        return parse_number(parse, "segment-records", argument, 1, PLAN_MAX_RECORDS, &settings->segment_records);
    case OPTION_UNTIL: return parse_until(parse, argument);
    case OPTION_HELP: settings->command = COMMAND_HELP; return true;
    case OPTION_VERSION: settings->command = COMMAND_VERSION; return true;
    case OPTION_FIRST:
    case OPTION_END: break;
    }
    return false;
}

static bool is_given(const struct parse *parse, enum option_id id) {
    return parse->given[id - OPTION_FIRST];
}

// The first word names the command; without one, --dsn means load.
static bool take_command(struct parse *parse, int count, char **words) {
    struct settings *settings = parse->settings;
    if (settings->command == COMMAND_HELP || settings->command == COMMAND_VERSION) {
        return true;
    }
    if (count == 0) {
        return is_given(parse, OPTION_DSN) ||
               complain(parse, "which command? There are generate, load, segments and audit");
    }
    settings->words = words + 1;
    settings->word_count = (uint32_t)count - 1;
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        if (strcmp(words[0], COMMANDS[i].name) == 0) {
            settings->command = COMMANDS[i].command;
            return true;
        }
    }
    return complain(parse, "unknown command \"%s\": there are generate, load, segments and audit", words[0]);
}

static bool check_commands(struct parse *parse) {
    for (size_t i = 1; i < COUNT_OF(parse->given); i++) {
        // OPTION_FIRST is none, so the list begins one later.
        if (parse->given[i] && (OPTION_COMMANDS[i - 1] & 1u << parse->settings->command) == 0) {
            return complain(parse, "this command takes no --%s", LONG_OPTIONS[i - 1].name);
        }
    }
    return true;
}

static bool check_generator(struct parse *parse) {
    struct settings *settings = parse->settings;
    if (settings->products == 0) {
        settings->products = settings->records < 30 ? 1 : (uint32_t)(settings->records / 30);
    }
    if (settings->records > (uint64_t)settings->products * PLAN_MAX_PRODUCT_RECORDS) {
        return complain(parse, "a product has at most %u reviews: --records %" PRIu64 " needs --products %" PRIu64,
            PLAN_MAX_PRODUCT_RECORDS, settings->records,
            (settings->records + PLAN_MAX_PRODUCT_RECORDS - 1) / PLAN_MAX_PRODUCT_RECORDS);
    }
    if (settings->records / settings->segment_records >= PLAN_MAX_SEGMENTS) {
        return complain(parse, "there can be %u segments: --segment-records is too small", PLAN_MAX_SEGMENTS);
    }
    return true;
}

static bool check_load(struct parse *parse) {
    static const enum option_id GENERATOR_OPTIONS[] = {OPTION_RECORDS, OPTION_PRODUCTS, OPTION_SEED, OPTION_UNTIL};
    struct settings *settings = parse->settings;
    if (settings->if_empty && settings->replace) {
        return complain(parse, "--if-empty and --replace contradict each other");
    }
    if (settings->word_count == 0) {
        return is_given(parse, OPTION_REJECTS) ? complain(parse, "--rejects is for files to load; none is named")
                                               : check_generator(parse);
    }
    for (size_t i = 0; i < COUNT_OF(GENERATOR_OPTIONS); i++) {
        if (is_given(parse, GENERATOR_OPTIONS[i])) {
            return complain(parse, "--%s is for reviews that are made up, not for files",
                LONG_OPTIONS[GENERATOR_OPTIONS[i] - OPTION_FIRST - 1].name);
        }
    }
    return true;
}

// What only shows when all options are known.
static bool check_together(struct parse *parse) {
    struct settings *settings = parse->settings;
    if (settings->command == COMMAND_HELP || settings->command == COMMAND_VERSION) {
        return true;
    }
    if (!check_commands(parse)) {
        return false;
    }
    if (settings->word_count > 0 && (settings->command == COMMAND_GENERATE || settings->command == COMMAND_AUDIT)) {
        return complain(parse, "\"%s\" is too much: this command takes options alone", settings->words[0]);
    }
    if (settings->command == COMMAND_LOAD) {
        return check_load(parse);
    }
    if (settings->command == COMMAND_GENERATE) {
        return settings->out == NULL ? complain(parse, "--out is missing: which folder?") : check_generator(parse);
    }
    return true;
}

bool options_parse(
    int argument_count, char **arguments, struct settings *settings, char *complaint, size_t complaint_size) {
    struct parse parse = {.settings = settings, .complaint = complaint, .complaint_size = complaint_size};
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    *settings = (struct settings){.command = COMMAND_LOAD,
        .format = FORMAT_CSV,
        .dsn = "",
        .rejects = "reviewd-rejects.csv",
        .seed = 1,
        .records = 1000000,
        .segment_records = 1000000,
        .threads = cpus < 1 ? 1 : (cpus > 64 ? 64 : (uint32_t)cpus),
        .until_ms = moment_today_ms()};
    complaint[0] = '\0';
    opterr = 0;
    for (;;) {
        int id = getopt_long(argument_count, arguments, ":", LONG_OPTIONS, NULL);
        if (id == -1) {
            break;
        }
        if (id == ':') {
            return complain(&parse, "%s needs a value", arguments[optind - 1]);
        }
        if (id == '?') {
            return complain(&parse, "unknown option \"%s\"", arguments[optind - 1]);
        }
        if (!take_option(&parse, (enum option_id)id, optarg)) {
            return false;
        }
    }
    return take_command(&parse, argument_count - optind, arguments + optind) && check_together(&parse);
}

// The options that these commands take, a line each.
static void print_options(FILE *stream, const char *title, unsigned commands) {
    fprintf(stream, "\n%s\n", title);
    for (size_t i = 0; i < COUNT_OF(OPTION_COMMANDS); i++) {
        if (OPTION_COMMANDS[i] == commands) {
            fprintf(stream, "  --%-15s %-10s  %s\n", OPTION_HELP_TEXTS[i].name,
                OPTION_HELP_TEXTS[i].argument == NULL ? "" : OPTION_HELP_TEXTS[i].argument,
                OPTION_HELP_TEXTS[i].explanation);
        }
    }
}

void options_print_help(FILE *stream) {
    fputs(
        "reviewd-seed fills the database of reviewd, and keeps it in order.\n\n"
        "  reviewd-seed generate --out DIR [options]        make up reviews, into files, one a segment\n"
        "  reviewd-seed load [options]                      make up reviews, into the database\n"
        "  reviewd-seed load [options] FILE|DIR...          load files: those of generate, the CSV files of the original\n"
        "                                                   (reviews, characteristics) or the four of the Atelier data set;\n"
        "                                                   the first line of each tells which one it is\n"
        "  reviewd-seed segments [list]                     show the segments and how full they are\n"
        "  reviewd-seed segments add                        a segment ahead of need, if there is none\n"
        "  reviewd-seed segments split LEAF [--at PRODUCT]  make two segments of one while the server runs\n"
        "  reviewd-seed audit [--repair]                    recount the totals of every product\n",
        stream);
    print_options(stream, "The database:", DATABASE_COMMANDS);
    print_options(stream, "Reviews that are made up:", GENERATE | LOAD);
    print_options(stream, "generate:", GENERATE);
    print_options(stream, "load:", LOAD);
    print_options(stream, "segments:", SEGMENTS);
    print_options(stream, "audit:", AUDIT);
    print_options(stream, "Several commands:", GENERATE | LOAD | AUDIT);
    print_options(stream, "generate, load and segments:", GENERATE | LOAD | SEGMENTS);
    print_options(stream, "Any command:", ANY_COMMAND);
    fputs("\nA load that was interrupted, or killed, goes on where it was when the same command is given again.\n"
          "Exit codes: 0 done, 1 failed or interrupted, 2 bad usage, 3 the audit found differences.\n",
        stream);
}
