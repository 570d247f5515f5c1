// What the server is doing, as JSON: the document of /actors, which the operators' console draws.
//
// It has three parts. `about` does not change while the process lives: the metrics of core/metrics.def with their help and
// labels, the actors and loops, limits. `sample` is the state of this moment: counters since the start, mailboxes, histograms.
// `segments` changes rarely. Every value is named as in /metrics.
#ifndef REVIEWD_ACTORS_STATUS_H
#define REVIEWD_ACTORS_STATUS_H

#include "actors/admin.h"
#include "core/buffer.h"
#include "core/process.h"

enum {
    STATUS_INTERVAL_MS = 500 // a sample is this old at least before there is another
};

struct status {
    const struct admin_settings *settings;
    const struct directory *directory;
    struct log *log;
    int64_t started_ms; // wall clock
    struct process_usage usage;
    struct buffer sample; // JSON
    uint64_t sampled_ns;
    struct buffer segments; // JSON
    unsigned segments_version;
};

// `settings` and `directory` must outlive it.
void status_init(
    struct status *status, const struct admin_settings *settings, const struct directory *directory, struct log *log);
void status_free(struct status *status);

// Takes over the segments that a SEGMENTS message tells of.
void status_take_segments(struct status *status, const struct message *message);

// Makes a new sample unless the last one is too young. `state` is one word for people, for example "ready".
void status_renew(struct status *status, const char *state);

void status_write_about(const struct status *status, struct buffer *out);

// The whole document, of the sample that there is.
void status_write(const struct status *status, struct buffer *out);

#endif
