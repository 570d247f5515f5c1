// The admin actor.
//
// Owns:     the admin port and its few connections, both halves.
// Receives: DRAIN, after which it is not ready; SEGMENTS, what a DB actor knows of them.
// Sends:    nothing.
// Stops:    closes its connections.
//
// It reads other actors' metrics, which are made for that (core/metrics.h), and the counters of their mailboxes; nothing else.
//
// A visitor that does not take its answers is not read from meanwhile: nothing more is parsed until they have left.
//
// A visitor that asks for /actors?stream gets a stream of server-sent events until it leaves. All of them share one timer and
// one sample; without them there is neither.

#include "actors/admin.h"

#include "actors/console_files.h"
#include "actors/labels.h"
#include "actors/listener.h"
#include "actors/status.h"
#include "core/clock.h"
#include "core/loop.h"
#include "core/memory.h"
#include "pg/connection.h"
#include "proto/operation.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    VISITORS_MAX = 64,
    STREAMS_MAX = 16, // of them; the others are for probes
    MAILBOX_CAPACITY = 16,
    READ_BYTES = 8192,
    IDLE_TIMEOUT_S = 90,
    ACCEPT_AGAIN_MS = 100 // after a failure, as for want of descriptors
};

struct admin;

struct visitor {
    LIST_ENTRY(visitor) others;
    struct admin *admin;
    int descriptor;
    struct event *readable;
    struct event *writable;
    struct http_parser parser;
    struct buffer out;
    struct buffer unparsed;    // input that waits until `out` has left
    bool waits;                // is not read from until then
    bool closes;               // once `out` has left
    bool streams;              // samples until it leaves; no further request is read
    unsigned segments_version; // that it was sent
};

struct admin {
    struct actor actor;
    struct admin_settings settings;
    const struct directory *directory;
    struct event *acceptable;
    struct event *accept_again;
    LIST_HEAD(, visitor) visitors;
    unsigned visitor_count;
    unsigned stream_count;
    struct event *sample_due;
    struct status status;
    bool draining;
    struct buffer body; // scratch
};

struct page {
    const char *path;
    // Appends the page's body and returns its status.
    int (*write)(struct admin *admin, struct buffer *out);
    const char *content_type;
};

static struct admin *admin_of(struct actor *actor) {
    return (struct admin *)actor;
}

static int write_live(struct admin *admin, struct buffer *out) {
    (void)admin;
    buffer_append(out, VIEW("live\n"));
    return 200;
}

static int64_t ready_connections(const struct metrics *metrics) {
    int64_t count = 0;
    for (size_t lane = 0; lane < METRICS_LANES; lane++) {
        count += metrics_sum(&metrics, 1, METRIC_DB_CONNECTIONS, lane * METRICS_DB_STATES + CONNECTION_READY);
    }
    return count;
}

static const char READY[] = "ready";

// READY, or why it is not.
static const char *readiness(const struct admin *admin) {
    if (admin->draining) {
        return "draining";
    }
    for (uint16_t i = 0; i < admin->settings.db_count; i++) {
        if (ready_connections(admin->settings.metrics[admin->settings.first_db + i]) == 0) {
            return "no database connection";
        }
    }
    return READY;
}

static int write_ready(struct admin *admin, struct buffer *out) {
    const char *state = readiness(admin);
    buffer_format(out, "%s\n", state);
    return state == READY ? 200 : 503;
}

// What is known by the runtime and not by any actor's metrics.
static void write_runtime(struct admin *admin, struct buffer *out) {
    buffer_append(out, VIEW("# HELP reviewd_mailbox_depth Messages that wait in an actor's mailbox.\n"
                            "# TYPE reviewd_mailbox_depth gauge\n"));
    for (size_t i = 0; i < admin->directory->count; i++) {
        struct actor *actor = admin->directory->actors[i];
        buffer_format(out, "reviewd_mailbox_depth{actor=\"%s\"} %zu\n", actor->name, mailbox_depth(&actor->mailbox));
    }
    struct {
        const char *name;
        const char *help;
        uint64_t (*value)(const struct loop *loop);
    } const families[] = {
        {"reviewd_messages_total", "Messages that the actors of a loop took.", loop_messages},
        {"reviewd_wakeups_total", "Sleeping loops that a loop woke.", loop_wakeups},
        {"reviewd_loop_cpu_nanoseconds_total", "CPU time of a loop's thread.", loop_cpu_ns},
    };
    for (size_t f = 0; f < COUNT_OF(families); f++) {
        buffer_format(out, "# HELP %s %s\n# TYPE %s counter\n", families[f].name, families[f].help, families[f].name);
        for (size_t i = 0; i < admin->settings.loop_count; i++) {
            const struct loop *loop = admin->settings.loops[i];
            buffer_format(out, "%s{loop=\"%s\"} %llu\n", families[f].name, loop_name(loop),
                (unsigned long long)families[f].value(loop));
        }
    }
    buffer_format(out,
        "# HELP reviewd_log_lines_total Log lines written.\n# TYPE reviewd_log_lines_total counter\n"
        "reviewd_log_lines_total %llu\n"
        "# HELP reviewd_log_dropped_total Log lines dropped because the log's queue was full.\n"
        "# TYPE reviewd_log_dropped_total counter\nreviewd_log_dropped_total %llu\n",
        (unsigned long long)log_written(admin->actor.log), (unsigned long long)log_dropped(admin->actor.log));
}

