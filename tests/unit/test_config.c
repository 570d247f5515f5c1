// The configuration: every kind of error and where it is told, the environment, totals, dumping, and the files that ship.
#include "core/config.h"
#include "core/config_option.h"
#include "core/conninfo.h"
#include "core/log.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

// Loads text as a file, with an environment (null: none). The file's name in *errors is replaced by "FILE".
static bool load(struct config *config, struct view text, char *const *environment, struct buffer *errors) {
    char path[] = "/tmp/test_config.XXXXXX";
    int descriptor = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(descriptor >= 0);
    CU_ASSERT_EQUAL_FATAL(write(descriptor, text.data, text.length), (ssize_t)text.length);
    close(descriptor);
    char *told = NULL;
    size_t told_length = 0;
    FILE *stream = open_memstream(&told, &told_length);
    config_init(config);
    bool ok = config_load(config, path, environment, stream);
    fclose(stream);
    unlink(path);
    *errors = (struct buffer){0};
    for (char *at = told; *at != '\0';) {
        bool here = strncmp(at, path, strlen(path)) == 0;
        buffer_append(errors, here ? VIEW("FILE") : (struct view){at, 1});
        at += here ? strlen(path) : 1;
    }
    buffer_append(errors, (struct view){"", 1});
    free(told);
    return ok;
}

// Asserts that a file and an environment give exactly these errors.
static void expect_errors_of(struct view text, char *const *environment, const char *expected) {
    struct config config;
    struct buffer errors;
    bool ok = load(&config, text, environment, &errors);
    CU_ASSERT_EQUAL(ok, expected[0] == '\0');
    CU_ASSERT_STRING_EQUAL(errors.data, expected);
    if (strcmp(errors.data, expected) != 0) {
        fprintf(stderr, "\n--- told:\n%s--- expected:\n%s", errors.data, expected);
    }
    buffer_free(&errors);
    config_free(&config);
}

static void expect_errors(const char *text, const char *expected) {
    expect_errors_of(view_of(text), NULL, expected);
}

static void expect_environment(const char *variable, const char *expected) {
    char *copy = strdup(variable);
    char *const environment[] = {copy, NULL};
    expect_errors_of(VIEW(""), environment, expected);
    free(copy);
}

static void test_values_arrive(void) {
    struct config config;
    struct buffer errors;
    CU_ASSERT_TRUE(load(&config,
        VIEW("\xef\xbb\xbf; comment\n[server]\r\nport=8081 ; comment\n  address :  ::1  \n[log]\nlevel = warning\n"
             "[server]\ncors_origin =\n\n# comment\n[actors]\nplacement = shared"),
        NULL, &errors));
    CU_ASSERT_STRING_EQUAL(errors.data, "");
    CU_ASSERT_EQUAL(config.server_port, 8081);
    CU_ASSERT_STRING_EQUAL(config.server_address, "::1");
    CU_ASSERT_STRING_EQUAL(config.server_cors_origin, "");
    CU_ASSERT_EQUAL(config.log_level, LOG_WARNING);
    CU_ASSERT_EQUAL(config.actors_placement, PLACEMENT_SHARED);
    CU_ASSERT_EQUAL(config.admin_port, 9090);
    buffer_free(&errors);
    config_free(&config);
}

