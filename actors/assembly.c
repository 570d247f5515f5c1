#include "actors/assembly.h"

#include "actors/acceptor.h"
#include "actors/admin.h"
#include "actors/db.h"
#include "actors/listener.h"
#include "actors/writer.h"
#include "core/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    ADMIN_BACKLOG = 64,
    ADMIN_HEAD_BYTES = 8192,
    ADMIN_HEADERS = 64,
    DRAIN_GRACE_MS = 1000,    // a busy client uses its connection again in much less
    DESCRIPTORS_BESIDES = 64, // listeners, event bases, eventfds, the log, the admin's visitors
    CONNECT_TIMEOUT_MS = 5000,
    SLOW_CONNECTIONS_MAX = 4, // of an actor: each keeps one of PostgreSQL's CPUs busy
};

// The share of one of `parts` in a total, rounded up, so that a total that divides badly is not cut.
static unsigned share(int64_t total, unsigned parts) {
    return (unsigned)((total + parts - 1) / parts);
}

// Raises the limit of open descriptors as far as allowed; returns it.
static rlim_t raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1024;
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

// How many clients each acceptor may have, given the descriptors there are.
static unsigned clients_per_acceptor(struct assembly *assembly) {
    const struct config *config = assembly->config;
    int64_t clients = config->server_max_clients;
    rlim_t limit = raise_descriptor_limit();
    int64_t others = config->db_connections + DESCRIPTORS_BESIDES + 4 * (int64_t)assembly->loop_count;
    if (limit != RLIM_INFINITY && (int64_t)limit < clients + others) {
        int64_t possible = (int64_t)limit - others;
        possible = possible < assembly->acceptor_count ? assembly->acceptor_count : possible;
        log_event(assembly->log, LOG_WARNING, "supervisor", "fewer clients than configured",
            "server.max_clients=%lld possible=%lld descriptors=%lld hint=\"raise the limit of open files\"",
            (long long)clients, (long long)possible, (long long)limit);
        clients = possible;
    }
    return share(clients, assembly->acceptor_count);
}

static struct metrics *metrics_for(struct assembly *assembly, uint16_t id) {
    assembly->metrics[id] = metrics_new();
    return assembly->metrics[id];
}

static void place(struct assembly *assembly, struct actor *actor, size_t loop) {
    assembly->directory.actors[actor->id] = actor;
    loop_add(assembly->loops[assembly->loop_count == 1 ? 0 : loop], actor);
}

// The acceptors of writer w are those a with a mod writer_count = w.
static uint16_t writer_of(const struct assembly *assembly, unsigned acceptor) {
    return (uint16_t)(assembly->first_writer + acceptor % assembly->writer_count);
}

static void add_acceptors(struct assembly *assembly, const int *listeners, unsigned clients) {
    const struct config *config = assembly->config;
    for (unsigned i = 0; i < assembly->acceptor_count; i++) {
        struct acceptor_settings settings = {
            .listener = listeners[i],
            .clients = clients,
            .reply_slots = (unsigned)config->mailbox_reply_slots,
            .pipeline = (unsigned)config->server_max_pipeline,
            .reply_bytes = (int64_t)config->mailbox_reply_mib * 1024 * 1024,
            .client_reply_bytes = (int64_t)config->limits_unsent_bytes,
            .keepalive_timeout_ms = (unsigned)config->server_keepalive_timeout_s * 1000,
            .request_timeout_ms = (unsigned)config->server_request_timeout_s * 1000,
            // The other half is left for the DB actor's queue, which counts from the same moment.
            .starve_ms = (unsigned)config->deadline_queue_ms / 2,
            .deadline_ms = (unsigned)config->deadline_request_ms,
            .drain_grace_ms = DRAIN_GRACE_MS,
            .limits = {(size_t)config->limits_head_bytes, (size_t)config->limits_body_bytes,
                (unsigned)config->limits_headers},
            .files = assembly->files,
            .writer = writer_of(assembly, i),
            .first_db = assembly->first_db,
            .db_count = assembly->db_count,
            .supervisor = assembly->supervisor,
        };
        char name[24];
        uint16_t id = (uint16_t)(assembly->first_acceptor + i);
        snprintf(name, sizeof name, "acceptor-%u", i);
        place(assembly,
            acceptor_new(&settings, &assembly->directory, name, id, assembly->log, metrics_for(assembly, id)), 1 + i);
    }
}

