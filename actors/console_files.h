// The files of the operators' console (web/console/), which the build compiles in (cmake/embed_console.cmake).
#ifndef REVIEWD_ACTORS_CONSOLE_FILES_H
#define REVIEWD_ACTORS_CONSOLE_FILES_H

#include "core/base.h"

struct console_file {
    const char *path; // "/", "/console.css"; null: the end of the table
    const char *content_type;
    struct view content;
};

extern const struct console_file console_files[];

#endif
