// The metrics: counting, adding blocks up, and the text that Prometheus reads, parsed back.
#include "core/metrics.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>

enum {
    SAMPLES_MAX = 4000,
    CONCURRENT_EVENTS = 200000
};

struct sample {
    char name[80];
    char labels[120];
    double value;
};

struct exposition {
    struct sample samples[SAMPLES_MAX];
    size_t count;
    size_t families;
};

static void write_labels(struct buffer *out, enum metrics_family family, size_t cell) {
    if (family == METRIC_REQUESTS || family == METRIC_REQUEST_DURATION) {
        buffer_format(out, "operation=\"o%zu\"", cell);
    }
}

static void render(struct buffer *text, const struct metrics *const *blocks, size_t count) {
    metrics_render(text, blocks, count, write_labels);
    buffer_append(text, (struct view){"", 1});
}

// Takes a sample line apart: name, labels between braces, value. What is no such line fails the test.
static void parse_sample(const char *line, struct sample *sample) {
    int read = 0;
    bool fits;
    *sample = (struct sample){.value = 0};
    if (strchr(line, '{') != NULL) {
        fits = sscanf(line, "%79[a-z_]{%119[^}]} %lf%n", sample->name, sample->labels, &sample->value, &read) == 3;
    } else {
        fits = sscanf(line, "%79[a-z_] %lf%n", sample->name, &sample->value, &read) == 2;
    }
    CU_ASSERT_TRUE_FATAL(fits && line[read] == '\0');
}

static struct exposition *parse(char *text) {
    struct exposition *parsed = calloc(1, sizeof(*parsed));
    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
    char family[80] = "";
    for (char *line = strsep(&text, "\n"); line != NULL && line[0] != '\0'; line = strsep(&text, "\n")) {
        char help[2];
        char type[20];
        if (strncmp(line, "# HELP ", 7) == 0) {
            CU_ASSERT_EQUAL_FATAL(sscanf(line, "# HELP %79[a-z_] %1s", family, help), 2);
            parsed->families++;
            continue;
        }
        if (line[0] == '#') {
            char typed[80];
            CU_ASSERT_EQUAL_FATAL(sscanf(line, "# TYPE %79[a-z_] %19s", typed, type), 2);
            CU_ASSERT_STRING_EQUAL(typed, family);
            bool total = strlen(family) > 6 && strcmp(family + strlen(family) - 6, "_total") == 0;
            CU_ASSERT_EQUAL(total, strcmp(type, "counter") == 0);
            continue;
        }
        CU_ASSERT_TRUE_FATAL(parsed->count < SAMPLES_MAX);
        parse_sample(line, &parsed->samples[parsed->count]);
        CU_ASSERT_EQUAL(strncmp(parsed->samples[parsed->count].name, family, strlen(family)), 0);
        parsed->count++;
    }
    return parsed;
}

static double value_of(const struct exposition *parsed, const char *name, const char *labels) {
    double value = -1e9;
    size_t found = 0;
    for (size_t i = 0; i < parsed->count; i++) {
        if (strcmp(parsed->samples[i].name, name) == 0 && strcmp(parsed->samples[i].labels, labels) == 0) {
            value = parsed->samples[i].value;
            found++;
        }
    }
    CU_ASSERT_EQUAL(found, 1);
    return value;
}

static void test_names(void) {
    for (enum metrics_family i = 0; i < METRIC_FAMILY_COUNT; i++) {
        CU_ASSERT_EQUAL(strncmp(metrics_name(i), "reviewd_", 8), 0);
        CU_ASSERT_TRUE(metrics_cells(i) >= 1);
        for (enum metrics_family j = 0; j < i; j++) {
            CU_ASSERT_STRING_NOT_EQUAL(metrics_name(i), metrics_name(j));
        }
    }
}

