// The admin actor: liveness, readiness, metrics and the operators' console over HTTP, on a port of its own.
#ifndef REVIEWD_ACTORS_ADMIN_H
#define REVIEWD_ACTORS_ADMIN_H

#include "actors/directory.h"
#include "core/metrics.h"
#include "proto/http_parser.h"

struct admin_settings {
    int listener;                   // a listening socket, non-blocking; the actor closes it
    struct metrics *const *metrics; // by actor id, for all actors of the directory
    uint16_t first_db;
    uint16_t db_count;
    struct loop *const *loops;
    size_t loop_count;
    // For the operators' eyes.
    unsigned clients_max;
    unsigned db_connections_max;
    unsigned batch_max;
    struct http_limits limits;
};

struct actor *admin_new(const struct admin_settings *settings, const struct directory *directory, const char *name,
    uint16_t id, struct log *log, struct metrics *metrics);
void admin_free(struct actor *actor);

#endif