static void test_bad_values(void) {
    expect_errors(
        "[server]\nport = http\n", "FILE:2: server.port: \"http\" is not a whole number; allowed: 0 to 65535\n");
    expect_errors("[server]\nport = -1\n", "FILE:2: server.port: \"-1\" is not a whole number; allowed: 0 to 65535\n");
    expect_errors("[server]\nport =\n", "FILE:2: server.port: \"\" is not a whole number; allowed: 0 to 65535\n");
    expect_errors("[server]\nport = 65536\n", "FILE:2: server.port: \"65536\" is too large; allowed: 0 to 65535\n");
    expect_errors("[server]\nport = 18446744073709551617\n",
        "FILE:2: server.port: \"18446744073709551617\" is too large; allowed: 0 to 65535\n");
    expect_errors("\n[limits]\n\nheaders = 7\n", "FILE:4: limits.headers: \"7\" is too small; allowed: 8 to 1000\n");
    expect_errors("[log]\nlevel = Info\n",
        "FILE:2: log.level: \"Info\" is not one of the words; allowed: debug, info, warning, error\n");
    expect_errors("[actors]\nplacement = own|shared\n",
        "FILE:2: actors.placement: \"own|shared\" is not one of the words; allowed: auto, own, shared\n");
    expect_errors("[admin]\naddress = localhost\n",
        "FILE:2: admin.address: \"localhost\" is not an IP address; allowed: an IPv4 or IPv6 address in numbers, such as "
        "127.0.0.1 or ::1\n");
    expect_errors("[server]\ncors_origin = https://a.example https://b.example\n",
        "FILE:2: server.cors_origin: \"https://a.example https://b.example\" is not an origin; allowed: *, an origin such "
        "as https://shop.example, or nothing\n");
    expect_errors("[db]\ndsn =\n",
        "FILE:2: db.dsn: \"\" is not a connection string; allowed: a libpq connection string or postgresql:// URI\n");
}

static void test_origins(void) {
    static const char *const good[] = {
        "*", "", "http://localhost:3000", "https://shop.example", "https://[::1]:8443", "https://a-b.example"};
    static const char *const bad[] = {"shop.example", "https://", "https://shop.example/", "ftp://shop.example",
        "https://u@shop.example", "**", "https://a.example,https://b.example", "null"};
    struct config config;
    config_init(&config);
    const struct option *option = &config_options[OPTION_server_cors_origin];
    for (size_t i = 0; i < COUNT_OF(good) + COUNT_OF(bad); i++) {
        struct buffer wrong = {0};
        bool is_good = i < COUNT_OF(good);
        CU_ASSERT_EQUAL(
            option_set(option, &config, view_of(is_good ? good[i] : bad[i - COUNT_OF(good)]), &wrong), is_good);
        buffer_free(&wrong);
    }
    CU_ASSERT_STRING_EQUAL(config.server_cors_origin, good[COUNT_OF(good) - 1]);
    config_free(&config);
}

static void test_unknown_names(void) {
    expect_errors(
        "[admin]\nprot = 1\n", "FILE:2: admin.prot: unknown key, did you mean admin.port?; allowed: address, port\n");
    expect_errors("[admin]\nlevel = info\n",
        "FILE:2: admin.level: unknown key, did you mean log.level?; allowed: address, port\n");
    expect_errors(
        "[admin]\nPort = 1\n", "FILE:2: admin.Port: unknown key, did you mean admin.port?; allowed: address, port\n");
    expect_errors("[admin]\nzzzzzzzzzz = 1\n", "FILE:2: admin.zzzzzzzzzz: unknown key; allowed: address, port\n");
    // A section is told once, not with each of its keys.
    expect_errors("[amin]\nport = 1\nx = 2\n[admin]\nport = 1\n",
        "FILE:1: unknown section \"amin\", did you mean [admin]?; allowed: [server], [limits], [actors], [mailbox], "
        "[deadline], [db], [admin], [log]\n");
    expect_errors("port = 1\n",
        "FILE:1: the key \"port\" stands before any section; allowed: [server], [limits], [actors], [mailbox], "
        "[deadline], [db], [admin], [log]\n");
}