// Under the names that every Prometheus client library gives them.
static void write_process(struct admin *admin, struct buffer *out) {
    struct process_usage *usage = &admin->status.usage;
    process_usage_read(usage, clock_now_ns());
    buffer_format(out,
        "# HELP process_resident_memory_bytes Resident memory of the process.\n"
        "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %" PRIu64 "\n"
        "# HELP process_open_fds Open descriptors.\n# TYPE process_open_fds gauge\nprocess_open_fds %" PRIu64 "\n"
        "# HELP process_max_fds Descriptors that may be open.\n# TYPE process_max_fds gauge\nprocess_max_fds %" PRIu64
        "\n# HELP process_cpu_seconds_total CPU time of the process.\n# TYPE process_cpu_seconds_total counter\n"
        "process_cpu_seconds_total %" PRIu64 ".%09" PRIu64 "\n",
        usage->resident_bytes, usage->descriptors, usage->descriptors_max, usage->cpu_ns / NS_PER_S,
        usage->cpu_ns % NS_PER_S);
}

static int write_metrics(struct admin *admin, struct buffer *out) {
    metrics_render(out, (const struct metrics *const *)admin->settings.metrics, admin->directory->count, labels_write);
    write_runtime(admin, out);
    write_process(admin, out);
    return 200;
}

static int write_actors(struct admin *admin, struct buffer *out) {
    status_renew(&admin->status, readiness(admin));
    status_write(&admin->status, out);
    return 200;
}

static const struct page pages[] = {
    {"/live", write_live, "text/plain; charset=utf-8"},
    {"/ready", write_ready, "text/plain; charset=utf-8"},
    {"/metrics", write_metrics, "text/plain; version=0.0.4; charset=utf-8"},
    {"/actors", write_actors, "application/json"},
};

static void append_response(
    struct visitor *visitor, int status, const char *content_type, const char *more, struct view body, bool head) {
    const char *reason = status == 200   ? "OK"
                         : status == 404 ? "Not Found"
                         : status == 503 ? "Service Unavailable"
                                         : "Error";
    buffer_format(&visitor->out,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n%s%s\r\n",
        status, reason, content_type, body.length, more, visitor->closes ? "Connection: close\r\n" : "");
    if (!head) {
        buffer_append(&visitor->out, body);
    }
}

static void append_error(struct visitor *visitor, int status, const char *detail, const char *more, bool head) {
    struct buffer *body = &visitor->admin->body;
    body->length = 0;
    buffer_format(body, "{\"type\":\"about:blank\",\"status\":%d,\"detail\":\"%s\"}\n", status, detail);
    append_response(visitor, status, "application/problem+json", more, buffer_view(body), head);
}

// An event whose data is one line.
static void append_event(struct visitor *visitor, const char *name, struct view data) {
    buffer_format(&visitor->out, "event: %s\ndata: ", name);
    buffer_append(&visitor->out, data);
    buffer_append(&visitor->out, VIEW("\n\n"));
}

static void append_sample(struct visitor *visitor) {
    const struct status *status = &visitor->admin->status;
    if (visitor->segments_version != status->segments_version) {
        visitor->segments_version = status->segments_version;
        append_event(visitor, "segments", buffer_view(&status->segments));
    }
    append_event(visitor, "sample", buffer_view(&status->sample));
}

static void arm_sample(struct admin *admin) {
    struct timeval interval = clock_timeval(STATUS_INTERVAL_MS * NS_PER_MS);
    event_add(admin->sample_due, &interval);
}

static void begin_stream(struct visitor *visitor) {
    struct admin *admin = visitor->admin;
    if (admin->stream_count == STREAMS_MAX) {
        append_error(visitor, 503, "Too many watch already.", "Retry-After: 10\r\n", false);
        return;
    }
    buffer_append(
        &visitor->out, VIEW("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 1000\n\n"));
    visitor->streams = true;
    if (admin->stream_count++ == 0) {
        arm_sample(admin);
    }
    event_remove_timer(visitor->readable); // it will not speak again
    admin->body.length = 0;
    status_write_about(&admin->status, &admin->body);
    append_event(visitor, "about", buffer_view(&admin->body));
    status_renew(&admin->status, readiness(admin));
    append_sample(visitor);
}

