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
#define OPTION(identifier, name, argument, explanation) OPTION_##identifier,
#include "seed/options.def"
#undef OPTION
};

static const struct option LONG_OPTIONS[] = {
#define OPTION(identifier, name, argument, explanation)                                                                \
    {name, (argument) == NULL ? no_argument : required_argument, NULL, OPTION_##identifier},
#include "seed/options.def"
#undef OPTION
    {NULL, 0, NULL, 0}};

struct parse {
    struct settings *settings;
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
    if (!moment_parse_date(text, &parse->settings->until_ms)) {
        return complain(parse, "--until must be a date from 1980-01-01 to 2100-01-01, not \"%s\"", text);
    }
    return true;
}

static bool take_option(struct parse *parse, enum option_id id, const char *argument) {
    struct settings *settings = parse->settings;
    switch (id) {
    case OPTION_DSN: settings->dsn = argument; return true;
    case OPTION_IF_EMPTY: settings->if_empty = true; return true;
    case OPTION_OUT: settings->out = argument; return true;
    case OPTION_FORMAT: return parse_format(parse, argument);
    case OPTION_RECORDS: return parse_number(parse, "records", argument, 1, PLAN_MAX_RECORDS, &settings->records);
    case OPTION_PRODUCTS: return parse_count(parse, "products", argument, PLAN_MAX_PRODUCTS, &settings->products);
    case OPTION_SEED: return parse_number(parse, "seed", argument, 0, UINT64_MAX, &settings->seed);
    case OPTION_THREADS: return parse_count(parse, "threads", argument, 256, &settings->threads);
    case OPTION_SEGMENT_RECORDS:
        return parse_number(parse, "segment-records", argument, 1, PLAN_MAX_RECORDS, &settings->segment_records);
    case OPTION_UNTIL: return parse_until(parse, argument);
    case OPTION_HELP: settings->command = COMMAND_HELP; return true;
    case OPTION_VERSION: settings->command = COMMAND_VERSION; return true;
    case OPTION_FIRST: break;
    }
    return false;
}

static bool take_command(struct parse *parse, int count, char **words) {
    struct settings *settings = parse->settings;
    if (count > 1) {
        return complain(parse, "one command at a time: \"%s\" is too much", words[1]);
    }
    if (count == 0 || settings->command == COMMAND_HELP || settings->command == COMMAND_VERSION) {
        return true;
    }
    if (strcmp(words[0], "generate") == 0) {
        settings->command = COMMAND_GENERATE;
    } else if (strcmp(words[0], "load") != 0) {
        return complain(parse, "unknown command \"%s\": there are load and generate", words[0]);
    }
    return true;
}

// What only shows when all options are known.
static bool check_together(struct parse *parse) {
    struct settings *settings = parse->settings;
    if (settings->command == COMMAND_HELP || settings->command == COMMAND_VERSION) {
        return true;
    }
    if (settings->command == COMMAND_LOAD && settings->dsn == NULL) {
        return complain(parse, "--dsn is missing: which database?");
    }
    if (settings->command == COMMAND_LOAD && settings->out != NULL) {
        return complain(parse, "--out is for files: use the command generate");
    }
    if (settings->command == COMMAND_GENERATE && settings->out == NULL) {
        return complain(parse, "--out is missing: which folder?");
    }
    if (settings->command == COMMAND_GENERATE && (settings->dsn != NULL || settings->if_empty)) {
        return complain(parse, "generate writes files and takes no --dsn or --if-empty");
    }
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

bool options_parse(
    int argument_count, char **arguments, struct settings *settings, char *complaint, size_t complaint_size) {
    struct parse parse = {settings, complaint, complaint_size};
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    *settings = (struct settings){.command = COMMAND_LOAD,
        .format = FORMAT_CSV,
        .seed = 1,
        .records = 1000000,
        .segment_records = 1000000,
        .threads = cpus < 1 ? 1 : (cpus > 64 ? 64 : (uint32_t)cpus),
        .until_ms = MOMENT_2025_MS};
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

void options_print_help(FILE *stream) {
    fputs("reviewd-seed makes reviews for reviewd: made up, the same for the same seed.\n\n"
          "  reviewd-seed [load] --dsn DSN [options]    generates into an empty database\n"
          "  reviewd-seed generate --out DIR [options]  writes files, one a segment\n\n",
        stream);
#define OPTION(identifier, name, argument, explanation)                                                                \
    fprintf(stream, "  --%-15s %-10s  %s\n", name, (argument) == NULL ? "" : (const char *)(argument), explanation);
#include "seed/options.def"
#undef OPTION
    fputs("\nExit codes: 0 done, 1 failed or interrupted (nothing is left behind), 2 bad usage.\n"
          "Load a CSV file with: COPY review FROM '…/review_0001.csv' (FORMAT csv, HEADER match);\n"
          "a binary one with: COPY review FROM '…/review_0001.copy' (FORMAT binary);\n"
          "then fill the totals: INSERT INTO product_meta SELECT * FROM product_meta_recount(1, 2147483647);\n",
        stream);
}