static void test_bad_lines(void) {
    expect_errors("[admin]\nport\n",
        "FILE:2: a line that is no key = value; allowed: [section], key = value, or a comment behind #\n");
    expect_errors("[admin]\nport = 1\nlast",
        "FILE:3: a line that is no key = value; allowed: [section], key = value, or a comment behind #\n");
    expect_errors("[admin\nport = 1\n",
        "FILE:1: a section that does not end; allowed: [server], [limits], [actors], [mailbox], [deadline], [db], "
        "[admin], [log]\n");
    expect_errors(
        "[admin] port = 1\n", "FILE:1: text behind [admin]; allowed: a comment, or key = value on a line of its own\n");
    expect_errors("[admin]\nport = 1\nport = 2\n", "FILE:3: admin.port: given twice, first in line 2; allowed: once\n");
    expect_errors("[admin]\nport = 1\n[log]\n[admin]\nport = 1\n",
        "FILE:5: admin.port: given twice, first in line 2; allowed: once\n");
    // A line that begins with space is a line like any other, not more of the value above.
    expect_errors("[db]\ndsn = host=a\n  user=b\n",
        "FILE:3: db.user: unknown key; allowed: dsn, connections, nodes, read_connections, write_connections, batch, "
        "write_batch, pipeline, pages, connect_interval_ms, idle_timeout_s, segments_interval_s, backoff_min_ms, backoff_max_ms\n");
    expect_errors_of(VIEW("[admin]\nport = 1\0 2\n"), NULL, "FILE:2: a line with a NUL byte; allowed: text\n");
    expect_errors("[server]\naddress = 127.0.0.1\x01\n",
        "FILE:2: server.address: the value holds a control character; allowed: an IPv4 or IPv6 address in numbers, such "
        "as 127.0.0.1 or ::1\n");
}

static void test_long_lines(void) {
    struct buffer text = {0};
    buffer_append(&text, VIEW("[db]\ndsn = host="));
    while (text.length < 4000) {
        buffer_append(&text, VIEW("h"));
    }
    struct config config;
    struct buffer errors;
    CU_ASSERT_TRUE(load(&config, buffer_view(&text), NULL, &errors));
    CU_ASSERT_EQUAL(strlen(config.db_dsn), 4000 - strlen("[db]\ndsn = "));
    config_free(&config);
    buffer_free(&errors);
    while (text.length < 20000) {
        buffer_append(&text, VIEW("h"));
    }
    buffer_append(&text, VIEW("\n[admin]\nprot = 1\n"));
    expect_errors_of(buffer_view(&text), NULL,
        "FILE:2: a line of 19995 bytes; allowed: at most 4093\n"
        "FILE:4: admin.prot: unknown key, did you mean admin.port?; allowed: address, port\n");
    buffer_free(&text);
}