static void add_db_actors(struct assembly *assembly) {
    const struct config *config = assembly->config;
    for (unsigned i = 0; i < assembly->db_count; i++) {
        struct db_settings settings = {
            .slice =
                {
                    .connection =
                        {
                            .dsn = config->db_dsn,
                            .application_name = "reviewd",
                            .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                            .statement_timeout_ms = (unsigned)config->deadline_request_ms,
                        },
                    .limit = (unsigned)(config->db_connections / assembly->db_count),
                    .kept = {[LANE_READ] = (unsigned)config->db_read_connections,
                        [LANE_WRITE] = (unsigned)config->db_write_connections},
                    .most = {[LANE_SLOW] = SLOW_CONNECTIONS_MAX},
                    .depth = {[LANE_READ] = (unsigned)config->db_pipeline, [LANE_WRITE] = 1, [LANE_SLOW] = 1},
                    .connect_interval_ms = (unsigned)config->db_connect_interval_ms,
                    .idle_timeout_ms = (unsigned)config->db_idle_timeout_s * 1000,
                    .backoff_min_ms = (unsigned)config->db_backoff_min_ms,
                    .backoff_max_ms = (unsigned)config->db_backoff_max_ms,
                    .seed = ((unsigned)getpid() << 8) + i,
                },
            .batch = (unsigned)config->db_batch,
            .write_batch = (unsigned)config->db_write_batch,
            .stores_pages = config->db_pages == PAGES_STORED,
            .queue_limit_ms = (unsigned)config->deadline_queue_ms,
            .nodes = config->db_nodes,
            .connections = config->db_connections,
            .reports_segments = i == 0,
            .admin = assembly->admin,
            .segments_interval_s = i == 0 ? (unsigned)config->db_segments_interval_s : 0,
        };
        char name[24];
        uint16_t id = (uint16_t)(assembly->first_db + i);
        snprintf(name, sizeof name, "db-%u", i);
        place(assembly,
            db_new(&settings, &assembly->directory, name, id, (size_t)config->mailbox_db, assembly->log,
                metrics_for(assembly, id)),
            1u + assembly->acceptor_count + i);
    }
}

static void add_writers(struct assembly *assembly, unsigned clients) {
    const struct config *config = assembly->config;
    unsigned acceptors_each = share(assembly->acceptor_count, assembly->writer_count);
    for (unsigned i = 0; i < assembly->writer_count; i++) {
        struct writer_settings settings = {
            .first_acceptor = assembly->first_acceptor,
            .acceptor_count = assembly->acceptor_count,
            .clients = clients,
            // Every reply slot that leads here, and for each client that it opens and is released.
            .mailbox_capacity = acceptors_each * ((unsigned)config->mailbox_reply_slots + 2 * clients),
            .write_timeout_ms = (unsigned)config->server_write_timeout_s * 1000,
            .cors_origin = view_of(config->server_cors_origin),
            .files = assembly->files,
        };
        char name[24];
        uint16_t id = (uint16_t)(assembly->first_writer + i);
        snprintf(name, sizeof name, "writer-%u", i);
        place(assembly, writer_new(&settings, &assembly->directory, name, id, assembly->log, metrics_for(assembly, id)),
            1u + assembly->acceptor_count + assembly->db_count + i);
    }
}

static void add_admin(struct assembly *assembly, int listener, unsigned clients) {
    const struct admin_settings settings = {
        .listener = listener,
        .metrics = assembly->metrics,
        .first_db = assembly->first_db,
        .db_count = assembly->db_count,
        .loops = assembly->loops,
        .loop_count = assembly->loop_count,
        .clients_max = clients * assembly->acceptor_count,
        .db_connections_max = (unsigned)assembly->config->db_connections,
        .batch_max = (unsigned)assembly->config->db_batch,
        .limits = {ADMIN_HEAD_BYTES, ADMIN_HEAD_BYTES, ADMIN_HEADERS},
    };
    place(assembly,
        admin_new(&settings, &assembly->directory, "admin", assembly->admin, assembly->log,
            metrics_for(assembly, assembly->admin)),
        0);
}

static bool open_loops(struct assembly *assembly) {
    bool shared = assembly->config->actors_placement == PLACEMENT_SHARED;
    size_t others = (size_t)assembly->acceptor_count + assembly->db_count + assembly->writer_count;
    assembly->loop_count = shared ? 1 : 1 + others;
    assembly->loops = memory_allocate(assembly->loop_count, sizeof(struct loop *));
    for (size_t i = 0; i < assembly->loop_count; i++) {
        char name[24];
        snprintf(name, sizeof name, "loop-%u", (unsigned)i);
        assembly->loops[i] = loop_open(name, (unsigned)i, (unsigned)assembly->config->actors_batch);
        if (assembly->loops[i] == NULL) {
            log_event(assembly->log, LOG_ERROR, "supervisor", "cannot open a loop", "reason=\"%s\"", strerror(errno));
            return false;
        }
    }
    return true;
}

static bool open_port(struct assembly *assembly, const char *option, const char *address, uint16_t port,
    unsigned backlog, int *sockets, unsigned count) {
    char reason[256];
    if (!listener_open(address, &port, backlog, sockets, count, reason, sizeof reason)) {
        log_event(assembly->log, LOG_ERROR, "supervisor", "cannot listen", "reason=\"%s\" hint=\"choose another %s\"",
            reason, option);
        return false;
    }
    log_event(assembly->log, LOG_INFO, "supervisor", "listening", "address=%s port=%u for=%s", address, port, option);
    return true;
}

