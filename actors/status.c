#include "actors/status.h"

#include "actors/labels.h"
#include "core/clock.h"
#include "core/loop.h"
#include "pg/segment_map.h"
#include "proto/json_writer.h"
#include "proto/segment_fill.h"

#include <inttypes.h>
#include <unistd.h>

enum {
    // Timers come early or late by a moment; with this slack every tick of the interval has a new sample.
    SLACK_MS = 50
};

// The items of a list or object: the first has no comma before it.
static void begin_item(struct buffer *out, bool *is_first) {
    if (!*is_first) {
        buffer_append(out, VIEW(","));
    }
    *is_first = false;
}

static void begin_member(struct buffer *out, bool *is_first, const char *name) {
    begin_item(out, is_first);
    json_write_string(out, view_of(name));
    buffer_append(out, VIEW(":"));
}

// Labels as labels_write has them, key="value",…, become an object. Their values need no escapes.
static void write_labels(struct buffer *out, enum metrics_family family, size_t cell) {
    struct buffer text = {0};
    bool is_first = true;
    labels_write(&text, family, cell);
    buffer_append(out, VIEW("{"));
    for (size_t start = 0; start < text.length;) {
        const char *at = text.data + start;
        const char *equal = memchr(at, '=', text.length - start);
        const char *end = memchr(equal + 2, '"', text.length - (size_t)(equal + 2 - text.data));
        begin_item(out, &is_first);
        json_write_string(out, (struct view){at, (size_t)(equal - at)});
        buffer_append(out, VIEW(":"));
        json_write_string(out, (struct view){equal + 2, (size_t)(end - equal - 2)});
        start = (size_t)(end + 2 - text.data); // past the quote and the comma
    }
    buffer_append(out, VIEW("}"));
    buffer_free(&text);
}

static void write_about_metrics(struct buffer *out) {
    bool is_first = true;
    for (enum metrics_family family = 0; family < METRIC_FAMILY_COUNT; family++) {
        begin_member(out, &is_first, metrics_name(family));
        buffer_format(out, "{\"type\":\"%s\",\"help\":", metrics_type_name(family));
        json_write_string(out, view_of(metrics_help(family)));
        buffer_append(out, VIEW(",\"cells\":["));
        bool is_first_cell = true;
        for (size_t cell = 0; cell < metrics_cells(family); cell++) {
            begin_item(out, &is_first_cell);
            write_labels(out, family, cell);
        }
        buffer_append(out, VIEW("]}"));
    }
}

static void write_about_actors(const struct status *status, struct buffer *out) {
    bool is_first = true;
    for (size_t i = 0; i < status->directory->count; i++) {
        const struct actor *actor = status->directory->actors[i];
        size_t kind_length = strcspn(actor->name, "-");
        begin_item(out, &is_first);
        buffer_append(out, VIEW("{\"name\":"));
        json_write_string(out, view_of(actor->name));
        buffer_append(out, VIEW(",\"kind\":"));
        json_write_string(out, (struct view){actor->name, kind_length});
        buffer_append(out, VIEW(",\"loop\":"));
        json_write_string(out, view_of(loop_name(actor->loop)));
        buffer_format(out, ",\"mailbox_capacity\":%zu}", mailbox_capacity(&actor->mailbox));
    }
}

