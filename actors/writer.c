// The writer.
//
// Owns:     the writing half of each connection of its acceptors, and in the end the descriptor.
// Receives: CLIENT_OPEN, CLIENT_RELEASE, and replies (any request operation).
// Sends:    CLIENT_CREDIT when replies have left (or can no longer), CLIENT_CLOSED, to the acceptor of the client.
// Stops:    closes what is still open; after a drain that is nothing.
//
// Replies leave in the order of their requests: one that comes early waits in `early`. A flush renders all that are due and
// writes once a client. What the socket does not take is kept, and its credit with it, so that a client that does not read
// holds reply slots, not memory without bound.

#include "actors/writer.h"

#include "core/clock.h"
#include "core/loop.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "proto/credit.h"
#include "proto/operation.h"
#include "proto/response.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TICK_MS = 500,
    KEPT_SCRATCH_BYTES = 256 * 1024 // a larger scratch buffer is given back after use
};

struct writer;

struct client {
    struct writer *writer;
    struct client *next_due; // among the clients to be served by this flush
    uint16_t acceptor;
    uint32_t slot;
    uint32_t generation;
    int descriptor;
    uint32_t sequence;   // of the next reply to be rendered
    uint32_t total;      // of requests, once released
    uint32_t uncredited; // replies rendered (or dropped) for which no credit was sent
    bool is_due;
    bool is_open;
    bool is_released;
    bool is_broken;        // nothing can be written any more: replies are dropped
    bool is_finished;      // the last response closes the connection
    struct message *early; // replies that wait, by sequence
    struct buffer unsent;
    uint64_t unsent_since_ns; // when the client last took anything
    int queued;               // bytes that the kernel holds for it, as last seen
    struct event *writable;   // made when first needed
};

struct writer {
    struct actor actor;
    struct writer_settings settings;
    const struct directory *directory;
    struct client ***clients; // by acceptor and slot; made when first used
    struct message **credits; // by acceptor: the message of this flush
    struct client *first_due;
    struct client *last_due;
    struct response_renderer renderer;
    struct buffer out; // scratch
    struct event *tick;
    int64_t date_s;
};

static struct writer *writer_of(struct actor *actor) {
    return (struct writer *)actor;
}

static struct client **client_place(struct writer *writer, const struct message *message) {
    return &writer->clients[message->origin - writer->settings.first_acceptor][message->slot];
}

static void make_due(struct writer *writer, struct client *client) {
    if (client->is_due) {
        return;
    }
    client->is_due = true;
    client->next_due = NULL;
    if (writer->last_due == NULL) {
        writer->first_due = client;
    } else {
        writer->last_due->next_due = client;
    }
    writer->last_due = client;
}

static void open_client(struct writer *writer, const struct message *message) {
    struct client **place = client_place(writer, message);
    if (*place == NULL) {
        *place = memory_allocate(1, sizeof **place);
    }
    struct client *client = *place;
    *client = (struct client){
        .writer = writer,
        .acceptor = message->origin,
        .slot = message->slot,
        .generation = message->generation,
        .descriptor = (int)message->sequence,
        .is_open = true,
    };
}

static void give_credit(struct writer *writer, struct client *client) {
    if (client->uncredited == 0) {
        return;
    }
    struct message **credit = &writer->credits[client->acceptor - writer->settings.first_acceptor];
    if (*credit == NULL) {
        *credit = message_new(256);
        (*credit)->operation = OPERATION_CLIENT_CREDIT;
    }
    credit_pack(credit, client->slot, client->uncredited);
    client->uncredited = 0;
}

// Gives up writing. Shutting the socket down makes the acceptor see the end of its half.
static void break_client(struct client *client) {
    if (!client->is_broken) {
        client->is_broken = true;
        (void)shutdown(client->descriptor, SHUT_RDWR);
    }
    buffer_free(&client->unsent);
}

static void drop_early(struct client *client) {
    while (client->early != NULL) {
        struct message *reply = client->early;
        client->early = reply->next;
        message_free(reply);
        client->sequence++;
        client->uncredited++;
    }
}

static void insert_early(struct client *client, struct message *reply) {
    struct message **place = &client->early;
    while (*place != NULL && (int32_t)((*place)->sequence - reply->sequence) < 0) {
        place = &(*place)->next;
    }
    reply->next = *place;
    *place = reply;
}

static void take_reply(struct writer *writer, struct message *reply) {
    struct client *client = *client_place(writer, reply);
    insert_early(client, reply);
    make_due(writer, client);
}

