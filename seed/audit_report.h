// What an audit has found: printed line by line, counted, and summed up at the end.
#ifndef REVIEWD_SEED_AUDIT_REPORT_H
#define REVIEWD_SEED_AUDIT_REPORT_H

#include <pthread.h>

#include "core/base.h"

enum {
    // So many differences are printed; the rest is counted.
    AUDIT_REPORT_MAX_LINES = 1000
};

// A stored value that is not what its source says; as text.
struct audit_difference {
    const char *product_id;
    // Null when it is about the product's totals.
    const char *review_id;
    const char *name;
    const char *stored;
    const char *counted;
};

enum audit_outcome {
    AUDIT_FOUND,
    AUDIT_MENDED,
    // Found again after it was mended.
    AUDIT_LEFT
};

struct audit_report {
    pthread_mutex_t mutex;
    // The bar of the progress stands where the lines go.
    bool shared_terminal;
    uint64_t outcomes[AUDIT_LEFT + 1];
    // What was compared.
    uint64_t products;
    uint64_t reviews;
};

void audit_report_init(struct audit_report *report);

// So much was compared. From any thread, as the next one.
void audit_report_add(struct audit_report *report, uint64_t products, uint64_t reviews);

// Prints a difference, unless so many are printed already, and counts it.
void audit_report_tell(
    struct audit_report *report, enum audit_outcome outcome, const struct audit_difference *difference);

// Prints the summary; `repair` tells whether differences were to be mended. Returns how many are left. When all threads have
// ended.
uint64_t audit_report_sum_up(const struct audit_report *report, bool repair, double seconds);

#endif
