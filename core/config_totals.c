// The totals: what several options must make together.
#include "core/config_option.h"

struct totals {
    const struct config *config;
    config_total_report *report;
    void *user;
};

#define OPTIONS(...) ((const enum option_id[]){__VA_ARGS__}), COUNT_OF(((const enum option_id[]){__VA_ARGS__}))

static uint32_t at_least_one(uint32_t actors) {
    return actors == 0 ? 1 : actors;
}

static void report_impossible(const struct totals *totals, const enum option_id *options, size_t count,
    struct buffer *wrong, const char *allowed) {
    totals->report(totals->user, options, count, buffer_view(wrong), view_of(allowed));
    buffer_free(wrong);
}

static void check_connections(const struct totals *totals) {
    const struct config *config = totals->config;
    uint32_t actors = at_least_one(config->actors_db);
    uint32_t lanes = config->db_read_connections + config->db_write_connections;
    struct buffer wrong = {0};
    if (config->db_connections < actors) {
        buffer_format(&wrong, "%u connections for %u DB actors", config->db_connections, actors);
        report_impossible(totals, OPTIONS(OPTION_db_connections, OPTION_actors_db), &wrong,
            "db.connections at least actors.db * (db.read_connections + db.write_connections)");
    } else if (config->db_connections / actors < lanes) {
        buffer_format(&wrong, "%u connections / %u DB actors are %u for each, but %u for reads + %u for writes are %u",
            config->db_connections, actors, config->db_connections / actors, config->db_read_connections,
            config->db_write_connections, lanes);
        report_impossible(totals,
            OPTIONS(OPTION_db_connections, OPTION_actors_db, OPTION_db_read_connections, OPTION_db_write_connections),
            &wrong, "db.connections at least actors.db * (db.read_connections + db.write_connections)");
    }
}

static void check_clients(const struct totals *totals) {
    const struct config *config = totals->config;
    uint32_t acceptors = at_least_one(config->actors_acceptors);
    struct buffer wrong = {0};
    if (config->server_max_clients < acceptors) {
        buffer_format(&wrong, "%u clients for %u acceptors", config->server_max_clients, acceptors);
        report_impossible(totals, OPTIONS(OPTION_server_max_clients, OPTION_actors_acceptors), &wrong,
            "server.max_clients at least actors.acceptors");
    }
    if (config->mailbox_reply_slots < config->server_max_pipeline) {
        buffer_format(&wrong, "%u reply slots of an acceptor for %u requests in work on one connection",
            config->mailbox_reply_slots, config->server_max_pipeline);
        report_impossible(totals, OPTIONS(OPTION_mailbox_reply_slots, OPTION_server_max_pipeline), &wrong,
            "mailbox.reply_slots at least server.max_pipeline");
    }
}

static void check_times(const struct totals *totals) {
    const struct config *config = totals->config;
    struct buffer wrong = {0};
    if (config->deadline_queue_ms > config->deadline_request_ms) {
        buffer_format(&wrong, "%u ms of waiting within a request of %u ms", config->deadline_queue_ms,
            config->deadline_request_ms);
        report_impossible(totals, OPTIONS(OPTION_deadline_queue_ms, OPTION_deadline_request_ms), &wrong,
            "deadline.queue_ms at most deadline.request_ms");
    }
    if (config->db_backoff_min_ms > config->db_backoff_max_ms) {
        buffer_format(&wrong, "a wait that begins at %u ms and ends at %u ms", config->db_backoff_min_ms,
            config->db_backoff_max_ms);
        report_impossible(totals, OPTIONS(OPTION_db_backoff_min_ms, OPTION_db_backoff_max_ms), &wrong,
            "db.backoff_min_ms at most db.backoff_max_ms");
    }
}

static bool is_every_address(const char *address) {
    return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static void check_ports(const struct totals *totals) {
    const struct config *config = totals->config;
    bool same_address = strcmp(config->server_address, config->admin_address) == 0 ||
                        is_every_address(config->server_address) || is_every_address(config->admin_address);
    struct buffer wrong = {0};
    if (config->server_port == config->admin_port && config->server_port != 0 && same_address) {
        buffer_format(&wrong, "clients and operators both on port %u of one address", config->admin_port);
        report_impossible(totals,
            OPTIONS(OPTION_admin_port, OPTION_server_port, OPTION_admin_address, OPTION_server_address), &wrong,
            "admin.port other than server.port");
    }
}

void config_check_totals(const struct config *config, config_total_report *report, void *user) {
    struct totals totals = {config, report, user};
    check_connections(&totals);
    check_clients(&totals);
    check_times(&totals);
    check_ports(&totals);
}