static void count_response(struct writer *writer, const struct message *reply, int status) {
    struct metrics *metrics = writer->actor.metrics;
    unsigned status_class = (unsigned)status / 100 - 1;
    metrics_add(metrics, METRIC_RESPONSES, (unsigned)reply->operation * METRICS_STATUS_CLASSES + status_class, 1);
    uint64_t now_ns = clock_now_ns();
    // An acceptor's own reply was sent in a round that may have begun before the request came.
    uint64_t replied_ns = reply->enqueued_ns > reply->accepted_ns ? reply->enqueued_ns : reply->accepted_ns;
    metrics_record(metrics, METRIC_REQUEST_DURATION, reply->operation, now_ns - reply->accepted_ns);
    metrics_record(metrics, METRIC_RENDER_DURATION, reply->operation, now_ns - replied_ns);
    if (reply->asked_ns != 0 && reply->asked_ns <= replied_ns) {
        metrics_record(metrics, METRIC_QUEUE_DURATION, reply->operation, reply->asked_ns - reply->accepted_ns);
        metrics_record(metrics, METRIC_DATABASE_DURATION, reply->operation, replied_ns - reply->asked_ns);
    }
}

// Renders the replies that are due behind what is still unsent; into the scratch buffer if nothing is.
static struct buffer *render_due(struct writer *writer, struct client *client) {
    struct buffer *out = client->unsent.length > 0 ? &client->unsent : &writer->out;
    while (client->early != NULL && client->early->sequence == client->sequence && !client->is_finished) {
        struct message *reply = client->early;
        client->early = reply->next;
        int status = response_render(&writer->renderer, out, reply);
        client->is_finished = (reply->flags & MESSAGE_CLOSE) != 0;
        client->sequence++;
        client->uncredited++;
        count_response(writer, reply, status);
        message_free(reply);
    }
    return out;
}

static void on_writable(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct client *client = argument;
    make_due(client->writer, client);
}

static void wait_until_writable(struct writer *writer, struct client *client) {
    if (client->writable == NULL) {
        client->writable =
            event_new(loop_base(writer->actor.loop), client->descriptor, EV_WRITE | EV_ET, on_writable, client);
    }
    event_add(client->writable, NULL);
}

// Writes as much as the socket takes and keeps the rest in `unsent`.
static void write_out(struct writer *writer, struct client *client, struct buffer *out) {
    ssize_t written = send(client->descriptor, out->data, out->length, MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN && errno != EINTR) {
        break_client(client);
        return;
    }
    size_t done = written < 0 ? 0 : (size_t)written;
    metrics_add(writer->actor.metrics, METRIC_BYTES_SENT, 0, done);
    if (done > 0 || out != &client->unsent) {
        client->unsent_since_ns = loop_now_ns(writer->actor.loop);
    }
    if (out == &client->unsent) {
        buffer_consume(out, done);
    } else if (done < out->length) {
        buffer_append(&client->unsent, (struct view){out->data + done, out->length - done});
    }
    if (client->unsent.length > 0) {
        wait_until_writable(writer, client);
    } else {
        buffer_free(&client->unsent);
    }
}

// Closes the descriptor when both halves are done with it.
static void close_if_done(struct writer *writer, struct client *client) {
    if (!client->is_released || client->sequence != client->total || client->unsent.length > 0) {
        return;
    }
    if (client->writable != NULL) {
        event_free(client->writable);
        client->writable = NULL;
    }
    close(client->descriptor);
    client->is_open = false;
    struct message *message = message_new(0);
    message->operation = OPERATION_CLIENT_CLOSED;
    message->slot = client->slot;
    struct message **credit = &writer->credits[client->acceptor - writer->settings.first_acceptor];
    struct actor *acceptor = directory_find(writer->directory, client->acceptor);
    if (*credit != NULL) { // the slot's credits come before its end
        actor_send_reserved(&writer->actor, acceptor, *credit);
        *credit = NULL;
    }
    actor_send_reserved(&writer->actor, acceptor, message);
}

static void serve(struct writer *writer, struct client *client) {
    if (!client->is_broken) {
        struct buffer *out = render_due(writer, client);
        if (out->length > 0) {
            write_out(writer, client, out);
        }
        writer->out.length = 0;
        if (client->is_finished && client->unsent.length == 0 && !client->is_broken) {
            (void)shutdown(client->descriptor, SHUT_WR);
        }
    }
    if (client->is_broken) {
        drop_early(client);
    }
    if (client->unsent.length == 0) {
        give_credit(writer, client);
    }
    close_if_done(writer, client);
}

static void writer_flush(struct actor *actor) {
    struct writer *writer = writer_of(actor);
    while (writer->first_due != NULL) {
        struct client *client = writer->first_due;
        writer->first_due = client->next_due;
        if (writer->first_due == NULL) {
            writer->last_due = NULL;
        }
        client->is_due = false;
        if (client->is_open) {
            serve(writer, client);
        }
    }
    for (uint16_t i = 0; i < writer->settings.acceptor_count; i++) {
        if (writer->credits[i] != NULL) {
            struct actor *acceptor = directory_find(writer->directory, (uint16_t)(writer->settings.first_acceptor + i));
            actor_send_reserved(actor, acceptor, writer->credits[i]);
            writer->credits[i] = NULL;
        }
    }
    if (writer->out.capacity > KEPT_SCRATCH_BYTES) {
        buffer_free(&writer->out);
    }
}