static void answer_page(struct visitor *visitor, const struct page *page) {
    struct admin *admin = visitor->admin;
    admin->body.length = 0;
    int status = page->write(admin, &admin->body);
    append_response(visitor, status, page->content_type, "", buffer_view(&admin->body),
        visitor->parser.request.method == METHOD_HEAD);
}

static const struct page *find_page(struct view path) {
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        if (view_equal(path, view_of(pages[i].path))) {
            return &pages[i];
        }
    }
    return NULL;
}

static const struct console_file *find_file(struct view path) {
    for (const struct console_file *file = console_files; file->path != NULL; file++) {
        if (view_equal(path, view_of(file->path))) {
            return file;
        }
    }
    return NULL;
}

static void answer(struct visitor *visitor) {
    static const char policy[] = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
                                 "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
                                 "frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n";
    const struct http_request *request = &visitor->parser.request;
    const struct page *page = find_page(request->path);
    const struct console_file *file = find_file(request->path);
    bool head = request->method == METHOD_HEAD;
    visitor->closes = !request->keep_alive;
    if (page == NULL && file == NULL) {
        append_error(visitor, 404, "There is nothing at this path.", "", head);
    } else if (request->method != METHOD_GET && !head) {
        append_error(visitor, 405, "Only GET and HEAD are to be had here.", "Allow: GET, HEAD\r\n", false);
    } else if (file != NULL) {
        append_response(visitor, 200, file->content_type, policy, file->content, head);
    } else if (page->write == write_actors && view_equal(request->query, VIEW("stream")) && !head) {
        begin_stream(visitor);
    } else {
        answer_page(visitor, page);
    }
}

static void close_visitor(struct visitor *visitor) {
    struct admin *admin = visitor->admin;
    LIST_REMOVE(visitor, others);
    admin->visitor_count--;
    if (visitor->streams && --admin->stream_count == 0) {
        event_del(admin->sample_due);
    }
    event_free(visitor->readable);
    event_free(visitor->writable);
    close(visitor->descriptor);
    http_parser_free(&visitor->parser);
    buffer_free(&visitor->out);
    buffer_free(&visitor->unparsed);
    free(visitor);
    if (!event_pending(admin->acceptable, EV_READ, NULL)) {
        event_add(admin->acceptable, NULL);
    }
}

// Writes what it can; closes the visitor when that was the last, and then returns false.
static bool write_out(struct visitor *visitor) {
    while (visitor->out.length > 0) {
        ssize_t written = send(visitor->descriptor, visitor->out.data, visitor->out.length, MSG_NOSIGNAL);
        if (written < 0 && errno == EAGAIN) {
            struct timeval limit = {IDLE_TIMEOUT_S, 0};
            event_add(visitor->writable, &limit);
            return true;
        }
        if (written < 0) {
            close_visitor(visitor);
            return false;
        }
        buffer_consume(&visitor->out, (size_t)written);
    }
    if (visitor->closes) {
        close_visitor(visitor);
        return false;
    }
    return true;
}

static void read_on(struct visitor *visitor) {
    struct timeval limit = {IDLE_TIMEOUT_S, 0};
    visitor->waits = false;
    event_add(visitor->readable, &limit);
}

// Keeps the input, and reads no more, until what is to be written has left.
static void wait_with(struct visitor *visitor, struct view input) {
    buffer_append(&visitor->unparsed, input);
    visitor->waits = true;
    event_del(visitor->readable);
}

static void take_input(struct visitor *visitor, struct view input) {
    while (!visitor->closes && !visitor->streams) {
        if (visitor->out.length > 0 && !write_out(visitor)) {
            return;
        }
        if (visitor->out.length > 0) {
            wait_with(visitor, input);
            return;
        }
        switch (http_parser_next(&visitor->parser, &input)) {
        case PARSER_NEED_MORE: return;
        case PARSER_REQUEST: answer(visitor); break;
        case PARSER_CONTINUE: buffer_append(&visitor->out, VIEW("HTTP/1.1 100 Continue\r\n\r\n")); break;
        case PARSER_FAILED:
            visitor->closes = true;
            append_error(visitor, problem_status(visitor->parser.problem), visitor->parser.detail, "", false);
            break;
        }
    }
    (void)write_out(visitor);
}