static void test_unreadable(void) {
    static const struct {
        const char *path;
        const char *expected;
    } cases[] = {
        {"/nonexistent/reviewd.ini", "/nonexistent/reviewd.ini: cannot be opened: No such file or directory\n"},
        {"/", "/: cannot be read: Is a directory\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *told = NULL;
        size_t length = 0;
        FILE *stream = open_memstream(&told, &length);
        struct config config;
        config_init(&config);
        CU_ASSERT_FALSE(config_load(&config, cases[i].path, NULL, stream));
        fclose(stream);
        CU_ASSERT_STRING_EQUAL(told, cases[i].expected);
        free(told);
        config_free(&config);
    }
}

static void test_all_errors_are_told(void) {
    char *const environment[] = {"REVIEWD_LOG_LEVEL=loud", "REVIEWD_ADMIN_PROT=1", NULL};
    expect_errors_of(VIEW("[admin]\nport = a\n[log]\nqueue = b\n[deadline]\nqueue_ms = 2000\n"), environment,
        "FILE:2: admin.port: \"a\" is not a whole number; allowed: 0 to 65535\n"
        "FILE:4: log.queue: \"b\" is not a whole number; allowed: 16 to 1048576\n"
        "environment REVIEWD_LOG_LEVEL: log.level: \"loud\" is not one of the words; allowed: debug, info, warning, error\n"
        "environment REVIEWD_ADMIN_PROT: admin.PROT: unknown key, did you mean REVIEWD_ADMIN_PORT?; allowed: address, port\n"
        "FILE:6: deadline.queue_ms: impossible total: 2000 ms of waiting within a request of 1000 ms; allowed: "
        "deadline.queue_ms at most deadline.request_ms\n");
}

static void test_environment(void) {
    char *const environment[] = {"PATH=/bin", "REVIEWD_SERVER_PORT=8082",
        "REVIEWD_SERVER_CORS_ORIGIN=", "REVIEWD_MAX_CLIENTS=x", "REVIEWD_VAR=/tmp", "REVIEWD_BUILD=x", "REVIEWD_SLOW",
        "REVIEWDSERVER_PORT=1", "REVIEWD_LOG=x", NULL};
    struct config config;
    struct buffer errors;
    CU_ASSERT_TRUE(load(&config, VIEW("[server]\nport = 8081\nbacklog = 5\n"), environment, &errors));
    CU_ASSERT_STRING_EQUAL(errors.data, "");
    CU_ASSERT_EQUAL(config.server_port, 8082);
    CU_ASSERT_EQUAL(config.server_backlog, 5);
    CU_ASSERT_STRING_EQUAL(config.server_cors_origin, "");
    buffer_free(&errors);
    config_free(&config);

    expect_environment("REVIEWD_ADMIN_PORT=tcp://10.0.0.1:9090",
        "environment REVIEWD_ADMIN_PORT: admin.port: \"tcp://10.0.0.1:9090\" is not a whole number; allowed: 0 to 65535\n");
    expect_environment("REVIEWD_ADMIN_SERVICE_HOST=a",
        "environment REVIEWD_ADMIN_SERVICE_HOST: admin.SERVICE_HOST: unknown key; allowed: address, port\n");
    expect_environment("REVIEWD_admin_port=1",
        "environment REVIEWD_admin_port: admin.port: unknown key, did you mean REVIEWD_ADMIN_PORT?; allowed: address, "
        "port\n");
    char *const twice[] = {"REVIEWD_ADMIN_PORT=1", "REVIEWD_ADMIN_PORT=2", NULL};
    expect_errors_of(VIEW(""), twice, "environment REVIEWD_ADMIN_PORT: admin.port: given twice; allowed: once\n");
}

// Every option answers to its variable.
static void test_every_variable(void) {
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &config_options[id];
        struct buffer variable = {0};
        buffer_format(&variable, "REVIEWD_%s_%s=", config_sections[option->section].name, option->key);
        for (size_t i = 0; i < variable.length; i++) {
            variable.data[i] = (char)(variable.data[i] >= 'a' ? variable.data[i] - 'a' + 'A' : variable.data[i]);
        }
        buffer_append(&variable, (struct view){"\x01", 2});
        char *const environment[] = {variable.data, NULL};
        struct config config;
        struct buffer errors;
        CU_ASSERT_FALSE(load(&config, VIEW(""), environment, &errors));
        struct buffer allowed = {0};
        option_append_allowed(option, &allowed);
        buffer_append(&allowed, (struct view){"\n", 2});
        CU_ASSERT_PTR_NOT_NULL(strstr(errors.data, "; allowed: "));
        CU_ASSERT_PTR_NOT_NULL(strstr(errors.data, allowed.data));
        CU_ASSERT_EQUAL(strncmp(errors.data, "environment ", 12), 0);
        buffer_free(&allowed);
        buffer_free(&errors);
        buffer_free(&variable);
        config_free(&config);
    }
}

