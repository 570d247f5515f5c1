// The acceptor.
//
// Owns:     a listening socket and the reading half of each connection that came through it.
// Receives: CLIENT_CREDIT (replies have left), CLIENT_CLOSED (a slot is free), DRAIN.
// Sends:    requests to the DB actor that their product chooses; CLIENT_OPEN, CLIENT_RELEASE and the replies that need no
//           database to the writer; DRAINED to the supervisor.
// Stops:    when all clients are gone, after DRAIN.
//
// A client lives in a slot, named to others by number and generation. Every request takes one of the acceptor's reply slots and
// the memory for its reply (actors/reply_budget.h) before it is sent anywhere; when there is none, or the client has too much in
// flight, the acceptor stops reading from it and TCP pushes back. What was read but not yet parsed then waits in `unparsed`
// (acceptor_waiting.c).
//
//   OPEN ──(last request, or an error)──▶ LINGERING ──(end of input, or time)──▶ RELEASED ──CLIENT_CLOSED──▶ free
//
// LINGERING reads and drops what the client still sends, so that closing does not destroy the reply under way.

#include "actors/acceptor_state.h"

#include "actors/intake.h"
#include "actors/listener.h"
#include "core/clock.h"
#include "core/loop.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "proto/credit.h"
#include "proto/operation.h"
#include "proto/reply.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024, // one read
    ACCEPTS_A_TURN = 64,    // so that a flood of connections does not starve those that are open
    LINGER_MS = 2000,
    TICK_MS = 100
};

static struct acceptor *acceptor_of(struct actor *actor) {
    return (struct acceptor *)actor;
}

static struct actor *writer_of(struct acceptor *acceptor) {
    return directory_find(acceptor->directory, acceptor->settings.writer);
}

// Sends a message about the client to the writer, which has room for it.
static void tell_writer(struct acceptor *acceptor, struct client *client, enum operation operation, uint32_t sequence) {
    struct message *message = message_new(0);
    message->operation = (uint16_t)operation;
    message->origin = acceptor->actor.id;
    message->slot = client->slot;
    message->generation = client->generation;
    message->sequence = sequence;
    actor_send_reserved(&acceptor->actor, writer_of(acceptor), message);
}

// Lets go of the reading half. The writer closes the descriptor when it has let go of its half.
static void release(struct acceptor *acceptor, struct client *client) {
    if (client->state == CLIENT_RELEASED) {
        return;
    }
    waiting_end(client);
    client->state = CLIENT_RELEASED;
    event_free(client->readable);
    client->readable = NULL;
    http_parser_free(&client->parser);
    buffer_free(&client->unparsed);
    tell_writer(acceptor, client, OPERATION_CLIENT_RELEASE, client->sequence);
}

static void linger(struct acceptor *acceptor, struct client *client) {
    client->state = CLIENT_LINGERING;
    client->since_ns = loop_now_ns(acceptor->actor.loop);
    buffer_free(&client->unparsed);
    waiting_end(client);
    if (client->is_stalled) {
        client->is_stalled = false;
        event_add(client->readable, NULL);
    }
}

// Fills in the envelope of a message that takes a reply slot: a request, or a reply of our own.
static void take_slot(struct acceptor *acceptor, struct client *client, struct message *message, uint32_t reply_bytes) {
    uint64_t now_ns = clock_now_ns();
    uint64_t starved_ns = client->starved_since_ns != 0 ? now_ns - client->starved_since_ns : 0;
    uint64_t most_ns = acceptor->settings.starve_ms * NS_PER_MS; // it may have been a bit more
    message->accepted_ns = now_ns - (starved_ns < most_ns ? starved_ns : most_ns);
    message->deadline_ns = deadline_after_ms(message->accepted_ns, acceptor->settings.deadline_ms);
    client->starved_since_ns = 0;
    client->is_to_be_refused = false;
    message->slot = client->slot;
    message->generation = client->generation;
    message->sequence = client->sequence++;
    message->origin = acceptor->actor.id;
    message->reply_to = acceptor->settings.writer;
    reply_budget_take(&acceptor->budget, &client->replies, reply_bytes);
}