static void test_blocks_add_up(void) {
    struct metrics *a = metrics_new();
    struct metrics *b = metrics_new();
    CU_ASSERT_EQUAL((uintptr_t)a % CACHE_LINE, 0);
    const struct metrics *const blocks[] = {a, b};
    metrics_add(a, METRIC_REQUESTS, 3, 5);
    metrics_add(b, METRIC_REQUESTS, 3, 7);
    metrics_add(b, METRIC_REQUESTS, METRICS_OPERATIONS - 1, 1);
    metrics_add(a, METRIC_CLIENTS, 0, 10);
    metrics_subtract(b, METRIC_CLIENTS, 0, 4);
    CU_ASSERT_EQUAL(metrics_sum(blocks, 2, METRIC_REQUESTS, 3), 12);
    CU_ASSERT_EQUAL(metrics_sum(blocks, 2, METRIC_REQUESTS, 2), 0);
    CU_ASSERT_EQUAL(metrics_sum(blocks, 2, METRIC_REQUESTS, METRICS_OPERATIONS - 1), 1);
    CU_ASSERT_EQUAL(metrics_sum(blocks, 2, METRIC_CLIENTS, 0), 6);
    CU_ASSERT_EQUAL(metrics_sum(&blocks[1], 1, METRIC_CLIENTS, 0), -4);
    metrics_set(a, METRIC_CLIENTS, 0, 2);
    CU_ASSERT_EQUAL(metrics_sum(blocks, 2, METRIC_CLIENTS, 0), -2);
    free(a);
    free(b);
}

// Each value has its own place: a different number in every cell comes back from every cell.
static void test_cells_do_not_overlap(void) {
    struct metrics *block = metrics_new();
    const struct metrics *const blocks[] = {block};
    static const enum metrics_family families[] = {
#define COUNTER(id, name, cells, help) METRIC_##id,
#define GAUGE(id, name, cells, help) METRIC_##id,
#include "core/metrics.def"
    };
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        for (size_t cell = 0; cell < metrics_cells(families[i]); cell++) {
            metrics_set(block, families[i], cell, 1000 * (i + 1) + cell);
        }
    }
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        for (size_t cell = 0; cell < metrics_cells(families[i]); cell++) {
            CU_ASSERT_EQUAL(metrics_sum(blocks, 1, families[i], cell), (int64_t)(1000 * (i + 1) + cell));
        }
    }
    free(block);
}

static void test_text_parses_back(void) {
    struct metrics *a = metrics_new();
    struct metrics *b = metrics_new();
    const struct metrics *const blocks[] = {a, b};
    metrics_add(a, METRIC_REQUESTS, 0, 3);
    metrics_add(b, METRIC_REQUESTS, 0, 4);
    metrics_add(b, METRIC_SHED, SHED_QUEUE, 9);
    metrics_add(a, METRIC_BYTES_SENT, 0, UINT64_C(1) << 40);
    metrics_subtract(a, METRIC_CLIENTS, 0, 1);
    struct buffer text = {0};
    render(&text, blocks, 2);
    struct exposition *parsed = parse(text.data);
    CU_ASSERT_EQUAL(parsed->families, METRIC_FAMILY_COUNT);
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_requests_total", "operation=\"o0\""), 7);
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_requests_total", "operation=\"o6\""), 0);
    // A cell that the callback has no labels for is still told apart.
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_shed_total", "cell=\"1\""), 9);
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_bytes_sent_total", ""), (double)(UINT64_C(1) << 40));
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_clients", ""), -1);
    free(parsed);
    buffer_free(&text);
    free(a);
    free(b);
}

// A duration equal to a bucket's border is in that bucket, one nanosecond more is in the next.
static void test_histogram_text(void) {
    struct metrics *a = metrics_new();
    struct metrics *b = metrics_new();
    const struct metrics *const blocks[] = {a, b};
    metrics_record(a, METRIC_REQUEST_DURATION, 2, 1048576);
    metrics_record(b, METRIC_REQUEST_DURATION, 2, 1048577);
    metrics_record(b, METRIC_REQUEST_DURATION, 2, UINT64_C(60000000000));
    struct buffer text = {0};
    render(&text, blocks, 2);
    struct exposition *parsed = parse(text.data);
    const char *bucket = "reviewd_request_duration_seconds_bucket";
    CU_ASSERT_EQUAL(value_of(parsed, bucket, "operation=\"o2\",le=\"0.000786432\""), 0);
    CU_ASSERT_EQUAL(value_of(parsed, bucket, "operation=\"o2\",le=\"0.001048576\""), 1);
    CU_ASSERT_EQUAL(value_of(parsed, bucket, "operation=\"o2\",le=\"0.001572864\""), 2);
    CU_ASSERT_EQUAL(value_of(parsed, bucket, "operation=\"o2\",le=\"17.179869184\""), 2);
    CU_ASSERT_EQUAL(value_of(parsed, bucket, "operation=\"o2\",le=\"+Inf\""), 3);
    CU_ASSERT_EQUAL(value_of(parsed, bucket, "operation=\"o1\",le=\"+Inf\""), 0);
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_request_duration_seconds_count", "operation=\"o2\""), 3);
    CU_ASSERT_DOUBLE_EQUAL(
        value_of(parsed, "reviewd_request_duration_seconds_sum", "operation=\"o2\""), 60.002097153, 1e-9);
    free(parsed);
    struct histogram_snapshot snapshot = {.count = 0};
    metrics_merge(&snapshot, blocks, 2, METRIC_REQUEST_DURATION, 2);
    CU_ASSERT_EQUAL(snapshot.count, 3);
    buffer_free(&text);
    free(a);
    free(b);
}