static void test_totals(void) {
    expect_errors("[db]\nconnections = 3\nread_connections = 1\nwrite_connections = 1\n[actors]\ndb = 4\n",
        "FILE:6: actors.db: impossible total: 3 connections for 4 DB actors; allowed: db.connections at least actors.db * "
        "(db.read_connections + db.write_connections)\n");
    expect_errors("[db]\nconnections = 9\n[actors]\ndb = 2\n",
        "FILE:4: actors.db: impossible total: 9 connections / 2 DB actors are 4 for each, but 2 for reads + 4 for writes "
        "are 6; allowed: db.connections at least actors.db * (db.read_connections + db.write_connections)\n");
    expect_errors("[db]\nconnections = 12\n[actors]\ndb = 2\n", "");
    // The number of actors is not known yet: there will be one at least.
    expect_errors("[db]\nconnections = 4\n",
        "FILE:2: db.connections: impossible total: 4 connections / 1 DB actors are 4 for each, but 2 for reads + 4 for "
        "writes are 6; allowed: db.connections at least actors.db * (db.read_connections + db.write_connections)\n");
    expect_errors("[server]\nmax_clients = 3\n[actors]\nacceptors = 4\n",
        "FILE:4: actors.acceptors: impossible total: 3 clients for 4 acceptors; allowed: server.max_clients at least "
        "actors.acceptors\n");
    expect_errors("[mailbox]\nreply_slots = 63\n",
        "FILE:2: mailbox.reply_slots: impossible total: 63 reply slots of an acceptor for 64 requests in work on one "
        "connection; allowed: mailbox.reply_slots at least server.max_pipeline\n");
    expect_errors("[deadline]\nrequest_ms = 499\n",
        "FILE:2: deadline.request_ms: impossible total: 500 ms of waiting within a request of 499 ms; allowed: "
        "deadline.queue_ms at most deadline.request_ms\n");
    expect_errors("[db]\nbackoff_min_ms = 5001\n",
        "FILE:2: db.backoff_min_ms: impossible total: a wait that begins at 5001 ms and ends at 5000 ms; allowed: "
        "db.backoff_min_ms at most db.backoff_max_ms\n");
    expect_errors("[admin]\nport = 8080\n",
        "FILE:2: admin.port: impossible total: clients and operators both on port 8080 of one address; allowed: "
        "admin.port other than server.port\n");
    expect_errors("[admin]\nport = 8080\naddress = 127.0.0.2\n", "");
    expect_errors("[admin]\nport = 0\n[server]\nport = 0\n", "");
    expect_environment("REVIEWD_ADMIN_PORT=8080",
        "environment REVIEWD_ADMIN_PORT: admin.port: impossible total: clients and operators both on port 8080 of one "
        "address; allowed: admin.port other than server.port\n");
}

static void test_derive(void) {
    static const struct {
        unsigned cpus;
        uint32_t actors;
    } cases[] = {{0, 1}, {1, 1}, {2, 1}, {7, 1}, {8, 2}, {16, 4}, {64, 16}, {1024, 64}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct config config;
        config_init(&config);
        config_derive(&config, cases[i].cpus);
        CU_ASSERT_EQUAL(config.actors_acceptors, cases[i].actors);
        CU_ASSERT_EQUAL(config.actors_db, cases[i].actors);
        CU_ASSERT_EQUAL(config.actors_writers, cases[i].actors);
        CU_ASSERT_EQUAL(config.actors_placement, cases[i].cpus <= 2 ? PLACEMENT_SHARED : PLACEMENT_OWN);
        config_free(&config);
    }
    // What is given stays, and what is derived makes no impossible total.
    struct config config;
    struct buffer errors;
    CU_ASSERT_TRUE(load(&config,
        VIEW("[server]\nmax_clients=2\n[db]\nconnections=18\n[actors]\nwriters=5\nplacement=shared\n"), NULL, &errors));
    config_derive(&config, 64);
    CU_ASSERT_EQUAL(config.actors_placement, PLACEMENT_SHARED);
    CU_ASSERT_EQUAL(config.actors_acceptors, 2);
    CU_ASSERT_EQUAL(config.actors_db, 3);
    CU_ASSERT_EQUAL(config.actors_writers, 5);
    buffer_free(&errors);
    config_free(&config);
}

static char *dump(const struct config *config) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    config_dump(config, stream);
    fclose(stream);
    return text;
}

