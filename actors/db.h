// The DB actor: requests in, PostgreSQL asked, replies out.
#ifndef REVIEWD_ACTORS_DB_H
#define REVIEWD_ACTORS_DB_H

#include "actors/directory.h"
#include "pg/slice.h"

struct db_settings {
    struct slice_settings slice;
    unsigned batch;          // reads that are sent together, at most
    unsigned write_batch;    // writes in one transaction, about
    unsigned queue_limit_ms; // a request that has waited longer is shed
    bool stores_pages;       // of products, and reads them
    uint32_t nodes;          // that share the database,
    uint32_t connections;    // each with at most so many connections
    // Whether this actor tells of the segments, in metrics, the log, and a message to `admin`, and checks the budget of connections.
    // One of a server's does.
    bool reports_segments;
    uint16_t admin;
    // How often it sees to them; 0: never.
    unsigned segments_interval_s;
};

// Makes a DB actor that answers to the actors of the directory. Both must outlive it; the settings are copied.
struct actor *db_new(const struct db_settings *settings, const struct directory *directory, const char *name,
    uint16_t id, size_t mailbox_capacity, struct log *log, struct metrics *metrics);
void db_free(struct actor *actor);

#endif
