// reviewd-seed: fills the database, and keeps it in order.
#include <stdio.h>

#include "seed/audit.h"
#include "seed/crew.h"
#include "seed/files.h"
#include "seed/load.h"
#include "seed/maker.h"
#include "seed/options.h"
#include "seed/plan.h"
#include "seed/segments.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_DIFFERENCES = 3
};

static bool generate(const struct settings *settings, struct failure *failure) {
    struct plan plan;
    struct maker_tables tables;
    if (!plan_create(&plan, settings)) {
        return failure_set(failure, "no memory for %u products", settings->products);
    }
    bool done = false;
    if (maker_tables_create(&tables, settings->seed, settings->until_ms, failure)) {
        done = files_generate(settings, &plan, &tables, failure);
        maker_tables_free(&tables);
    }
    plan_free(&plan);
    return done;
}

static enum exit_code run(const struct settings *settings, struct failure *failure) {
    uint64_t differences = 0;
    bool done = false;
    switch (settings->command) {
    case COMMAND_HELP: options_print_help(stdout); return EXIT_DONE;
    case COMMAND_VERSION: printf("reviewd-seed %s\n", REVIEWD_VERSION); return EXIT_DONE;
    case COMMAND_GENERATE: done = generate(settings, failure); break;
    case COMMAND_LOAD: done = load_database(settings, failure); break;
    case COMMAND_SEGMENTS: done = segments_command(settings, failure); break;
    case COMMAND_AUDIT: done = audit_database(settings, failure, &differences); break;
    }
    if (!done) {
        return EXIT_FAILED;
    }
    return differences > 0 ? EXIT_DIFFERENCES : EXIT_DONE;
}

int main(int argument_count, char **arguments) {
    struct settings settings;
    struct failure failure;
    char complaint[512];
    if (!options_parse(argument_count, arguments, &settings, complaint, sizeof complaint)) {
        fprintf(stderr, "reviewd-seed: %s\nTry reviewd-seed --help.\n", complaint);
        return EXIT_USAGE;
    }
    crew_block_signals();
    failure_init(&failure);
    enum exit_code code = run(&settings, &failure);
    if (code == EXIT_FAILED) {
        fprintf(stderr, "reviewd-seed: %s\n", failure.reason);
    }
    return (int)code;
}
