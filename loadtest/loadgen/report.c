#include "loadtest/loadgen/report.h"

#include "core/clock.h"

#include <inttypes.h>
#include <stdio.h>

static void print_percentiles(const char *name, const struct histogram_snapshot *snapshot) {
    static const double percents[] = {50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 100};
    printf(", \"%s\": {", name);
    for (size_t i = 0; i < COUNT_OF(percents); i++) {
        printf("%s\"%g\": %.3f", i > 0 ? ", " : "", percents[i],
            (double)histogram_percentile(snapshot, percents[i]) / (double)NS_PER_MS);
    }
    printf("}");
}

static void print_histogram(const char *name, const struct histogram *histogram) {
    static struct histogram_snapshot snapshot;
    snapshot = (struct histogram_snapshot){0};
    histogram_merge(&snapshot, histogram);
    print_percentiles(name, &snapshot);
}

static void print_undisturbed(const struct undisturbed *undisturbed) {
    const double all = (double)(undisturbed->latency.count + undisturbed->disturbed.count);
    printf(", \"undisturbed_share\": %.3f", all > 0 ? (double)undisturbed->latency.count / all : 0);
    print_percentiles("undisturbed_latency_ms", &undisturbed->latency);
}

void report_print(const struct options *options, const struct results *results) {
    printf("{\"clients\": %u, \"rate_asked\": %.0f, \"seconds\": %.3f, \"answers\": %" PRIu64 ", \"due\": %" PRIu64
           ", \"statuses\": {",
        options->clients, options->rate, results->seconds, results->answers, results->due);
    const char *comma = "";
    for (size_t status = 0; status < COUNT_OF(results->statuses); status++) {
        if (results->statuses[status] > 0) {
            printf("%s\"%zu\": %" PRIu64, comma, status, results->statuses[status]);
            comma = ", ";
        }
    }
    printf("}, \"broken\": %" PRIu64 ", \"dropped\": %" PRIu64 ", \"unanswered\": %" PRIu64
           ", \"rate\": %.1f, \"refused_rate\": %.1f, \"cpu_s\": %.3f",
        results->broken, results->dropped, results->unanswered, (double)results->within[ANSWERED] / results->seconds,
        (double)results->within[REFUSED] / results->seconds, results->cpu_s);
    print_histogram("latency_ms", &results->latency[ANSWERED]);
    print_histogram("answering_ms", &results->answering[ANSWERED]);
    print_histogram("refused_latency_ms", &results->latency[REFUSED]);
    print_histogram("refused_answering_ms", &results->answering[REFUSED]);
    print_undisturbed(&results->undisturbed);
    printf("}\n");
}
