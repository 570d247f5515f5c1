// The command `segments`: list, add, split.
#include "seed/segments.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "seed/split.h"

enum {
    // Beyond so many percent of the wanted size a segment is over-full.
    OVERFULL_PERCENT = 120,
    // The last segment is given an end in place, under a lock, when it holds no more than that; otherwise it is copied.
    APPEND_MAX_REVIEWS = 10000,
    MAX_PARTS = 64
};

struct segments {
    const struct settings *settings;
    struct failure *failure;
    struct database database;
};

static struct session *session_of(struct segments *segments) {
    return &segments->database.session;
}

static const char *state_of(const struct segments *segments, const PGresult *rows, int row) {
    uint64_t reviews = strtoull(PQgetvalue(rows, row, 3), NULL, 10);
    if (row + 1 == PQntuples(rows) && reviews == 0) {
        return "ahead of need";
    }
    if (reviews > segments->settings->segment_records * OVERFULL_PERCENT / 100) {
        return "over-full: split it";
    }
    return "";
}

static bool list(struct segments *segments) {
    PGresult *rows = session_query(session_of(segments), "read the segments",
        "SELECT leaf, first_product, end_product, reviews, pg_size_pretty(pg_total_relation_size(quote_ident(leaf)::regclass)) "
        "FROM segment ORDER BY first_product");
    if (rows == NULL) {
        return false;
    }
    uint32_t overfull = 0;
    printf("%-14s %12s %12s %12s %10s\n", "segment", "first", "last", "reviews", "size");
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *state = state_of(segments, rows, i);
        uint64_t end = strtoull(PQgetvalue(rows, i, 2), NULL, 10);
        overfull += state[0] == 'o' ? 1 : 0;
        printf("%-14s %12s %12" PRIu64 " %12s %10s%s%s\n", PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1), end - 1,
            PQgetvalue(rows, i, 3), PQgetvalue(rows, i, 4), state[0] == '\0' ? "" : "  ", state);
    }
    printf("%d segments, %u over-full; counts are those of the statistics\n", PQntuples(rows), overfull);
    PQclear(rows);
    return true;
}

// Looks up a segment: its quoted name and range. An empty name stands for the last one. *reviews is exact.
static bool find(struct segments *segments, const char *name, struct leaf *leaf, uint64_t *reviews) {
    struct session *session = session_of(segments);
    char *literal = session_literal(session, name);
    PGresult *row = literal == NULL ? NULL
                                    : session_query(session, "look for the segment",
                                          "SELECT quote_ident(leaf), first_product, end_product FROM segment "
                                          "WHERE leaf = %1$s OR %1$s = '' ORDER BY first_product DESC LIMIT 1",
                                          literal);
    PQfreemem(literal);
    if (row == NULL) {
        return false;
    }
    bool found = PQntuples(row) == 1;
    if (found) {
        snprintf(leaf->name, sizeof leaf->name, "%s", PQgetvalue(row, 0, 0));
        leaf->first_product = (uint32_t)strtoul(PQgetvalue(row, 0, 1), NULL, 10);
        leaf->end_product = (uint32_t)strtoul(PQgetvalue(row, 0, 2), NULL, 10);
    }
    PQclear(row);
    if (!found) {
        return failure_set(segments->failure, "there is no segment \"%s\"; reviewd-seed segments lists them", name);
    }
    PGresult *count = session_query(session, "count the reviews", "SELECT count(*) FROM %s", leaf->name);
    if (count == NULL) {
        return false;
    }
    *reviews = strtoull(PQgetvalue(count, 0, 0), NULL, 10);
    PQclear(count);
    return true;
}

// Asks for one number.
static bool ask_number(struct segments *segments, const char *action, const char *sql, uint64_t *number) {
    PGresult *row = session_query(session_of(segments), action, "%s", sql);
    if (row == NULL) {
        return false;
    }
    *number = PQntuples(row) == 1 ? strtoull(PQgetvalue(row, 0, 0), NULL, 10) : 0;
    PQclear(row);
    return true;
}

// The first products of all but the first of so many parts with about equally many reviews; fewer parts when few products
// have many reviews.
static bool find_cuts(struct segments *segments, const struct leaf *leaf, uint64_t reviews, uint32_t parts,
    uint32_t cuts[static MAX_PARTS], uint32_t *cut_count) {
    *cut_count = 0;
    for (uint32_t i = 1; i < parts; i++) {
        char sql[256];
        uint64_t product = 0;
        snprintf(sql, sizeof sql, "SELECT product_id FROM %s ORDER BY product_id, review_id OFFSET %" PRIu64 " LIMIT 1",
            leaf->name, reviews * i / parts);
        if (!ask_number(segments, "look for the middle", sql, &product)) {
            return false;
        }
        uint32_t before = *cut_count == 0 ? leaf->first_product : cuts[*cut_count - 1];
        if (product > before) {
            cuts[(*cut_count)++] = (uint32_t)product;
        }
    }
    return true;
}

