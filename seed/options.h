// The command line.
#ifndef REVIEWD_SEED_OPTIONS_H
#define REVIEWD_SEED_OPTIONS_H

#include <stdio.h>

#include "seed/settings.h"

// Fills the settings from the arguments. False on bad usage, with a sentence in `complaint` (always terminated).
MUST_CHECK bool options_parse(
    int argument_count, char **arguments, struct settings *settings, char *complaint, size_t complaint_size);

void options_print_help(FILE *stream);

#endif
