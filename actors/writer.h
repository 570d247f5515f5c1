// The writer: owns the writing half of client connections and turns replies into responses.
#ifndef REVIEWD_ACTORS_WRITER_H
#define REVIEWD_ACTORS_WRITER_H

#include "actors/directory.h"

struct writer_settings {
    uint16_t first_acceptor; // the acceptors have consecutive ids
    uint16_t acceptor_count;
    unsigned clients;          // of one acceptor, at most
    unsigned mailbox_capacity; // room for every reply slot and client of its acceptors
    unsigned write_timeout_ms; // a client that takes nothing for so long is dropped
    struct view cors_origin;
    const struct static_files *files; // those that acceptors answer with; null: none
};

struct actor *writer_new(const struct writer_settings *settings, const struct directory *directory, const char *name,
    uint16_t id, struct log *log, struct metrics *metrics);
void writer_free(struct actor *actor);

#endif