static void answer(struct acceptor *acceptor, struct client *client, struct message *reply, uint32_t reply_bytes) {
    take_slot(acceptor, client, reply, reply_bytes);
    actor_send_reserved(&acceptor->actor, writer_of(acceptor), reply);
}

static void answer_problem_and_linger(
    struct acceptor *acceptor, struct client *client, enum problem problem, const char *detail) {
    metrics_add(acceptor->actor.metrics, METRIC_MALFORMED_REQUESTS, 0, 1);
    answer(acceptor, client, intake_problem(problem, detail, MESSAGE_CLOSE), REPLY_SMALL_BYTES);
    linger(acceptor, client);
}

// The DB actor of a product: always the same on this node, so that equal questions meet. (The multiplier is that of
// Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4.)
static struct actor *db_of_product(struct acceptor *acceptor, int32_t product_id) {
    uint64_t hash = (uint64_t)(uint32_t)product_id * UINT64_C(11400714819323198485);
    uint16_t index = (uint16_t)((hash >> 32) * acceptor->settings.db_count >> 32);
    return directory_find(acceptor->directory, (uint16_t)(acceptor->settings.first_db + index));
}

static void ask(struct acceptor *acceptor, struct client *client, struct intake *intake) {
    struct message *message = intake->message;
    take_slot(acceptor, client, message, intake->reply_bytes);
    if (actor_send(&acceptor->actor, db_of_product(acceptor, intake->product_id), message)) {
        return;
    }
    metrics_add(acceptor->actor.metrics, METRIC_SHED, SHED_MAILBOX, 1);
    struct message *refusal =
        intake_problem(PROBLEM_OVERLOADED, "The server is overloaded at the moment.", message->flags);
    message_answer_to(refusal, message);
    message_free(message);
    actor_send_reserved(&acceptor->actor, writer_of(acceptor), refusal);
}

static void refuse(struct acceptor *acceptor, struct client *client, uint16_t flags) {
    metrics_add(acceptor->actor.metrics, METRIC_REQUESTS, OPERATION_OTHER, 1);
    metrics_add(acceptor->actor.metrics, METRIC_SHED, SHED_REPLIES, 1);
    answer(acceptor, client, intake_problem(PROBLEM_OVERLOADED, "The server is overloaded at the moment.", flags),
        REPLY_SMALL_BYTES);
}

static void judge(struct acceptor *acceptor, struct client *client, const struct http_request *request) {
    struct intake intake;
    enum intake_result result = intake_request(&intake, request, acceptor->settings.files);
    metrics_add(acceptor->actor.metrics, METRIC_REQUESTS, intake.message->operation, 1);
    if (result == INTAKE_ASK) {
        ask(acceptor, client, &intake);
    } else {
        answer(acceptor, client, intake.message, intake.reply_bytes);
    }
}

static void take_request(struct acceptor *acceptor, struct client *client, bool is_refused) {
    struct http_request *request = &client->parser.request;
    request->keep_alive &= !acceptor->draining;
    if (is_refused) {
        refuse(acceptor, client, intake_flags(request));
    } else {
        judge(acceptor, client, request);
    }
    if (!request->keep_alive) {
        linger(acceptor, client);
    }
}

static void answer_continue(struct acceptor *acceptor, struct client *client, bool is_refused) {
    if (is_refused) { // before it sends the body
        refuse(acceptor, client, MESSAGE_CLOSE);
        linger(acceptor, client);
        return;
    }
    struct message *interim = message_new(16);
    interim->operation = OPERATION_OTHER;
    reply_pack_kind(&interim, REPLY_CONTINUE);
    answer(acceptor, client, interim, REPLY_SMALL_BYTES);
}