void status_write_about(const struct status *status, struct buffer *out) {
    const struct admin_settings *settings = status->settings;
    buffer_format(out,
        "{\"version\":\"" REVIEWD_VERSION "\",\"process\":%d,\"started_ms\":%" PRId64 ",\"interval_ms\":%d,"
        "\"limits\":{\"clients\":%u,\"db_connections\":%u,\"batch\":%u,\"segment_reviews\":%" PRId64 "},",
        (int)getpid(), status->started_ms, STATUS_INTERVAL_MS, settings->clients_max, settings->db_connections_max,
        settings->batch_max, SEGMENT_OVERFULL_REVIEWS);
    buffer_append(out, VIEW("\"metrics\":{"));
    write_about_metrics(out);
    buffer_append(out, VIEW("},\"bucket_borders_ns\":["));
    for (size_t i = 0; i < METRICS_SHOWN_BORDERS; i++) {
        buffer_format(out, i == 0 ? "%" PRIu64 : ",%" PRIu64, metrics_shown_border_ns(i));
    }
    buffer_append(out, VIEW("],\"loops\":["));
    for (size_t i = 0; i < settings->loop_count; i++) {
        buffer_format(out, i == 0 ? "\"%s\"" : ",\"%s\"", loop_name(settings->loops[i]));
    }
    buffer_append(out, VIEW("],\"actors\":["));
    write_about_actors(status, out);
    buffer_append(out, VIEW("]}"));
}

// A counter or gauge of one actor: its cells; nothing when all are 0, which most are.
static void write_values(
    struct buffer *out, bool *is_first, const struct metrics *metrics, enum metrics_family family) {
    bool is_empty = true;
    for (size_t cell = 0; cell < metrics_cells(family) && is_empty; cell++) {
        is_empty = metrics_sum(&metrics, 1, family, cell) == 0;
    }
    if (is_empty) {
        return;
    }
    begin_member(out, is_first, metrics_name(family));
    for (size_t cell = 0; cell < metrics_cells(family); cell++) {
        buffer_format(out, cell == 0 ? "[%" PRId64 : ",%" PRId64, metrics_sum(&metrics, 1, family, cell));
    }
    buffer_append(out, VIEW("]"));
}

static void write_actor(struct buffer *out, struct actor *actor, const struct metrics *metrics) {
    buffer_format(out, "{\"depth\":%zu,\"taken\":%" PRIu64 ",\"metrics\":{", mailbox_depth(&actor->mailbox),
        mailbox_taken(&actor->mailbox));
    bool is_first = true;
    for (enum metrics_family family = 0; family < METRIC_FAMILY_COUNT; family++) {
        if (metrics_type(family) != METRIC_HISTOGRAM) {
            write_values(out, &is_first, metrics, family);
        }
    }
    buffer_append(out, VIEW("}}"));
}

// A cell of a histogram, over all actors: null when nothing was ever recorded, otherwise the counts of the buckets, those at
// the end that are 0 left out, and the sum before them.
static void write_histogram_cell(
    const struct status *status, struct buffer *out, enum metrics_family family, size_t cell) {
    struct histogram_snapshot snapshot = {.count = 0};
    metrics_merge(
        &snapshot, (const struct metrics *const *)status->settings->metrics, status->directory->count, family, cell);
    if (snapshot.count == 0) {
        buffer_append(out, VIEW("null"));
        return;
    }
    uint64_t counts[METRICS_SHOWN_BUCKETS];
    metrics_shown_counts(&snapshot, counts);
    size_t used = METRICS_SHOWN_BUCKETS;
    while (used > 0 && counts[used - 1] == 0) {
        used--;
    }
    buffer_format(out, "{\"sum_ns\":%" PRIu64 ",\"counts\":[", snapshot.sum_ns);
    for (size_t i = 0; i < used; i++) {
        buffer_format(out, i == 0 ? "%" PRIu64 : ",%" PRIu64, counts[i]);
    }
    buffer_append(out, VIEW("]}"));
}

static void write_histograms(const struct status *status, struct buffer *out) {
    bool is_first = true;
    for (enum metrics_family family = 0; family < METRIC_FAMILY_COUNT; family++) {
        if (metrics_type(family) != METRIC_HISTOGRAM) {
            continue;
        }
        begin_member(out, &is_first, metrics_name(family));
        bool is_first_cell = true;
        buffer_append(out, VIEW("["));
        for (size_t cell = 0; cell < metrics_cells(family); cell++) {
            begin_item(out, &is_first_cell);
            write_histogram_cell(status, out, family, cell);
        }
        buffer_append(out, VIEW("]"));
    }
}

