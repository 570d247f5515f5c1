// Where the reviews of a load come from: the generator or files. The loader knows neither.
#ifndef REVIEWD_SEED_SOURCE_H
#define REVIEWD_SEED_SOURCE_H

#include "seed/plan.h"
#include "seed/progress.h"
#include "seed/session.h"

struct source;

struct source_class {
    // Reads into the stage what must be there before segments can be planned, on connections opened with
    // `session_settings`. Null when there is no such thing. False with the failure told, as all below.
    bool (*read)(struct source *source, const char *session_settings);
    // Plans the segments; the same every time for the same identity. The caller releases the plan with plan_free().
    bool (*plan)(struct source *source, struct session *session, struct plan *plan);
    // Gets ready for filling on so many threads.
    bool (*begin)(struct source *source, const struct plan *plan, struct progress *progress, uint32_t threads);
    // In a transaction where `table` was just made: fills it with the segment's reviews, ordered by product and id, and the
    // stage's product_meta with their totals. Called on several threads, each with a number and a session of its own.
    bool (*fill)(struct source *source, uint32_t thread, struct session *session, const struct segment *segment,
        const char *table, const char *action);
    void (*free)(struct source *source);
};

struct source {
    const struct source_class *class;
    // What tells this source from another one: a killed load goes on only with the same. Terminated.
    const char *identity;
};

// Made-up reviews, and those of the files settings->words. Null with the failure told; release with source->class->free().
MUST_CHECK struct source *source_generator_new(const struct settings *settings, struct failure *failure);
MUST_CHECK struct source *source_files_new(const struct settings *settings, struct failure *failure);

#endif