static void test_dump_loads_back(void) {
    struct config config;
    struct buffer errors;
    config_init(&config);
    // Every option away from its default.
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &config_options[id];
        struct buffer wrong = {0};
        struct view text = option->format == TEXT_FORMAT_ADDRESS  ? VIEW("::1")
                           : option->format == TEXT_FORMAT_ORIGIN ? VIEW("")
                                                                  : VIEW("host=/run user='a b' options='-c x=1;y=#2'");
        if (option->type == OPTION_TYPE_TEXT) {
            CU_ASSERT_TRUE(option_set(option, &config, text, &wrong));
        } else {
            *option_number(option, &config) += 1;
        }
        buffer_free(&wrong);
    }
    char *text = dump(&config);
    struct config again;
    CU_ASSERT_TRUE(load(&again, view_of(text), NULL, &errors));
    CU_ASSERT_STRING_EQUAL(errors.data, "");
#define INT(section, key, initial, least, most, doc) CU_ASSERT_EQUAL(again.section##_##key, config.section##_##key);
#define TEXT(section, key, initial, format, doc) CU_ASSERT_STRING_EQUAL(again.section##_##key, config.section##_##key);
#define CHOICE(section, key, initial, choices, doc) CU_ASSERT_EQUAL(again.section##_##key, config.section##_##key);
#include "core/config.def"
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        CU_ASSERT_TRUE(strcspn(line, "\n") <= 100);
    }
    free(text);
    buffer_free(&errors);
    config_free(&config);
    config_free(&again);
}

