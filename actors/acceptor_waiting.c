// Clients that are not read from for a while.
//
// A client that has to wait because of what others hold is greedy if it has something in flight itself; it goes on when its share
// is fair. If it has nothing in flight it starves: it goes on before the greedy ones, and is refused with 503 when it has starved
// for settings.starve_ms, or at once while another has, or while so many starve that it would. Only when no reply slot is free it
// waits until there is one.

#include "actors/acceptor_state.h"

#include "core/clock.h"
#include "core/loop.h"

#include <event2/event.h>

enum {
    PASSED_MAX = 64 // see resume_queue
};

void waiting_end(struct client *client) {
    struct acceptor *acceptor = client->acceptor;
    if (client->waits == NULL) {
        return;
    }
    TAILQ_REMOVE(client->waits, client, by_waiting);
    if (client->waits == &acceptor->starved && --acceptor->starved_count == 0) {
        queue_wait_end(&acceptor->starved_wait);
    }
    client->waits = NULL;
}

// Has the client wait for what others hold, behind those that wait already. It may be one of them, and become another kind.
static void waits_for_others(struct acceptor *acceptor, struct client *client) {
    bool starves = client->replies.requests == 0;
    struct client_queue *queue = starves ? &acceptor->starved : &acceptor->greedy;
    if (client->waits != queue) {
        waiting_end(client);
        client->waits = queue;
        acceptor->starved_count += starves;
        client->starved_since_ns = starves ? clock_now_ns() : 0;
        TAILQ_INSERT_TAIL(queue, client, by_waiting);
    }
}

bool waiting_admits(const struct acceptor *acceptor, const struct client *client) {
    return reply_budget_admits(&acceptor->budget, &client->replies);
}

void waiting_stall(struct acceptor *acceptor, struct client *client, struct view rest) {
    if (!reply_budget_is_fair(&acceptor->budget, &client->replies)) {
        waits_for_others(acceptor, client);
    }
    struct buffer kept = {0}; // rest may lie in client->unparsed
    buffer_append(&kept, rest);
    buffer_free(&client->unparsed);
    client->unparsed = kept;
    client->is_stalled = true;
    event_del(client->readable);
}

static uint64_t starve_ns(const struct acceptor *acceptor) {
    return acceptor->settings.starve_ms * NS_PER_MS;
}

static bool has_starved_long(const struct acceptor *acceptor, const struct client *client) {
    return loop_now_ns(acceptor->actor.loop) > client->starved_since_ns + starve_ns(acceptor);
}

// Whether one that comes now would starve for too long.
static bool would_starve_long(const struct acceptor *acceptor) {
    const struct client *longest = TAILQ_FIRST(&acceptor->starved);
    return (longest != NULL && has_starved_long(acceptor, longest)) ||
           queue_wait_exceeds(&acceptor->starved_wait, acceptor->starved_count, 0, starve_ns(acceptor));
}

// A refusal takes a slot, and few bytes more than there are.
bool waiting_refuses(const struct acceptor *acceptor, const struct client *client) {
    return client->replies.requests == 0 && acceptor->budget.free_slots > 0 &&
           (client->is_to_be_refused || would_starve_long(acceptor));
}

// Ends the stall of a client: parses what it has sent before, and reads on.
static void go_on(struct acceptor *acceptor, struct client *client) {
    waiting_end(client);
    client->is_stalled = false;
    event_add(client->readable, NULL);
    struct buffer input = client->unparsed;
    client->unparsed = (struct buffer){0};
    acceptor_parse(acceptor, client, buffer_view(&input));
    buffer_free(&input);
}

void waiting_refuse_starved(struct acceptor *acceptor) {
    struct client *next;
    for (struct client *client = TAILQ_FIRST(&acceptor->starved);
         client != NULL && acceptor->budget.free_slots > 0 && has_starved_long(acceptor, client); client = next) {
        next = TAILQ_NEXT(client, by_waiting);
        client->is_to_be_refused = true;
        go_on(acceptor, client);
    }
}

void waiting_resume(struct acceptor *acceptor, struct client *client) {
    if (!client->is_stalled || client->state != CLIENT_OPEN) {
        return;
    }
    if (!reply_budget_is_fair(&acceptor->budget, &client->replies)) {
        waits_for_others(acceptor, client);
    } else if (waiting_admits(acceptor, client)) {
        if (client->waits == &acceptor->starved) {
            queue_wait_left(&acceptor->starved_wait, loop_now_ns(acceptor->actor.loop), 1);
        }
        go_on(acceptor, client);
    } else {
        waiting_end(client);
    }
}

// The longest wait ends first. Some of those at the head may hold so much themselves that others come before them.
static void resume_queue(struct acceptor *acceptor, struct client_queue *queue) {
    unsigned passed = 0;
    struct client *next;
    for (struct client *client = TAILQ_FIRST(queue); client != NULL && passed < PASSED_MAX; client = next) {
        if (acceptor->budget.free_slots == 0 || acceptor->budget.free_bytes <= 0) {
            return;
        }
        next = TAILQ_NEXT(client, by_waiting);
        waiting_resume(acceptor, client);
        passed += client->waits != NULL;
    }
}

void waiting_resume_all(struct acceptor *acceptor) {
    resume_queue(acceptor, &acceptor->starved);
    resume_queue(acceptor, &acceptor->greedy);
}