static bool split_at(
    struct segments *segments, const struct leaf *old, const uint32_t *cuts, uint32_t cut_count, uint64_t reviews) {
    struct leaf parts[MAX_PARTS];
    uint32_t number = 0;
    if (!database_last_number(&segments->database, &number)) {
        return false;
    }
    for (uint32_t i = 0; i <= cut_count; i++) {
        leaf_name(parts[i].name, number + 1 + i);
        parts[i].first_product = i == 0 ? old->first_product : cuts[i - 1];
        parts[i].end_product = i == cut_count ? old->end_product : cuts[i];
    }
    if (!split_segment(&segments->database, segments->settings->dsn, old, reviews, parts, cut_count + 1)) {
        return false;
    }
    printf("%s, %" PRIu64 " reviews, is now", old->name, reviews);
    for (uint32_t i = 0; i <= cut_count; i++) {
        printf("%s %s (from product %u)", i == 0 ? "" : ",", parts[i].name, parts[i].first_product);
    }
    printf("\n");
    return true;
}

static bool split(struct segments *segments) {
    const struct settings *settings = segments->settings;
    struct leaf old = {0};
    uint64_t reviews = 0;
    uint32_t cuts[MAX_PARTS] = {settings->at_product};
    uint32_t cut_count = 1;
    if (!find(segments, settings->words[1], &old, &reviews)) {
        return false;
    }
    if (settings->at_product == 0) {
        uint64_t parts = (reviews + settings->segment_records / 2) / settings->segment_records;
        parts = parts < 2 ? 2 : (parts > MAX_PARTS ? MAX_PARTS : parts);
        if (!find_cuts(segments, &old, reviews, (uint32_t)parts, cuts, &cut_count)) {
            return false;
        }
        if (cut_count == 0) {
            return failure_set(segments->failure, "%s cannot be split: all its reviews are of one product", old.name);
        }
    } else if (settings->at_product <= old.first_product || settings->at_product >= old.end_product) {
        return failure_set(segments->failure, "--at must be within %s, from %u to %u", old.name, old.first_product + 1,
            old.end_product - 1);
    }
    return split_at(segments, &old, cuts, cut_count, reviews);
}

// Gives the last segment an end, and adds an empty one behind it.
static bool add(struct segments *segments) {
    struct leaf last = {0};
    uint64_t reviews = 0;
    uint64_t end = 0;
    if (!find(segments, "", &last, &reviews)) {
        return false;
    }
    if (last.end_product <= INT32_MAX || reviews == 0) {
        printf("%s is empty and ahead of need: nothing to do\n", last.name);
        return true;
    }
    if (!ask_number(segments, "choose the end of the last segment", "SELECT segment_next_end()", &end)) {
        return false;
    }
    if (end > INT32_MAX) {
        return failure_set(segments->failure, "no product id is left beyond %s", last.name);
    }
    if (reviews > APPEND_MAX_REVIEWS) {
        return split_at(segments, &last, &(uint32_t){(uint32_t)end}, 1, reviews);
    }
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT segment_append(%" PRIu64 ")", end);
    if (!session_insist(session_of(segments), "add a segment", sql)) {
        return false;
    }
    printf("a segment from product %" PRIu64 " on\n", end);
    return true;
}

// How many words each subcommand takes, itself included.
static const struct {
    const char *name;
    uint32_t words;
    bool (*run)(struct segments *segments);
} SUBCOMMANDS[] = {{"list", 1, list}, {"add", 1, add}, {"split", 2, split}};

bool segments_command(const struct settings *settings, struct failure *failure) {
    struct segments segments = {.settings = settings, .failure = failure};
    const char *word = settings->word_count == 0 ? "list" : settings->words[0];
    uint32_t words = settings->word_count == 0 ? 1 : settings->word_count;
    for (size_t i = 0; i < COUNT_OF(SUBCOMMANDS); i++) {
        if (strcmp(word, SUBCOMMANDS[i].name) == 0 && words == SUBCOMMANDS[i].words) {
            bool reads = SUBCOMMANDS[i].run == list;
            bool done = database_open(&segments.database, settings->dsn, failure) &&
                        (reads || database_lock(&segments.database)) && SUBCOMMANDS[i].run(&segments);
            database_close(&segments.database);
            return done;
        }
    }
    return failure_set(failure, "segments takes list, add, or split and the name of one segment");
}