void acceptor_parse(struct acceptor *acceptor, struct client *client, struct view input) {
    bool was_within = http_parser_is_within_request(&client->parser);
    bool parsed_request = false;
    while (client->state == CLIENT_OPEN) {
        bool is_refused = !waiting_admits(acceptor, client) && input.length > 0;
        if (is_refused && !waiting_refuses(acceptor, client)) {
            waiting_stall(acceptor, client, input);
            return;
        }
        switch (http_parser_next(&client->parser, &input)) {
        case PARSER_NEED_MORE:
            if (!was_within || parsed_request) {
                client->since_ns = loop_now_ns(acceptor->actor.loop);
            }
            client->starved_since_ns = 0; // its time counts from its last byte
            return;
        case PARSER_REQUEST:
            take_request(acceptor, client, is_refused);
            parsed_request = true;
            break;
        case PARSER_CONTINUE: answer_continue(acceptor, client, is_refused); break;
        case PARSER_FAILED:
            answer_problem_and_linger(acceptor, client, client->parser.problem, client->parser.detail);
            return;
        }
    }
}

// Whether there may be something to read, an end or an error, behind what was just read.
static bool may_have_more(const struct client *client, size_t length) {
    return length == READ_BYTES || client->is_ended ||
           (client->state == CLIENT_OPEN && http_parser_is_within_request(&client->parser));
}

// Reads once. False: there is nothing to read now. Sockets are edge-triggered, so that each round of events is told of new input only,
// however many clients have not had their turn yet: what this leaves is nobody else's to tell of. (An error that comes with input is
// not told apart from it. Behind a whole request the answer meets it.)
static bool read_client(struct acceptor *acceptor, struct client *client) {
    ssize_t length = read(client->descriptor, acceptor->input, READ_BYTES);
    if (length < 0 && errno == EAGAIN) {
        return false;
    }
    if (length <= 0) { // the client has finished, or is gone
        release(acceptor, client);
        return true;
    }
    metrics_add(acceptor->actor.metrics, METRIC_BYTES_RECEIVED, 0, (uint64_t)length);
    if (client->state == CLIENT_OPEN) {
        acceptor_parse(acceptor, client, (struct view){acceptor->input, (size_t)length});
    }
    if (!client->is_stalled && may_have_more(client, (size_t)length)) {
        event_active(client->readable, EV_READ, 0);
    }
    return true;
}

static void on_readable(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    struct client *client = argument;
    loop_count_crowd(client->acceptor->actor.loop);
    client->is_ended |= (events & EV_CLOSED) != 0;
    (void)read_client(client->acceptor, client);
}

static struct client *take_client(struct acceptor *acceptor) {
    uint32_t slot = acceptor->free_count > 0 ? acceptor->free_slots[--acceptor->free_count] : acceptor->used++;
    if (acceptor->clients[slot] == NULL) {
        acceptor->clients[slot] = memory_allocate(1, sizeof *acceptor->clients[slot]);
        acceptor->clients[slot]->acceptor = acceptor;
        acceptor->clients[slot]->slot = slot;
    }
    return acceptor->clients[slot];
}

static void open_client(struct acceptor *acceptor, int descriptor) {
    int on = 1;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct client *client = take_client(acceptor);
    client->state = CLIENT_OPEN;
    client->descriptor = descriptor;
    client->generation++;
    client->sequence = 0;
    reply_share_reset(&client->replies, &acceptor->budget);
    client->is_stalled = false;
    client->is_ended = false;
    client->starved_since_ns = 0;
    client->is_to_be_refused = false;
    client->since_ns = loop_now_ns(acceptor->actor.loop);
    http_parser_init(&client->parser, &acceptor->settings.limits);
    client->readable = event_new(
        loop_base(acceptor->actor.loop), descriptor, EV_READ | EV_CLOSED | EV_PERSIST | EV_ET, on_readable, client);
    event_add(client->readable, NULL);
    acceptor->client_count++;
    metrics_add(acceptor->actor.metrics, METRIC_CLIENTS_OPENED, 0, 1);
    metrics_set(acceptor->actor.metrics, METRIC_CLIENTS, 0, acceptor->client_count);
    tell_writer(acceptor, client, OPERATION_CLIENT_OPEN, (uint32_t)descriptor);
}

// Accepts up to `limit` connections; returns how many.
static int accept_clients(struct acceptor *acceptor, int limit) {
    int accepted = 0;
    while (accepted < limit && acceptor->client_count < acceptor->settings.clients) {
        int descriptor = accept4(acceptor->settings.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            if (listener_is_exhausted(errno)) {
                event_del(acceptor->acceptable); // the tick tries again
                log_event(acceptor->actor.log, LOG_WARNING, acceptor->actor.name, "cannot accept",
                    "errno=%d clients=%u", errno, acceptor->client_count);
            }
            break;
        }
        open_client(acceptor, descriptor);
        accepted++;
    }
    if (acceptor->client_count >= acceptor->settings.clients) {
        event_del(acceptor->acceptable); // until a client is gone: the others wait in the listen queue
    }
    return accepted;
}

