// The program reviewd: arguments, configuration, and off to the supervisor.

#include "actors/supervisor.h"
#include "core/process.h"
#include "pg/budget.h"
#include "pg/migration.h"
#include "pg/statement.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum task {
    TASK_SERVE,
    TASK_CHECK_CONFIG,
    TASK_DUMP_CONFIG,
    TASK_STATEMENTS,
    TASK_CHECK_DATABASE,
    TASK_MIGRATE
};

static const char HELP[] =
    "reviewd " REVIEWD_VERSION ": ratings and reviews over HTTP, on PostgreSQL\n"
    "\n"
    "  reviewd [--config FILE]                  serve until SIGTERM or SIGINT\n"
    "  reviewd [--config FILE] --check-config   say whether the configuration is good\n"
    "  reviewd [--config FILE] --check-database say whether PostgreSQL admits the connections of all db.nodes\n"
    "  reviewd [--config FILE] --dump-config    print the configuration in force, with what each option means\n"
    "  reviewd --statements                     print the SQL that the server runs, a statement a line, for EXPLAIN\n"
    "  reviewd [--config FILE] --migrate        bring the schema of the database (db.dsn) up to date\n"
    "  reviewd --version | --help\n"
    "\n"
    "Without --config every option has its default. The environment variable REVIEWD_SECTION_KEY overrides the option key of\n"
    "[section]: REVIEWD_SERVER_PORT=8081. --migrate needs a role that may create tables and roles; serving needs only\n"
    "reviewd_server.\n"
    "\n"
    "Signals: SIGTERM and SIGINT drain (stop accepting, answer what was accepted, end); a second one ends at once.\n"
    "Exit codes: 0 done, or drained; 1 failed, or the drain was cut short; 2 bad arguments or configuration.\n";

static bool read_arguments(int count, char **arguments, enum task *task, const char **path, int *code) {
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check-config", no_argument, NULL, 'k'},
        {"check-database", no_argument, NULL, 'b'},
        {"dump-config", no_argument, NULL, 'd'},
        {"statements", no_argument, NULL, 's'},
        {"migrate", no_argument, NULL, 'm'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(count, arguments, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c': *path = optarg; break;
        case 'k': *task = TASK_CHECK_CONFIG; break;
        case 'b': *task = TASK_CHECK_DATABASE; break;
        case 'd': *task = TASK_DUMP_CONFIG; break;
        case 's': *task = TASK_STATEMENTS; break;
        case 'm': *task = TASK_MIGRATE; break;
        case 'v':
            puts("reviewd " REVIEWD_VERSION);
            *code = EXIT_CODE_OK;
            return false;
        case 'h':
            fputs(HELP, stdout);
            *code = EXIT_CODE_OK;
            return false;
        default:
            fputs("reviewd --help tells how to call it\n", stderr);
            *code = EXIT_CODE_USAGE;
            return false;
        }
    }
    if (optind < count) {
        fprintf(stderr, "reviewd: unexpected argument: %s\nreviewd --help tells how to call it\n", arguments[optind]);
        *code = EXIT_CODE_USAGE;
        return false;
    }
    return true;
}

// Blocks the signals that the supervisor takes from a descriptor, before any thread exists that could get them.
static void block_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int serve(struct config *config) {
    block_signals();
    struct log *log = log_open(STDERR_FILENO, (enum log_level)config->log_level, (size_t)config->log_queue);
    if (log == NULL) {
        fprintf(stderr, "reviewd: the log cannot start: %s\n", strerror(errno));
        return EXIT_CODE_FAILURE;
    }
    log_event(log, LOG_INFO, "supervisor", "starting", "version=%s pid=%d acceptors=%d db=%d writers=%d connections=%d",
        REVIEWD_VERSION, (int)getpid(), (int)config->actors_acceptors, (int)config->actors_db,
        (int)config->actors_writers, (int)config->db_connections);
    if (config->actors_scheduling == SCHEDULING_BATCH && !process_schedule_as_batch()) {
        log_event(
            log, LOG_WARNING, "supervisor", "cannot be scheduled as batch work", "reason=\"%s\"", strerror(errno));
    }
    int code = (int)supervisor_run(config, log);
    log_close(log);
    return code;
}

// NAME, a tab, SQL; {leaf} stands for a segment.
static void print_statements(void) {
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        struct buffer text = {0};
        statement_text((enum statement)i, NULL, &text);
        printf("%s\t%s\n", statement_name((enum statement)i), (const char *)text.data);
        buffer_free(&text);
    }
}

static int perform(enum task task, struct config *config) {
    switch (task) {
    case TASK_CHECK_CONFIG: puts("the configuration is good"); return EXIT_CODE_OK;
    case TASK_DUMP_CONFIG: config_dump(config, stdout); return EXIT_CODE_OK;
    case TASK_STATEMENTS: print_statements(); return EXIT_CODE_OK;
    case TASK_CHECK_DATABASE:
        return budget_check(config->db_dsn, config->db_nodes, config->db_connections, stdout, stderr)
                   ? EXIT_CODE_OK
                   : EXIT_CODE_FAILURE;
    case TASK_MIGRATE: return migration_run(config->db_dsn, stdout, stderr) ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
    case TASK_SERVE: break;
    }
    config_derive(config, (unsigned)get_nprocs());
    return serve(config);
}

int main(int count, char **arguments) {
    enum task task = TASK_SERVE;
    const char *path = NULL;
    int code;
    if (!read_arguments(count, arguments, &task, &path, &code)) {
        return code;
    }
    struct config config;
    config_init(&config);
    code = config_load(&config, path, environ, stderr) ? perform(task, &config) : EXIT_CODE_USAGE;
    config_free(&config);
    return code;
}
