// reviewd-render: what a way to keep and render lists costs the database and the server's thread, without HTTP.
//
// It does for random reads and writes what a DB actor does between a request and its answer: batches and pipelines statements,
// and makes the bodies of lists out of the results. loadtest/measure/render.py runs it for each way.
#include "core/clock.h"
#include "core/memory.h"
#include "loadtest/render/render.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static const char HELP[] =
    "reviewd-render: how fast lists are read, rendered and changed in one of several forms\n"
    "\n"
    "  reviewd-render DSN FORM STATEMENTS PRODUCTS ZIPF LIST META POST VOTE SECONDS SEED\n"
    "\n"
    "  FORM        rows, json or page: in what form the database holds lists\n"
    "  STATEMENTS  a file of lines: name, tab, SQL (loadtest/render/text.def)\n"
    "  PRODUCTS    1 to this are asked for, evenly or (ZIPF is 1) by Zipf's law with exponent 0.99\n"
    "  LIST …      how often each kind of request is made\n"
    "  SECONDS     how long; 0: asks for the list of each product once, and prints a checksum of all\n"
    "\n"
    "Prints one JSON object. Exit codes: 0 measured, 1 failed, 2 bad usage.\n";

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("reviewd-render: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static const char *const text_names[TEXT_COUNT] = {
#define TEXT(name) [TEXT_##name] = #name,
#include "loadtest/render/text.def"
#undef TEXT
};

// The texts stay allocated to the end.
static void read_texts(struct run *run, const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail("%s: %m", path);
    }
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        for (int text = 0; tab != NULL && text < TEXT_COUNT; text++) {
            if (strncmp(line, text_names[text], (size_t)(tab - line)) == 0 && text_names[text][tab - line] == '\0') {
                run->texts[text] = strdup(tab + 1);
            }
        }
    }
    free(line);
    fclose(file);
}

static double cpu_s(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void ask_for(struct run *run, double seconds) {
    uint64_t end_ns = clock_now_ns() + (uint64_t)(seconds * 1e9);
    for (unsigned turn = 0; turn % 64 != 0 || clock_now_ns() < end_ns; turn++) {
        uint64_t product;
        enum kind kind = asking_draw(&run->asking, &product);
        if (kind == KIND_LIST || kind == KIND_META) {
            reading_add(run, kind, (int32_t)product);
        } else {
            writing_add(run, kind, (int32_t)product);
        }
    }
}

static void ask_for_each(struct run *run, unsigned products) {
    run->is_checked = true;
    for (unsigned product = 1; product <= products; product++) {
        reading_add(run, KIND_LIST, (int32_t)product);
    }
}

static void finish(struct run *run) {
    do {
        if (run->batch_count > 0) {
            reading_send(run);
        }
        for (int i = 0; i < READ_LINKS; i++) {
            link_finish(run, &run->reads[i]);
        }
    } while (run->batch_count > 0);
    for (int i = 0; i < WRITE_LINKS; i++) {
        link_finish(run, &run->writes[i]);
    }
}

static enum form form_of(const char *name) {
    static const char *const names[] = {[FORM_ROWS] = "rows", [FORM_JSON] = "json", [FORM_PAGE] = "page"};
    for (enum form form = FORM_ROWS; form <= FORM_PAGE; form++) {
        if (strcmp(names[form], name) == 0) {
            return form;
        }
    }
    fail("there is no form %s", name);
}

static unsigned number_of(const char *text) {
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number > INT32_MAX) {
        fail("%s is no number", text);
    }
    return (unsigned)number;
}

int main(int count, char **arguments) {
    if (count != 12) {
        fputs(HELP, stderr);
        return 2;
    }
    struct options options = {.products = number_of(arguments[4]),
        .zipf = number_of(arguments[5]) == 1,
        .weights = {[KIND_LIST] = number_of(arguments[6]),
            [KIND_META] = number_of(arguments[7]),
            [KIND_POST] = number_of(arguments[8]),
            [KIND_VOTE] = number_of(arguments[9])},
        .seed = number_of(arguments[11])};
    unsigned seconds = number_of(arguments[10]);
    struct run *run = memory_allocate(1, sizeof *run);
    run->form = form_of(arguments[2]);
    read_texts(run, arguments[3]);
    run->pages = run->texts[TEXT_VERSIONS] == NULL ? NULL : page_cache_new(KEPT_BYTES);
    asking_begin(&run->asking, &options);
    links_open(run, arguments[1]);
    double start_cpu_s = cpu_s();
    uint64_t start_ns = clock_now_ns();
    if (seconds == 0) {
        ask_for_each(run, options.products);
    } else {
        ask_for(run, seconds);
    }
    finish(run);
    double took_s = (double)(clock_now_ns() - start_ns) * 1e-9;
    printf("{\"seconds\": %.3f, \"lists\": %" PRIu64 ", \"metas\": %" PRIu64 ", \"writes\": %" PRIu64
           ", \"kept\": %" PRIu64 ", \"body_bytes\": %" PRIu64
           ", \"cpu_s\": %.3f, \"render_s\": %.3f, \"checksum\": \"%016" PRIx64 "\"}\n",
        took_s, run->list_count, run->meta_count, run->write_count, run->kept_count, run->body_bytes,
        cpu_s() - start_cpu_s, (double)run->render_ns * 1e-9, run->checksum);
    links_close(run);
    page_cache_free(run->pages);
    buffer_free(&run->body);
    parameters_free(&run->parameters);
    free(run);
    return 0;
}