static void on_acceptable(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    (void)accept_clients(argument, ACCEPTS_A_TURN);
}

static void check_times(struct acceptor *acceptor, struct client *client, uint64_t now_ns) {
    uint64_t age_ms = (now_ns - client->since_ns) / NS_PER_MS;
    if (client->state == CLIENT_LINGERING) {
        if (client->replies.requests == 0 && age_ms > LINGER_MS) {
            release(acceptor, client);
        }
    } else if (client->state == CLIENT_OPEN && !client->is_stalled) {
        if (http_parser_is_within_request(&client->parser)) {
            if (age_ms > acceptor->settings.request_timeout_ms && waiting_admits(acceptor, client)) {
                answer_problem_and_linger(
                    acceptor, client, PROBLEM_REQUEST_TIMEOUT, "The request did not arrive in time.");
            }
        } else if (client->replies.requests == 0 && age_ms > acceptor->settings.keepalive_timeout_ms) {
            release(acceptor, client);
        }
    }
}

static bool grace_is_over(const struct acceptor *acceptor, uint64_t now_ns) {
    return acceptor->draining && now_ns - acceptor->drain_since_ns > acceptor->settings.drain_grace_ms * NS_PER_MS;
}

// While draining: an idle client is let go once it has had its chance, unless its next request is already here.
static void drain_client(struct acceptor *acceptor, struct client *client) {
    bool is_idle = client->state == CLIENT_OPEN && client->replies.requests == 0 && !client->is_stalled &&
                   !http_parser_is_within_request(&client->parser);
    if (is_idle && !read_client(acceptor, client)) {
        release(acceptor, client);
    }
}

static void check_drained(struct acceptor *acceptor) {
    if (acceptor->draining && acceptor->client_count == 0 && !acceptor->drained_sent) {
        acceptor->drained_sent = true;
        struct message *message = message_new(0);
        message->operation = OPERATION_DRAINED;
        message->origin = acceptor->actor.id;
        actor_send_reserved(
            &acceptor->actor, directory_find(acceptor->directory, acceptor->settings.supervisor), message);
    }
}

static void on_tick(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct acceptor *acceptor = argument;
    uint64_t now_ns = loop_renew_now_ns(acceptor->actor.loop);
    bool is_over = grace_is_over(acceptor, now_ns);
    waiting_refuse_starved(acceptor);
    for (uint32_t i = 0; i < acceptor->used; i++) {
        check_times(acceptor, acceptor->clients[i], now_ns);
        if (is_over) {
            drain_client(acceptor, acceptor->clients[i]);
        }
    }
    if (!acceptor->draining && acceptor->client_count < acceptor->settings.clients) {
        event_add(acceptor->acceptable, NULL);
    }
    check_drained(acceptor);
}

static void take_credit(struct acceptor *acceptor, struct message *message) {
    struct msgpack_reader reader;
    uint32_t slot;
    uint32_t count;
    msgpack_reader_init(&reader, message_payload(message));
    while (credit_read(&reader, &slot, &count)) {
        struct client *client = acceptor->clients[slot];
        reply_budget_give_back(&acceptor->budget, &client->replies, count);
        if (client->replies.requests == 0 && client->state != CLIENT_RELEASED) {
            client->since_ns = loop_now_ns(acceptor->actor.loop);
        }
        waiting_resume(acceptor, client);
    }
    waiting_resume_all(acceptor);
}

static void forget_client(struct acceptor *acceptor, uint32_t slot) {
    struct client *client = acceptor->clients[slot];
    client->state = CLIENT_FREE;
    acceptor->free_slots[acceptor->free_count++] = slot;
    acceptor->client_count--;
    metrics_set(acceptor->actor.metrics, METRIC_CLIENTS, 0, acceptor->client_count);
    if (!acceptor->draining) {
        event_add(acceptor->acceptable, NULL);
    }
    check_drained(acceptor);
}

