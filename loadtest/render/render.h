// What the parts of reviewd-render share. One thread; any failure ends the program with a message.
#ifndef REVIEWD_LOADTEST_RENDER_RENDER_H
#define REVIEWD_LOADTEST_RENDER_RENDER_H

#include "core/buffer.h"
#include "loadtest/loadgen/asking.h"
#include "loadtest/render/page_cache.h"
#include "pg/parameters.h"

#include <libpq-fe.h>

enum text {
#define TEXT(name) TEXT_##name,
#include "loadtest/render/text.def"
#undef TEXT
    TEXT_COUNT
};

enum {
    BATCH = 16,           // reads that are sent together, as the server does
    DEPTH = 4,            // batches in flight on a connection
    READ_LINKS = 2,       // connections that carry reads: enough to keep two CPUs busy
    WRITE_LINKS = 4,      // connections that carry writes, a transaction each
    WRITES = 4,           // writes of a transaction
    LIST_LENGTH = 10,     // reviews of a list
    LEAVES_MAX = 1000,    // segments
    LEAF_NAME_SIZE = 132, // quoted
    KEPT_BYTES = 16 << 20
};

// In which form the database holds lists.
enum form {
    FORM_ROWS, // columns, rendered here
    FORM_JSON, // JSON of each review, up to its number of votes
    FORM_PAGE  // JSON of the whole list
};

// A read; a kept list is asked for by its version.
struct ask {
    int32_t product;
    bool is_kept;
    bool keep; // the list is worth keeping, under `version`
    int64_t version;
};

struct query {
    enum text text;
    bool is_label; // VERSIONS for the lists of this group that are to be kept
    int count;
    struct ask asks[BATCH];
};

// What is sent with one Sync.
struct group {
    int count;
    int writes;
    struct query queries[BATCH + 2];
};

// A connection with its groups in flight, the oldest first.
struct link {
    PGconn *pg;
    struct group *groups; // DEPTH
    unsigned first, end;  // never wrapped; the place is the remainder by DEPTH
};

struct run {
    const char *texts[TEXT_COUNT];
    enum form form;
    struct {
        char name[LEAF_NAME_SIZE];
        int32_t first_product;
    } leaves[LEAVES_MAX];
    int leaf_count;
    struct asking asking;
    struct parameters parameters;
    struct link reads[READ_LINKS], writes[WRITE_LINKS];
    unsigned next_read, next_write;
    struct page_cache *pages;
    int64_t epoch;
    struct buffer body;
    struct ask batch[2 * DEPTH * READ_LINKS * BATCH]; // waiting reads; those that are asked again among them
    int batch_count;
    struct ask adds[WRITES], votes[WRITES];
    int add_count, vote_count;
    uint64_t list_count, meta_count, write_count, kept_count, body_bytes;
    uint64_t render_ns; // CPU time from results to bodies
    bool is_checked;
    uint64_t checksum; // of all bodies, if is_checked; equal for equal bodies in any order
};

_Noreturn void fail(const char *format, ...) PRINTF_LIKE(1, 2);

// Opens all connections and prepares all statements on each.
void links_open(struct run *run, const char *dsn);
void links_close(struct run *run);

int leaf_of(const struct run *run, int32_t product);

// The group that is filled next, empty; waits for the oldest one if there is no room.
struct group *link_begin(struct run *run, struct link *link);

// Adds a query to a group, for link_send() once its asks are there.
struct query *group_add(struct group *group, enum text text);

// Sends a query with run->parameters, on the table of the segment `leaf`.
void link_send(struct run *run, struct link *link, const struct query *query, int leaf);

void link_end(struct link *link);

// Waits for all that is in flight.
void link_finish(struct run *run, struct link *link);

// A read of the kind list or meta waits; a full batch is sent.
void reading_add(struct run *run, enum kind kind, int32_t product);
void reading_send(struct run *run);
void reading_answer(struct run *run, struct group *group, struct query *query, const PGresult *result);

// A write of the kind post or vote waits; a full transaction is sent.
void writing_add(struct run *run, enum kind kind, int32_t product);

#endif
