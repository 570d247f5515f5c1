// Connections in pipeline mode. Sending never waits, because what is in flight is little; reading waits for the oldest group.
#include "core/clock.h"
#include "core/memory.h"
#include "loadtest/render/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static PGconn *connect_to(const char *dsn) {
    PGconn *pg = PQconnectdb(dsn);
    if (PQstatus(pg) != CONNECTION_OK) {
        fail("%s", PQerrorMessage(pg));
    }
    return pg;
}

static void read_leaves(struct run *run, PGconn *pg) {
    PGresult *result = PQexec(pg, "SELECT quote_ident(leaf), first_product FROM segment ORDER BY first_product");
    run->leaf_count = PQntuples(result);
    if (run->leaf_count == 0 || run->leaf_count > LEAVES_MAX) {
        fail("there are %d segments", run->leaf_count);
    }
    for (int i = 0; i < run->leaf_count; i++) {
        snprintf(run->leaves[i].name, sizeof run->leaves[i].name, "%s", PQgetvalue(result, i, 0));
        run->leaves[i].first_product = (int32_t)strtol(PQgetvalue(result, i, 1), NULL, 10);
    }
    PQclear(result);
}

static bool has_leaf(const struct run *run, enum text text) {
    return strstr(run->texts[text], "{leaf}") != NULL;
}

static void prepare(const struct run *run, PGconn *pg, enum text text, int leaf) {
    struct buffer sql = {0};
    const char *rest = run->texts[text];
    for (const char *mark; (mark = strstr(rest, "{leaf}")) != NULL; rest = mark + strlen("{leaf}")) {
        buffer_append(&sql, (struct view){rest, (size_t)(mark - rest)});
        buffer_append(&sql, view_of(run->leaves[leaf].name));
    }
    buffer_append(&sql, (struct view){rest, strlen(rest) + 1});
    char name[32];
    snprintf(name, sizeof name, "%d.%d", (int)text, leaf);
    PGresult *result = PQprepare(pg, name, sql.data, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        fail("%s%s", PQerrorMessage(pg), sql.data);
    }
    PQclear(result);
    buffer_free(&sql);
}

static void open_link(struct run *run, struct link *link, const char *dsn) {
    link->pg = connect_to(dsn);
    if (run->leaf_count == 0) {
        read_leaves(run, link->pg);
    }
    for (enum text text = (enum text)0; text < TEXT_COUNT; text++) {
        for (int leaf = 0; run->texts[text] != NULL && leaf < (has_leaf(run, text) ? run->leaf_count : 1); leaf++) {
            prepare(run, link->pg, text, leaf);
        }
    }
    if (PQenterPipelineMode(link->pg) != 1) {
        fail("%s", PQerrorMessage(link->pg));
    }
    link->groups = memory_allocate(DEPTH, sizeof *link->groups);
}

void links_open(struct run *run, const char *dsn) {
    for (int i = 0; i < READ_LINKS; i++) {
        open_link(run, &run->reads[i], dsn);
    }
    for (int i = 0; i < WRITE_LINKS; i++) {
        open_link(run, &run->writes[i], dsn);
    }
}

static void close_link(struct link *link) {
    PQfinish(link->pg);
    free(link->groups);
}

void links_close(struct run *run) {
    for (int i = 0; i < READ_LINKS; i++) {
        close_link(&run->reads[i]);
    }
    for (int i = 0; i < WRITE_LINKS; i++) {
        close_link(&run->writes[i]);
    }
}

int leaf_of(const struct run *run, int32_t product) {
    int leaf = run->leaf_count - 1;
    while (leaf > 0 && product < run->leaves[leaf].first_product) {
        leaf--;
    }
    return leaf;
}

static void expect_end(const struct link *link, PGresult *result) {
    if (result != NULL) {
        fail("there is another result: %s", PQerrorMessage(link->pg));
    }
}

// CPU time of this thread.
static uint64_t clock_cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

// Waits for the oldest group.
static void take_group(struct run *run, struct link *link) {
    struct group *group = &link->groups[link->first % DEPTH];
    for (int i = 0; i < group->count; i++) {
        PGresult *result = PQgetResult(link->pg);
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            fail("%s", PQerrorMessage(link->pg));
        }
        if (group->writes == 0) {
            uint64_t start = clock_cpu_ns();
            reading_answer(run, group, &group->queries[i], result);
            run->render_ns += clock_cpu_ns() - start;
        }
        PQclear(result);
        expect_end(link, PQgetResult(link->pg));
    }
    PGresult *sync = PQgetResult(link->pg);
    if (PQresultStatus(sync) != PGRES_PIPELINE_SYNC) {
        fail("there is no end of a group: %s", PQerrorMessage(link->pg));
    }
    PQclear(sync);
    run->write_count += (uint64_t)group->writes;
    link->first++;
}

struct group *link_begin(struct run *run, struct link *link) {
    if (link->end - link->first == DEPTH) {
        take_group(run, link);
    }
    struct group *group = &link->groups[link->end % DEPTH];
    group->count = group->writes = 0;
    return group;
}

struct query *group_add(struct group *group, enum text text) {
    struct query *query = &group->queries[group->count++];
    query->text = text;
    query->is_label = false;
    query->count = 0;
    return query;
}

void link_send(struct run *run, struct link *link, const struct query *query, int leaf) {
    char name[32];
    snprintf(name, sizeof name, "%d.%d", (int)query->text, has_leaf(run, query->text) ? leaf : 0);
    struct parameters *parameters = &run->parameters;
    parameters_finish(parameters);
    if (PQsendQueryPrepared(
            link->pg, name, parameters->count, parameters->values, parameters->lengths, parameters->formats, 1) != 1) {
        fail("%s", PQerrorMessage(link->pg));
    }
}

void link_end(struct link *link) {
    if (PQpipelineSync(link->pg) != 1) {
        fail("%s", PQerrorMessage(link->pg));
    }
    link->end++;
}

void link_finish(struct run *run, struct link *link) {
    while (link->end != link->first) {
        take_group(run, link);
    }
}
