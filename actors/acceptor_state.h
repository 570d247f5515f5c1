// What the files of the acceptor share: acceptor.c (the actor, and the life of a client) and acceptor_waiting.c (clients that are not read
// from for a while).
#ifndef REVIEWD_ACTORS_ACCEPTOR_STATE_H
#define REVIEWD_ACTORS_ACCEPTOR_STATE_H

#include "actors/acceptor.h"
#include "actors/queue_wait.h"
#include "actors/reply_budget.h"
#include "core/buffer.h"

#include <sys/queue.h>

enum client_state {
    CLIENT_FREE,
    CLIENT_OPEN,
    CLIENT_LINGERING,
    CLIENT_RELEASED
};

struct acceptor;

TAILQ_HEAD(client_queue, client);

struct client {
    struct acceptor *acceptor;
    enum client_state state;
    int descriptor;
    uint32_t slot;
    uint32_t generation;
    uint32_t sequence;          // of the next request
    struct reply_share replies; // to its requests
    bool is_stalled;            // not read from until replies have left
    bool is_ended;              // it has closed its half: there is an end to be read, behind what it has sent
    struct client_queue *waits; // where it waits for what others hold: acceptor->starved or ->greedy; null: it does not
    TAILQ_ENTRY(client) by_waiting;
    uint64_t starved_since_ns; // also when it starves no more, until its request is taken; 0: it has not starved
    bool is_to_be_refused;     // its request, because it has starved for too long
    uint64_t since_ns;         // when it became idle, began its request, or began to linger
    struct event *readable;
    struct http_parser parser;
    struct buffer unparsed;
};

struct acceptor {
    struct actor actor;
    struct acceptor_settings settings;
    const struct directory *directory;
    struct event *acceptable;
    struct event *tick;
    struct client **clients; // by slot; made when first used
    uint32_t used;           // slots ever used
    uint32_t *free_slots;    // a stack
    uint32_t free_count;
    uint32_t client_count;
    struct reply_budget budget;
    struct client_queue starved; // clients that wait for what others hold of it, the longest wait first
    size_t starved_count;
    struct queue_wait starved_wait;
    struct client_queue greedy; // the same, of those that have something in flight themselves
    bool draining;
    bool drained_sent;
    uint64_t drain_since_ns;
    char *input; // READ_BYTES
};

// acceptor.c

// Parses the input and sends what it asks for. Takes all of it, or stalls the client.
void acceptor_parse(struct acceptor *acceptor, struct client *client, struct view input);

// acceptor_waiting.c

// Whether the client may take its next request.
bool waiting_admits(const struct acceptor *acceptor, const struct client *client);
// Whether a client that may not is refused instead of having to wait.
bool waiting_refuses(const struct acceptor *acceptor, const struct client *client);
// Stops reading from the client until replies have left; the input that is left waits.
void waiting_stall(struct acceptor *acceptor, struct client *client, struct view rest);
// Goes on with a client that had to wait, as far as the budget allows. One that waits for its own replies is resumed when they have
// left.
void waiting_resume(struct acceptor *acceptor, struct client *client);
// The same with those that wait for what others hold: replies have left.
void waiting_resume_all(struct acceptor *acceptor);
// Ends the wait of those that have starved for too long.
void waiting_refuse_starved(struct acceptor *acceptor);
// The client waits for nothing any more.
void waiting_end(struct client *client);

#endif