static void take_release(struct writer *writer, const struct message *message) {
    struct client *client = *client_place(writer, message);
    client->is_released = true;
    client->total = message->sequence;
    make_due(writer, client);
}

static void writer_receive(struct actor *actor, struct message *message) {
    struct writer *writer = writer_of(actor);
    switch ((enum operation)message->operation) {
    case OPERATION_CLIENT_OPEN: open_client(writer, message); break;
    case OPERATION_CLIENT_RELEASE: take_release(writer, message); break;
    default: take_reply(writer, message); return;
    }
    message_free(message);
}

// The kernel takes more only when a good part of what it holds has left, so it is asked whether any has.
static void note_progress(struct client *client, uint64_t now_ns) {
    int queued = 0;
    if (ioctl(client->descriptor, SIOCOUTQ, &queued) == 0) {
        if (queued < client->queued) {
            client->unsent_since_ns = now_ns;
        }
        client->queued = queued;
    }
}

static void check_stalled(struct writer *writer, struct client *client, uint64_t now_ns) {
    if (client == NULL || !client->is_open || client->unsent.length == 0) {
        return;
    }
    note_progress(client, now_ns);
    if (now_ns > client->unsent_since_ns &&
        now_ns - client->unsent_since_ns > writer->settings.write_timeout_ms * NS_PER_MS) {
        break_client(client);
        make_due(writer, client);
    }
}

static void renew_date(struct writer *writer) {
    int64_t now_s = clock_wall_ms() / 1000;
    if (now_s != writer->date_s) {
        writer->date_s = now_s;
        response_set_date(&writer->renderer, now_s);
    }
}

static void on_tick(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct writer *writer = argument;
    uint64_t now_ns = clock_now_ns();
    renew_date(writer);
    for (unsigned acceptor = 0; acceptor < writer->settings.acceptor_count; acceptor++) {
        for (unsigned slot = 0; slot < writer->settings.clients; slot++) {
            check_stalled(writer, writer->clients[acceptor][slot], now_ns);
        }
    }
}

static void writer_start(struct actor *actor) {
    struct writer *writer = writer_of(actor);
    renew_date(writer);
    writer->tick = event_new(loop_base(actor->loop), -1, EV_PERSIST, on_tick, writer);
    struct timeval interval = clock_timeval(TICK_MS * NS_PER_MS);
    event_add(writer->tick, &interval);
}

static void close_left(struct client *client) {
    if (client->is_open) {
        if (client->writable != NULL) {
            event_free(client->writable);
        }
        close(client->descriptor);
        client->is_open = false;
    }
    drop_early(client);
    buffer_free(&client->unsent);
}

static void writer_stop(struct actor *actor) {
    struct writer *writer = writer_of(actor);
    for (unsigned acceptor = 0; acceptor < writer->settings.acceptor_count; acceptor++) {
        for (unsigned slot = 0; slot < writer->settings.clients; slot++) {
            if (writer->clients[acceptor][slot] != NULL) {
                close_left(writer->clients[acceptor][slot]);
            }
        }
    }
    event_free(writer->tick);
}

struct actor *writer_new(const struct writer_settings *settings, const struct directory *directory, const char *name,
    uint16_t id, struct log *log, struct metrics *metrics) {
    static const struct actor_class class = {writer_start, writer_receive, writer_flush, writer_stop};
    struct writer *writer = memory_allocate_aligned(1, sizeof *writer);
    actor_init(&writer->actor, &class, name, id, settings->mailbox_capacity, log, metrics);
    writer->settings = *settings;
    writer->directory = directory;
    writer->renderer.cors_origin = settings->cors_origin;
    writer->renderer.files = settings->files;
    writer->credits = memory_allocate(settings->acceptor_count, sizeof(struct message *));
    writer->clients = memory_allocate(settings->acceptor_count, sizeof *writer->clients);
    for (unsigned i = 0; i < settings->acceptor_count; i++) {
        writer->clients[i] = memory_allocate(settings->clients, sizeof(struct client *));
    }
    return &writer->actor;
}

void writer_free(struct actor *actor) {
    struct writer *writer = writer_of(actor);
    for (unsigned acceptor = 0; acceptor < writer->settings.acceptor_count; acceptor++) {
        for (unsigned slot = 0; slot < writer->settings.clients; slot++) {
            free(writer->clients[acceptor][slot]);
        }
        free(writer->clients[acceptor]);
    }
    free(writer->clients);
    free(writer->credits);
    buffer_free(&writer->out);
    response_renderer_free(&writer->renderer);
    actor_free(actor);
    free(writer);
}