static void write_process(const struct status *status, struct buffer *out) {
    const struct process_usage *usage = &status->usage;
    buffer_format(out,
        "\"process\":{\"resident_bytes\":%" PRIu64 ",\"descriptors\":%" PRIu64 ",\"descriptors_max\":%" PRIu64
        ",\"cpu_ns\":%" PRIu64 "},\"log\":{\"written\":%" PRIu64 ",\"dropped\":%" PRIu64 "},",
        usage->resident_bytes, usage->descriptors, usage->descriptors_max, usage->cpu_ns, log_written(status->log),
        log_dropped(status->log));
}

static void write_loops(const struct status *status, struct buffer *out) {
    bool is_first = true;
    buffer_append(out, VIEW("\"loops\":["));
    for (size_t i = 0; i < status->settings->loop_count; i++) {
        const struct loop *loop = status->settings->loops[i];
        begin_item(out, &is_first);
        buffer_format(out, "{\"messages\":%" PRIu64 ",\"wakeups\":%" PRIu64 ",\"cpu_ns\":%" PRIu64 "}",
            loop_messages(loop), loop_wakeups(loop), loop_cpu_ns(loop));
    }
    buffer_append(out, VIEW("],"));
}

void status_renew(struct status *status, const char *state) {
    uint64_t now_ns = clock_now_ns();
    struct buffer *out = &status->sample;
    if (out->length > 0 && now_ns - status->sampled_ns < (STATUS_INTERVAL_MS - SLACK_MS) * NS_PER_MS) {
        return;
    }
    process_usage_read(&status->usage, now_ns);
    status->sampled_ns = now_ns;
    out->length = 0;
    buffer_format(out, "{\"time_ms\":%" PRId64 ",\"clock_us\":%" PRIu64 ",\"state\":\"%s\",", clock_wall_ms(),
        now_ns / NS_PER_US, state);
    write_process(status, out);
    write_loops(status, out);
    buffer_append(out, VIEW("\"actors\":["));
    bool is_first = true;
    for (size_t i = 0; i < status->directory->count; i++) {
        begin_item(out, &is_first);
        write_actor(out, status->directory->actors[i], status->settings->metrics[i]);
    }
    buffer_append(out, VIEW("],\"histograms\":{"));
    write_histograms(status, out);
    buffer_append(out, VIEW("}}"));
}

void status_take_segments(struct status *status, const struct message *message) {
    struct msgpack_reader reader;
    struct segment_fill fill;
    struct buffer *out = &status->segments;
    bool is_first = true;
    msgpack_reader_init(&reader, message_payload(message));
    out->length = 0;
    buffer_append(out, VIEW("["));
    while (segment_fill_read(&reader, &fill)) {
        begin_item(out, &is_first);
        buffer_append(out, VIEW("{\"name\":"));
        json_write_string(out, fill.name);
        buffer_format(out, ",\"first_product\":%" PRId64 ",\"end_product\":%" PRId64 ",\"reviews\":%" PRId64 "}",
            fill.first_product, fill.end_product, fill.reviews);
    }
    buffer_append(out, VIEW("]"));
    status->segments_version++;
}

void status_write(const struct status *status, struct buffer *out) {
    buffer_append(out, VIEW("{\"about\":"));
    status_write_about(status, out);
    buffer_append(out, VIEW(",\"segments\":"));
    buffer_append(out, buffer_view(&status->segments));
    buffer_append(out, VIEW(",\"sample\":"));
    buffer_append(out, buffer_view(&status->sample));
    buffer_append(out, VIEW("}\n"));
}

void status_init(
    struct status *status, const struct admin_settings *settings, const struct directory *directory, struct log *log) {
    *status = (struct status){.settings = settings, .directory = directory, .log = log, .started_ms = clock_wall_ms()};
    buffer_append(&status->segments, VIEW("[]"));
}

void status_free(struct status *status) {
    buffer_free(&status->sample);
    buffer_free(&status->segments);
}