static void on_writable(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    struct visitor *visitor = argument;
    if ((events & EV_TIMEOUT) != 0) {
        close_visitor(visitor);
    } else if (write_out(visitor) && visitor->out.length == 0 && visitor->waits) {
        struct buffer input = visitor->unparsed;
        visitor->unparsed = (struct buffer){0};
        read_on(visitor);
        take_input(visitor, buffer_view(&input));
        buffer_free(&input);
    }
}

static void on_readable(evutil_socket_t descriptor, short events, void *argument) {
    struct visitor *visitor = argument;
    char input[READ_BYTES];
    ssize_t length = (events & EV_TIMEOUT) != 0 ? 0 : read(descriptor, input, sizeof input);
    if (length > 0) {
        take_input(visitor, (struct view){input, (size_t)length});
    } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_visitor(visitor);
    }
}

static void on_acceptable(evutil_socket_t listener, short events, void *argument) {
    (void)events;
    struct admin *admin = argument;
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
        if (listener_is_exhausted(errno)) {
            struct timeval pause = clock_timeval(ACCEPT_AGAIN_MS * NS_PER_MS);
            event_del(admin->acceptable);
            event_add(admin->accept_again, &pause);
        }
        return;
    }
    struct visitor *visitor = memory_allocate(1, sizeof *visitor);
    visitor->admin = admin;
    visitor->descriptor = descriptor;
    http_parser_init(&visitor->parser, &admin->settings.limits);
    visitor->readable = event_new(loop_base(admin->actor.loop), descriptor, EV_READ | EV_PERSIST, on_readable, visitor);
    visitor->writable = event_new(loop_base(admin->actor.loop), descriptor, EV_WRITE, on_writable, visitor);
    struct timeval limit = {IDLE_TIMEOUT_S, 0};
    event_add(visitor->readable, &limit);
    LIST_INSERT_HEAD(&admin->visitors, visitor, others);
    if (++admin->visitor_count == VISITORS_MAX) {
        event_del(admin->acceptable);
    }
}

static void on_accept_again(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct admin *admin = argument;
    if (admin->visitor_count < VISITORS_MAX) {
        event_add(admin->acceptable, NULL);
    }
}

// A visitor that has not taken the last sample yet is spared this one.
static void on_sample_due(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct admin *admin = argument;
    struct visitor *next;
    arm_sample(admin);
    status_renew(&admin->status, readiness(admin));
    for (struct visitor *visitor = LIST_FIRST(&admin->visitors); visitor != NULL; visitor = next) {
        next = LIST_NEXT(visitor, others);
        if (visitor->streams && visitor->out.length == 0) {
            append_sample(visitor);
            (void)write_out(visitor);
        }
    }
}

static void admin_receive(struct actor *actor, struct message *message) {
    if (message->operation == OPERATION_DRAIN) {
        admin_of(actor)->draining = true;
    } else if (message->operation == OPERATION_SEGMENTS) {
        status_take_segments(&admin_of(actor)->status, message);
    }
    message_free(message);
}

static void admin_start(struct actor *actor) {
    struct admin *admin = admin_of(actor);
    admin->acceptable =
        event_new(loop_base(actor->loop), admin->settings.listener, EV_READ | EV_PERSIST, on_acceptable, admin);
    event_add(admin->acceptable, NULL);
    admin->accept_again = evtimer_new(loop_base(actor->loop), on_accept_again, admin);
    admin->sample_due = evtimer_new(loop_base(actor->loop), on_sample_due, admin);
}

static void admin_stop(struct actor *actor) {
    struct admin *admin = admin_of(actor);
    // The analyzer does not see that close_visitor takes the visitor off the list.
    while (!LIST_EMPTY(&admin->visitors)) {
        close_visitor(LIST_FIRST(&admin->visitors)); // NOLINT(clang-analyzer-unix.Malloc)
    }
    event_free(admin->acceptable);
    event_free(admin->accept_again);
    event_free(admin->sample_due);
    close(admin->settings.listener);
}

struct actor *admin_new(const struct admin_settings *settings, const struct directory *directory, const char *name,
    uint16_t id, struct log *log, struct metrics *metrics) {
    static const struct actor_class class = {admin_start, admin_receive, NULL, admin_stop};
    struct admin *admin = memory_allocate_aligned(1, sizeof *admin);
    actor_init(&admin->actor, &class, name, id, MAILBOX_CAPACITY, log, metrics);
    admin->settings = *settings;
    admin->directory = directory;
    status_init(&admin->status, &admin->settings, directory, log);
    LIST_INIT(&admin->visitors);
    return &admin->actor;
}

void admin_free(struct actor *actor) {
    buffer_free(&admin_of(actor)->body);
    status_free(&admin_of(actor)->status);
    actor_free(actor);
    free(actor);
}