static bool load_files(struct assembly *assembly) {
    const char *folder = assembly->config->server_static_dir;
    if (folder[0] == '\0') {
        return true;
    }
    struct buffer wrong = {0};
    assembly->files = static_files_load(folder, &wrong);
    if (assembly->files == NULL) {
        log_event(assembly->log, LOG_ERROR, "supervisor", "cannot read the static files",
            "reason=\"%.*s\" hint=\"server.static_dir names a folder, or nothing\"", (int)wrong.length, wrong.data);
    } else {
        log_event(assembly->log, LOG_INFO, "supervisor", "static files", "folder=%s files=%zu", folder,
            assembly->files->count);
    }
    buffer_free(&wrong);
    return assembly->files != NULL;
}

static bool add_actors(struct assembly *assembly) {
    const struct config *config = assembly->config;
    int admin;
    int *listeners = memory_allocate(assembly->acceptor_count, sizeof *listeners);
    if (!open_port(
            assembly, "admin.port", config->admin_address, (uint16_t)config->admin_port, ADMIN_BACKLOG, &admin, 1)) {
        free(listeners);
        return false;
    }
    if (!open_port(assembly, "server.port", config->server_address, (uint16_t)config->server_port,
            (unsigned)config->server_backlog, listeners, assembly->acceptor_count)) {
        close(admin);
        free(listeners);
        return false;
    }
    unsigned clients = clients_per_acceptor(assembly);
    add_admin(assembly, admin, clients);
    add_acceptors(assembly, listeners, clients);
    add_db_actors(assembly);
    add_writers(assembly, clients);
    free(listeners);
    return true;
}

struct assembly *assembly_new(const struct config *config, struct log *log) {
    struct assembly *assembly = memory_allocate(1, sizeof *assembly);
    assembly->config = config;
    assembly->log = log;
    assembly->acceptor_count = (uint16_t)config->actors_acceptors;
    assembly->db_count = (uint16_t)config->actors_db;
    assembly->writer_count = (uint16_t)config->actors_writers;
    assembly->supervisor = 0;
    assembly->admin = 1;
    assembly->first_acceptor = 2;
    assembly->first_db = (uint16_t)(assembly->first_acceptor + assembly->acceptor_count);
    assembly->first_writer = (uint16_t)(assembly->first_db + assembly->db_count);
    assembly->directory.count = (size_t)assembly->first_writer + assembly->writer_count;
    assembly->directory.actors = memory_allocate(assembly->directory.count, sizeof(struct actor *));
    assembly->metrics = memory_allocate(assembly->directory.count, sizeof(struct metrics *));
    (void)metrics_for(assembly, assembly->supervisor);
    if (!load_files(assembly) || !open_loops(assembly) || !add_actors(assembly)) {
        assembly_free(assembly);
        return NULL;
    }
    return assembly;
}

void assembly_set_supervisor(struct assembly *assembly, struct actor *supervisor) {
    place(assembly, supervisor, 0);
}

bool assembly_start_others(struct assembly *assembly) {
    for (size_t i = 1; i < assembly->loop_count; i++) {
        if (!loop_start(assembly->loops[i])) {
            log_event(
                assembly->log, LOG_ERROR, "supervisor", "cannot start a thread", "reason=\"%s\"", strerror(errno));
            assembly_stop_others(assembly);
            return false;
        }
        assembly->started++;
    }
    return true;
}

void assembly_stop_others(struct assembly *assembly) {
    for (size_t i = 1; i <= assembly->started; i++) {
        loop_stop(assembly->loops[i]);
    }
    for (size_t i = 1; i <= assembly->started; i++) {
        loop_join(assembly->loops[i]);
    }
    assembly->started = 0;
}

static void free_actors(struct assembly *assembly) {
    struct {
        uint16_t first;
        uint16_t count;
        void (*free)(struct actor *actor);
    } const roles[] = {
        {assembly->admin, 1, admin_free},
        {assembly->first_acceptor, assembly->acceptor_count, acceptor_free},
        {assembly->first_db, assembly->db_count, db_free},
        {assembly->first_writer, assembly->writer_count, writer_free},
    };
    for (size_t role = 0; role < COUNT_OF(roles); role++) {
        for (uint16_t i = 0; i < roles[role].count; i++) {
            struct actor *actor = assembly->directory.actors[roles[role].first + i];
            if (actor != NULL) {
                roles[role].free(actor);
            }
        }
    }
}

void assembly_free(struct assembly *assembly) {
    free_actors(assembly);
    for (size_t i = 0; i < assembly->loop_count && assembly->loops[i] != NULL; i++) {
        loop_close(assembly->loops[i]);
    }
    for (size_t i = 0; i < assembly->directory.count; i++) {
        free(assembly->metrics[i]);
    }
    static_files_free(assembly->files);
    free(assembly->loops);
    free(assembly->metrics);
    free(assembly->directory.actors);
    free(assembly);
}