// In every histogram of the text: borders rise, counts do not fall, and +Inf equals _count.
static void test_buckets_are_cumulative(void) {
    struct metrics *block = metrics_new();
    const struct metrics *const blocks[] = {block};
    for (uint64_t duration = 1; duration < UINT64_C(100000000000); duration += duration / 3 + 1) {
        metrics_record(block, METRIC_QUEUE_DURATION, 0, duration);
    }
    struct buffer text = {0};
    render(&text, blocks, 1);
    struct exposition *parsed = parse(text.data);
    double le_before = 0;
    double count_before = 0;
    size_t buckets = 0;
    for (size_t i = 0; i < parsed->count; i++) {
        const struct sample *sample = &parsed->samples[i];
        double le;
        if (strcmp(sample->name, "reviewd_queue_duration_seconds_bucket") != 0 ||
            strncmp(sample->labels, "cell=\"0\",", 9) != 0) {
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(sscanf(sample->labels, "cell=\"0\",le=\"%lf\"", &le), 1);
        CU_ASSERT_TRUE(le > le_before && sample->value >= count_before);
        le_before = le;
        count_before = sample->value;
        buckets++;
    }
    CU_ASSERT_TRUE(buckets > 30);
    CU_ASSERT_TRUE(count_before > 50);
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_queue_duration_seconds_count", "cell=\"0\""), count_before);
    free(parsed);
    buffer_free(&text);
    free(block);
}

static void *write_events(void *argument) {
    struct metrics *metrics = argument;
    for (uint64_t i = 0; i < CONCURRENT_EVENTS; i++) {
        metrics_add(metrics, METRIC_CLIENTS_OPENED, 0, 1);
        metrics_record(metrics, METRIC_QUEUE_DURATION, 0, i);
    }
    return NULL;
}

// A reader beside the writer sees counters that never fall, and in the end all events.
static void test_reader_beside_writer(void) {
    struct metrics *metrics = metrics_new();
    const struct metrics *const blocks[] = {metrics};
    pthread_t writer;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, write_events, metrics), 0);
    int64_t seen = 0;
    struct buffer text = {0};
    while (seen < CONCURRENT_EVENTS) {
        int64_t now = metrics_sum(blocks, 1, METRIC_CLIENTS_OPENED, 0);
        CU_ASSERT_TRUE_FATAL(now >= seen && now <= CONCURRENT_EVENTS);
        seen = now;
        text.length = 0;
        metrics_render(&text, blocks, 1, write_labels);
    }
    CU_ASSERT_EQUAL(pthread_join(writer, NULL), 0);
    text.length = 0;
    render(&text, blocks, 1);
    struct exposition *parsed = parse(text.data);
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_clients_opened_total", ""), CONCURRENT_EVENTS);
    CU_ASSERT_EQUAL(value_of(parsed, "reviewd_queue_duration_seconds_count", "cell=\"0\""), CONCURRENT_EVENTS);
    free(parsed);
    buffer_free(&text);
    free(metrics);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"families have names of their own", test_names},
        {"blocks add up", test_blocks_add_up},
        {"cells do not overlap", test_cells_do_not_overlap},
        {"the text parses back", test_text_parses_back},
        {"a histogram in the text", test_histogram_text},
        {"buckets are cumulative", test_buckets_are_cumulative},
        {"a reader beside the writer", test_reader_beside_writer},
        CU_TEST_INFO_NULL,
    };
    return unit_run("metrics", tests);
}
