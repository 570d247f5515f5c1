// reviewd-seed: makes reviews, into files or into an empty database.
#include <stdio.h>

#include "seed/crew.h"
#include "seed/files.h"
#include "seed/load.h"
#include "seed/maker.h"
#include "seed/options.h"
#include "seed/plan.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

static bool run(const struct settings *settings, struct failure *failure) {
    struct plan plan;
    struct maker_tables tables;
    if (!plan_create(&plan, settings)) {
        return failure_set(failure, "no memory for %u products", settings->products);
    }
    bool done = false;
    if (maker_tables_create(&tables, settings->seed, settings->until_ms, failure)) {
        done = settings->command == COMMAND_GENERATE ? files_generate(settings, &plan, &tables, failure)
                                                     : load_database(settings, &plan, &tables, failure);
        maker_tables_free(&tables);
    }
    plan_free(&plan);
    return done;
}

int main(int argument_count, char **arguments) {
    struct settings settings;
    struct failure failure;
    char complaint[512];
    if (!options_parse(argument_count, arguments, &settings, complaint, sizeof complaint)) {
        fprintf(stderr, "reviewd-seed: %s\nTry reviewd-seed --help.\n", complaint);
        return EXIT_USAGE;
    }
    if (settings.command == COMMAND_HELP) {
        options_print_help(stdout);
        return EXIT_DONE;
    }
    if (settings.command == COMMAND_VERSION) {
        printf("reviewd-seed %s\n", REVIEWD_VERSION);
        return EXIT_DONE;
    }
    crew_block_signals();
    failure_init(&failure);
    if (!run(&settings, &failure)) {
        fprintf(stderr, "reviewd-seed: %s\n", failure.reason);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}
