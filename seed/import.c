// The files of a load: what they are together, and who loads them.
#include "seed/import.h"

#include <stdlib.h>

#include "seed/import_internal.h"

// The file that others need: without reviews there is nothing to rate, or to show a photo of.
static enum layout main_layout(enum layout_family family) {
    return family == FAMILY_ORIGINAL ? LAYOUT_ORIGINAL_REVIEWS : LAYOUT_ATELIER_REVIEWS;
}

static bool check_family(struct import *import) {
    const struct import_file *first = &import->files[0];
    bool reviews = layout_family(first->layout) == FAMILY_OWN;
    import->family = layout_family(first->layout);
    for (uint32_t i = 0; i < import->file_count; i++) {
        const struct import_file *file = &import->files[i];
        bool other_own = import->family == FAMILY_OWN && file->layout != first->layout;
        if (layout_family(file->layout) != import->family || other_own) {
            return failure_set(import->failure,
                "%s (%s) and %s (%s) do not belong together: load them one after the other", first->path,
                layout_what(first->layout), file->path, layout_what(file->layout));
        }
        reviews = reviews || file->layout == main_layout(import->family);
    }
    return reviews || failure_set(import->failure, "no file holds %s: %s holds %s",
                          layout_what(main_layout(import->family)), first->path, layout_what(first->layout));
}

struct import *import_open(const struct settings *settings, struct failure *failure) {
    struct import *import = calloc(1, sizeof *import);
    if (import == NULL) {
        failure_set(failure, "no memory");
        return NULL;
    }
    import->settings = settings;
    import->failure = failure;
    bool right = import_find_files(import);
    if (right && import->file_count == 0) {
        right = failure_set(failure, "there is no file to load");
    }
    if (!right || !check_family(import)) {
        import_close(import);
        return NULL;
    }
    return import;
}

void import_close(struct import *import) {
    for (uint32_t i = 0; i < import->file_count; i++) {
        free(import->files[i].path);
    }
    free(import->files);
    free(import->segment_files);
    free(import);
}

const char *import_identity(const struct import *import) {
    return import->identity;
}

bool import_read(struct import *import, const char *session_settings) {
    return import->family == FAMILY_OWN || import_tables_read(import, session_settings);
}

bool import_plan(struct import *import, struct session *session, struct plan *plan) {
    return import->family == FAMILY_OWN ? import_own_plan(import, plan) : import_tables_plan(import, session, plan);
}

bool import_fill(struct import *import, struct session *session, const struct segment *segment, const char *table,
    const char *action) {
    bool filled = import->family == FAMILY_OWN ? import_own_fill(import, session, segment, table, action)
                                               : import_tables_fill(session, segment, table, action);
    return filled && session_run(session, action,
                         "INSERT INTO product_meta SELECT * FROM product_meta_count('%s'::regclass, %u, %u)", table,
                         segment->first_product, segment->end_product - 1);
}
