// The acceptor: accepts connections, owns their reading half, and turns bytes into request messages.
#ifndef REVIEWD_ACTORS_ACCEPTOR_H
#define REVIEWD_ACTORS_ACCEPTOR_H

#include "actors/directory.h"
#include "proto/http_parser.h"

struct acceptor_settings {
    int listener;               // a listening socket of its own (SO_REUSEPORT), non-blocking; the acceptor closes it
    unsigned clients;           // connections at once
    unsigned reply_slots;       // requests in flight at once
    unsigned pipeline;          // requests in flight on one connection
    int64_t reply_bytes;        // what their replies may hold, reckoned at the most
    int64_t client_reply_bytes; // those of one connection, after which no more are taken
    unsigned keepalive_timeout_ms;
    unsigned request_timeout_ms; // from the first byte of a request to its last
    unsigned starve_ms;          // that a client waits for what others hold of slots and bytes
    unsigned deadline_ms;        // from a request's last byte to its answer
    unsigned drain_grace_ms;     // how long a draining acceptor lets idle connections ask once more
    struct http_limits limits;
    const struct static_files *files; // what is served beside the routes; null: nothing
    uint16_t writer;                  // the actor that owns the writing half of all its connections
    uint16_t first_db;                // the DB actors have consecutive ids
    uint16_t db_count;
    uint16_t supervisor;
};

struct actor *acceptor_new(const struct acceptor_settings *settings, const struct directory *directory,
    const char *name, uint16_t id, struct log *log, struct metrics *metrics);
void acceptor_free(struct actor *actor);

#endif
