// Temporary, until the real ones are there.
#include "seed/audit.h"
#include "seed/import.h"
__attribute__((weak)) bool audit_database(const struct settings *s, struct failure *f, uint64_t *d) {
    (void)s;
    *d = 0;
    return failure_set(f, "no audit");
}
__attribute__((weak)) struct import *import_open(const struct settings *s, struct failure *f) {
    (void)s;
    failure_set(f, "no import");
    return 0;
}
__attribute__((weak)) void import_close(struct import *i) {
    (void)i;
}
__attribute__((weak)) const char *import_identity(const struct import *i) {
    (void)i;
    return "";
}
__attribute__((weak)) bool import_read(struct import *i, const char *s) {
    (void)i;
    (void)s;
    return false;
}
__attribute__((weak)) bool import_plan(struct import *i, struct session *s, struct plan *p) {
    (void)i;
    (void)s;
    (void)p;
    return false;
}
__attribute__((weak)) bool import_fill(
    struct import *i, struct session *s, const struct segment *g, const char *t, const char *a) {
    (void)i;
    (void)s;
    (void)g;
    (void)t;
    (void)a;
    return false;
}
