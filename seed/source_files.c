// The reviews of files, by way of import.h.
#include <stdlib.h>

#include "seed/import.h"
#include "seed/source.h"

struct files_source {
    struct source source;
    struct import *import;
    struct progress *progress;
};

static struct import *import_of(struct source *source) {
    return ((struct files_source *)source)->import;
}

static bool files_read(struct source *source, const char *session_settings) {
    return import_read(import_of(source), session_settings);
}

static bool files_plan(struct source *source, struct session *session, struct plan *plan) {
    return import_plan(import_of(source), session, plan);
}

static bool files_begin(struct source *source, const struct plan *plan, struct progress *progress, uint32_t threads) {
    (void)plan;
    (void)threads;
    ((struct files_source *)source)->progress = progress;
    return true;
}

static bool files_fill(struct source *source, uint32_t thread, struct session *session, const struct segment *segment,
    const char *table, const char *action) {
    (void)thread;
    if (!import_fill(import_of(source), session, segment, table, action)) {
        return false;
    }
    progress_add(((struct files_source *)source)->progress, segment->records, 0);
    return true;
}

static void files_free(struct source *source) {
    import_close(import_of(source));
    free(source);
}

struct source *source_files_new(const struct settings *settings, struct failure *failure) {
    static const struct source_class class = {files_read, files_plan, files_begin, files_fill, files_free};
    struct files_source *files = calloc(1, sizeof *files);
    if (files == NULL) {
        failure_set(failure, "no memory");
        return NULL;
    }
    files->source.class = &class;
    files->import = import_open(settings, failure);
    if (files->import == NULL) {
        free(files);
        return NULL;
    }
    files->source.identity = import_identity(files->import);
    return &files->source;
}
