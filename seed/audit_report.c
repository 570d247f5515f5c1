// What an audit has found.
#include "seed/audit_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void audit_report_init(struct audit_report *report) {
    *report = (struct audit_report){.mutex = PTHREAD_MUTEX_INITIALIZER,
        .shared_terminal = isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1};
}

void audit_report_add(struct audit_report *report, uint64_t products, uint64_t reviews) {
    pthread_mutex_lock(&report->mutex);
    report->products += products;
    report->reviews += reviews;
    pthread_mutex_unlock(&report->mutex);
}

static uint64_t count_told(const struct audit_report *report) {
    return report->outcomes[AUDIT_FOUND] + report->outcomes[AUDIT_MENDED] + report->outcomes[AUDIT_LEFT];
}

void audit_report_tell(
    struct audit_report *report, enum audit_outcome outcome, const struct audit_difference *difference) {
    static const char *const ENDINGS[] = {[AUDIT_FOUND] = "", [AUDIT_MENDED] = "  mended", [AUDIT_LEFT] = "  left"};
    pthread_mutex_lock(&report->mutex);
    if (count_told(report) < AUDIT_REPORT_MAX_LINES) {
        printf("%sproduct %s", report->shared_terminal ? "\r\033[K" : "", difference->product_id);
        if (difference->review_id == NULL) {
            printf("  %s  stored %s  counted %s", difference->name, difference->stored, difference->counted);
        } else {
            printf("  review %s  %s is %s, should be %s", difference->review_id, difference->name, difference->stored,
                difference->counted);
        }
        printf("%s\n", ENDINGS[outcome]);
    }
    report->outcomes[outcome]++;
    pthread_mutex_unlock(&report->mutex);
}

uint64_t audit_report_sum_up(const struct audit_report *report, bool repair, double seconds) {
    uint64_t told = count_told(report);
    uint64_t left = report->outcomes[repair ? AUDIT_LEFT : AUDIT_FOUND];
    if (told > AUDIT_REPORT_MAX_LINES) {
        printf("and %" PRIu64 " more\n", told - AUDIT_REPORT_MAX_LINES);
    }
    printf("%" PRIu64 " products with %" PRIu64 " visible reviews compared in %.1f s: ", report->products,
        report->reviews, seconds);
    if (repair) {
        printf("%" PRIu64 " mended, ", report->outcomes[AUDIT_MENDED]);
    }
    printf("%" PRIu64 " %s%s\n", left, left == 1 ? "difference" : "differences", repair ? " left" : "");
    return left;
}