static void test_passwords_are_hidden(void) {
    static const struct {
        const char *given;
        const char *shown;
    } cases[] = {
        {"dbname=reviewd user=u", "dbname=reviewd user=u"},
        {"host=h password=secret user=u", "host=h password=*** user=u"},
        {"password = 'se cr\\'et' user=u sslpassword=secret", "password = *** user=u sslpassword=***"},
        {"password='' host=h", "password=*** host=h"},
        {"password=se\\ cret host=h", "password=*** host=h"},
        {"password='secret", "password=***"},
        // What libpq would refuse may be a part of a password.
        {"host=h password=my secret password", "host=h password=*** ***"},
        {"secret", "***"},
        {"postgresql://u:secret@h:5432/d?sslmode=require", "postgresql://u:***@h:5432/d?sslmode=require"},
        {"postgres://u@h/d?password=secret&user=x&sslpassword=secret",
            "postgres://u@h/d?password=***&user=x&sslpassword=***"},
        {"postgresql://h:5432,i:5433/d", "postgresql://h:5432,i:5433/d"},
        {"postgresql:///d?host=/run", "postgresql:///d?host=/run"},
        {"postgresql://:secret@/d", "postgresql://:***@/d"},
        {"postgresql://u:sec@ret@h/d", "postgresql://***"},
        {"postgresql://u:sec/ret@h/d", "postgresql://***"},
        {"postgresql://u:sec?ret@h/d", "postgresql://***"},
        {"postgresql://u:secret@h/d?p%61ssword=secret", "postgresql://u:***@h/d?p%61ssword=***"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer shown = {0};
        bool hidden = conninfo_append_masked(&shown, view_of(cases[i].given));
        CU_ASSERT_EQUAL(hidden, strcmp(cases[i].given, cases[i].shown) != 0);
        CU_ASSERT_TRUE(view_equal(buffer_view(&shown), view_of(cases[i].shown)));
        if (!view_equal(buffer_view(&shown), view_of(cases[i].shown))) {
            fprintf(stderr, "\n%s: %.*s\n", cases[i].given, (int)shown.length, shown.data);
        }
        buffer_free(&shown);
    }
}

static void test_dump_and_errors_keep_the_password(void) {
    struct config config;
    struct buffer errors;
    CU_ASSERT_TRUE(load(&config, VIEW("[db]\ndsn = postgresql://u:hush@h/d\n"), NULL, &errors));
    CU_ASSERT_STRING_EQUAL(config.db_dsn, "postgresql://u:hush@h/d");
    buffer_free(&errors);
    char *text = dump(&config);
    CU_ASSERT_PTR_NULL(strstr(text, "hush"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n# The password is hidden here: put it back before this is used.\n"
                                        "dsn = postgresql://u:***@h/d\n"));
    free(text);
    config_free(&config);
    char *const environment[] = {"REVIEWD_DB_DSN=password=hush\x01", "REVIEWD_DB_DNS=password=hush", NULL};
    CU_ASSERT_FALSE(load(&config, VIEW("[db]\ndsn = host=a password=hush\ndsn = password=hush\ndns=password=hush\n"),
        environment, &errors));
    CU_ASSERT_PTR_NULL(strstr(errors.data, "hush"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(errors.data, "environment REVIEWD_DB_DSN: db.dsn: the value holds a control character"));
    buffer_free(&errors);
    config_free(&config);
}

static struct buffer read_source(const char *path) {
    struct buffer text = {0};
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (size_t length = 1; length > 0;) {
        char *end = buffer_reserve(&text, BUFSIZ);
        length = fread(end, 1, BUFSIZ, file);
        text.length += length;
    }
    fclose(file);
    buffer_append(&text, (struct view){"", 1});
    return text;
}

static void test_shipped_files(void) {
    struct config config;
    config_init(&config);
    char *defaults = dump(&config);
    struct buffer shipped = read_source(SOURCE_DIR "/config/reviewd.ini");
    CU_ASSERT_STRING_EQUAL(shipped.data, defaults);
    buffer_free(&shipped);
    free(defaults);
    CU_ASSERT_TRUE(config_load(&config, SOURCE_DIR "/config/reviewd.ini", NULL, stderr));
    config_free(&config);

    config_init(&config);
    CU_ASSERT_TRUE(config_load(&config, SOURCE_DIR "/config/micro.ini", NULL, stderr));
    CU_ASSERT_EQUAL(config.actors_placement, PLACEMENT_SHARED);
    CU_ASSERT_EQUAL(config.db_connections, 100);
    config_free(&config);
}

// docs/configuration.md has a row for each option, below its section, with its default and what is allowed.
static void test_manual(void) {
    struct buffer manual = read_source(SOURCE_DIR "/docs/configuration.md");
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &config_options[id];
        struct buffer row = {0};
        buffer_format(&row, "\n## [%s]\n", config_sections[option->section].name);
        buffer_append(&row, (struct view){"", 1});
        const char *section = strstr(manual.data, row.data);
        CU_ASSERT_PTR_NOT_NULL_FATAL(section);
        row.length = 0;
        buffer_format(&row, "\n| `%s` | `", option->key);
        option_append_initial(option, &row);
        buffer_append(&row, VIEW("` | "));
        option_append_allowed(option, &row);
        buffer_append(&row, (struct view){" | ", 4});
        const char *found = strstr(section, row.data);
        const char *next = strstr(section + 1, "\n## ");
        bool in_section = found != NULL && (next == NULL || found < next);
        CU_ASSERT_TRUE(in_section);
        if (!in_section) {
            fprintf(
                stderr, "\ndocs/configuration.md lacks in [%s]: %s\n", config_sections[option->section].name, row.data);
        }
        buffer_free(&row);
    }
    buffer_free(&manual);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"values arrive", test_values_arrive},
        {"bad values", test_bad_values},
        {"origins", test_origins},
        {"unknown names", test_unknown_names},
        {"bad lines", test_bad_lines},
        {"long lines", test_long_lines},
        {"unreadable files", test_unreadable},
        {"all errors are told", test_all_errors_are_told},
        {"the environment", test_environment},
        {"every option has a variable", test_every_variable},
        {"totals", test_totals},
        {"numbers of actors from the CPUs", test_derive},
        {"a dump loads back", test_dump_loads_back},
        {"passwords are hidden", test_passwords_are_hidden},
        {"dump and errors keep the password", test_dump_and_errors_keep_the_password},
        {"the files that ship", test_shipped_files},
        {"the manual", test_manual},
        CU_TEST_INFO_NULL,
    };
    return unit_run("config", tests);
}