static void drain(struct acceptor *acceptor) {
    if (acceptor->draining) {
        return;
    }
    // Connections that the kernel has completed for us would be reset with the listener: take them in first.
    while (accept_clients(acceptor, ACCEPTS_A_TURN) == ACCEPTS_A_TURN) {}
    acceptor->draining = true;
    acceptor->drain_since_ns = clock_now_ns();
    event_free(acceptor->acceptable);
    acceptor->acceptable = NULL;
    close(acceptor->settings.listener);
    acceptor->settings.listener = -1;
    check_drained(acceptor);
}

static void acceptor_receive(struct actor *actor, struct message *message) {
    struct acceptor *acceptor = acceptor_of(actor);
    switch ((enum operation)message->operation) {
    case OPERATION_CLIENT_CREDIT: take_credit(acceptor, message); break;
    case OPERATION_CLIENT_CLOSED: forget_client(acceptor, message->slot); break;
    case OPERATION_DRAIN: drain(acceptor); break;
    default: break;
    }
    message_free(message);
}

static void acceptor_start(struct actor *actor) {
    struct acceptor *acceptor = acceptor_of(actor);
    struct event_base *base = loop_base(actor->loop);
    acceptor->acceptable = event_new(base, acceptor->settings.listener, EV_READ | EV_PERSIST, on_acceptable, acceptor);
    event_add(acceptor->acceptable, NULL);
    acceptor->tick = event_new(base, -1, EV_PERSIST, on_tick, acceptor);
    struct timeval interval = clock_timeval(TICK_MS * NS_PER_MS);
    event_add(acceptor->tick, &interval);
}

static void acceptor_stop(struct actor *actor) {
    struct acceptor *acceptor = acceptor_of(actor);
    for (uint32_t i = 0; i < acceptor->used; i++) {
        if (acceptor->clients[i]->readable != NULL) { // only when the drain was cut short
            event_free(acceptor->clients[i]->readable);
            acceptor->clients[i]->readable = NULL;
            http_parser_free(&acceptor->clients[i]->parser);
            buffer_free(&acceptor->clients[i]->unparsed);
        }
    }
    if (acceptor->acceptable != NULL) {
        event_free(acceptor->acceptable);
        close(acceptor->settings.listener);
    }
    event_free(acceptor->tick);
}

struct actor *acceptor_new(const struct acceptor_settings *settings, const struct directory *directory,
    const char *name, uint16_t id, struct log *log, struct metrics *metrics) {
    static const struct actor_class class = {acceptor_start, acceptor_receive, NULL, acceptor_stop};
    struct acceptor *acceptor = memory_allocate_aligned(1, sizeof *acceptor);
    // At most a credit for each reply slot and a CLIENT_CLOSED for each client are under way to it, and DRAIN.
    actor_init(&acceptor->actor, &class, name, id, (size_t)settings->reply_slots + settings->clients + 1, log, metrics);
    acceptor->settings = *settings;
    acceptor->directory = directory;
    acceptor->clients = memory_allocate(settings->clients, sizeof(struct client *));
    acceptor->free_slots = memory_allocate(settings->clients, sizeof *acceptor->free_slots);
    TAILQ_INIT(&acceptor->starved);
    TAILQ_INIT(&acceptor->greedy);
    acceptor->budget = (struct reply_budget){
        .client_requests = settings->pipeline,
        .client_bytes = settings->client_reply_bytes,
        .free_slots = settings->reply_slots,
        .free_bytes = settings->reply_bytes,
    };
    acceptor->input = memory_resize(NULL, READ_BYTES);
    return &acceptor->actor;
}

void acceptor_free(struct actor *actor) {
    struct acceptor *acceptor = acceptor_of(actor);
    for (uint32_t i = 0; i < acceptor->used; i++) {
        reply_share_free(&acceptor->clients[i]->replies);
        free(acceptor->clients[i]);
    }
    free(acceptor->clients);
    free(acceptor->free_slots);
    free(acceptor->input);
    actor_free(actor);
    free(acceptor);
}
