// A range of products: compares and mends.
//
// The comparison is one statement, so that one snapshot sees reviews and totals: whatever servers write meanwhile, they write
// both in one transaction. Its result stays with the server and is fetched in small pieces.
//
// Mending a product's totals takes two statements of one transaction: the first locks its row of product_meta, behind which
// every writer of totals queues, and the second counts, from a snapshot that sees all who had the lock before. Products come
// in the order of their ids and no review is locked, so it cannot deadlock with servers (see actors/db_write.c). A review's
// relevance is mended in a transaction of its own kind, which locks nothing but reviews, in the order of their ids.
#include "seed/audit_range.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "seed/audit_session.h"

#define COMPARE_ACTION "compare products"
#define MEND_ACTION "mend products"

enum {
    RANGE_REVIEWS = 100000,
    // Differences that are fetched at a time, when they are only told or when they are mended in one transaction.
    TELL_AT_ONCE = 1000,
    MEND_AT_ONCE = 64,
    STATEMENT_ROOM = 12288
};

// What a fetched row holds.
enum difference_column {
    COLUMN_PRODUCT,
    COLUMN_REVIEW,
    COLUMN_NAME,
    COLUMN_STORED,
    COLUMN_COUNTED
};

struct statement {
    size_t length;
    char text[STATEMENT_ROOM];
};

// Counts what snprintf() has appended. STATEMENT_ROOM is more than MEND_AT_ONCE products and the columns of product_meta take.
static void grow(struct statement *statement, int length) {
    if (length < 0 || (size_t)length >= sizeof statement->text - statement->length) {
        abort();
    }
    statement->length += (size_t)length;
}

#define APPEND(statement, ...)                                                                                         \
    grow(statement,                                                                                                    \
        snprintf((statement)->text + (statement)->length, sizeof(statement)->text - (statement)->length, __VA_ARGS__))

bool audit_columns_read(struct session *session, struct audit_columns *columns) {
    PGresult *row = session_query(session, "read the columns of product_meta",
        "SELECT string_agg(format(CASE attname WHEN 'next_n' THEN '%%1$I = greatest(meta.%%1$I, counted.%%1$I)' "
        "ELSE '%%1$I = coalesce(counted.%%1$I, 0)' END, attname), ', ' ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = 'product_meta'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'product_id'");
    if (row == NULL) {
        return false;
    }
    int length = snprintf(columns->assignments, sizeof columns->assignments, "%s", PQgetvalue(row, 0, 0));
    PQclear(row);
    return (length > 0 && (size_t)length < sizeof columns->assignments) ||
           failure_set(session->failure, "product_meta has other columns than this program can mend");
}

bool audit_range_find(
    struct session *session, uint32_t first_product, uint32_t end_product, uint32_t *last_product, uint64_t *reviews) {
    char query[256];
    snprintf(query, sizeof query,
        "SELECT max(product_id), count(*) FROM (SELECT product_id FROM review WHERE product_id BETWEEN %u AND %u "
        "ORDER BY product_id LIMIT %d) AS first",
        first_product, end_product - 1, RANGE_REVIEWS);
    PGresult *row = audit_session_query(session, "look for products", query);
    if (row == NULL) {
        return false;
    }
    *reviews = strtoull(PQgetvalue(row, 0, 1), NULL, 10);
    *last_product = *reviews < RANGE_REVIEWS ? end_product - 1 : (uint32_t)strtoul(PQgetvalue(row, 0, 0), NULL, 10);
    PQclear(row);
    return true;
}

// Opens the cursor `differences` over all that differs in the range; its last row, without a product, tells how many products
// and visible reviews were compared. The lock comes before the snapshot: who changes the segments waits, or has finished.
static bool open_differences(struct session *session, uint32_t first_product, uint32_t last_product) {
    struct statement statement = {.length = 0};
    APPEND(&statement,
        SESSION_BEGIN
        "LOCK TABLE ONLY review IN ACCESS SHARE MODE; "
        "DECLARE differences NO SCROLL CURSOR WITH HOLD FOR "
        "WITH counted AS MATERIALIZED (SELECT * FROM product_meta_recount(%1$u, %2$u)), "
        "stored AS (SELECT * FROM product_meta WHERE product_id BETWEEN %1$u AND %2$u), "
        "pair AS (SELECT product_id, to_jsonb(stored) AS stored, to_jsonb(counted) AS counted "
        "FROM stored FULL JOIN counted USING (product_id) WHERE stored IS DISTINCT FROM counted), "
        // A product whose reviews are gone counts as nothing; next_n never goes back.
        "total AS (SELECT product_id, key, value, coalesce(counted ->> key, '0') AS counted "
        "FROM pair CROSS JOIN jsonb_each_text(stored) WHERE key <> 'product_id') "
        "SELECT product_id, NULL::bigint AS review_id, 'rows' AS name, '0' AS stored, '1' AS counted "
        "FROM pair WHERE stored IS NULL "
        "UNION ALL SELECT product_id, NULL, key, value, counted FROM total "
        "WHERE CASE key WHEN 'next_n' THEN value::integer < counted::integer ELSE value <> counted END "
        "UNION ALL SELECT product_id, review_id, 'relevance', relevance::text, "
        "review_relevance(created_at, helpfulness)::text FROM review WHERE product_id BETWEEN %1$u AND %2$u "
        "AND relevance <> review_relevance(created_at, helpfulness) "
        "UNION ALL SELECT NULL, NULL, 'all', count(*)::text, coalesce(sum(recommend_0 + recommend_1), 0)::text FROM counted "
        "ORDER BY product_id NULLS LAST, review_id NULLS FIRST, name; COMMIT",
        first_product, last_product);
    return audit_session_insist(session, COMPARE_ACTION, statement.text);
}

static struct audit_difference difference_of(const PGresult *rows, int row) {
    return (struct audit_difference){.product_id = PQgetvalue(rows, row, COLUMN_PRODUCT),
        .review_id = PQgetisnull(rows, row, COLUMN_REVIEW) ? NULL : PQgetvalue(rows, row, COLUMN_REVIEW),
        .name = PQgetvalue(rows, row, COLUMN_NAME),
        .stored = PQgetvalue(rows, row, COLUMN_STORED),
        .counted = PQgetvalue(rows, row, COLUMN_COUNTED)};
}

// Mends the totals that the rows name.
static bool mend_totals(
    struct session *session, const PGresult *rows, int row_count, const struct audit_columns *columns) {
    struct statement products = {.length = 0};
    const char *previous = "";
    for (int i = 0; i < row_count; i++) {
        struct audit_difference difference = difference_of(rows, i);
        if (difference.review_id == NULL && strcmp(difference.product_id, previous) != 0) {
            APPEND(&products, "%s%s", previous[0] == '\0' ? "" : ",", difference.product_id);
            previous = difference.product_id;
        }
    }
    if (products.length == 0) {
        return true;
    }
    struct statement statement = {.length = 0};
    APPEND(&statement,
        // Locks each row, after making it if it is missing; changes none.
        SESSION_BEGIN "INSERT INTO product_meta AS meta (product_id) "
                      "SELECT product_id FROM unnest('{%1$s}'::integer[]) AS product_id ORDER BY product_id "
                      "ON CONFLICT (product_id) DO UPDATE SET next_n = meta.next_n WHERE false; "
                      "UPDATE product_meta AS meta SET %2$s FROM unnest('{%1$s}'::integer[]) AS product (id) "
                      "LEFT JOIN LATERAL product_meta_recount(product.id, product.id) AS counted ON true "
                      "WHERE meta.product_id = product.id AND meta.product_id = ANY ('{%1$s}'::integer[]); COMMIT",
        products.text, columns->assignments);
    return audit_session_insist(session, MEND_ACTION, statement.text);
}

// Mends the reviews that the rows name.
static bool mend_reviews(struct session *session, const PGresult *rows, int row_count) {
    struct statement statement = {.length = 0};
    APPEND(&statement, SESSION_BEGIN);
    size_t empty = statement.length;
    for (int i = 0; i < row_count; i++) {
        struct audit_difference difference = difference_of(rows, i);
        if (difference.review_id != NULL) {
            APPEND(&statement,
                "UPDATE review SET relevance = review_relevance(created_at, helpfulness) "
                "WHERE product_id = %s AND review_id = %s; ",
                difference.product_id, difference.review_id);
        }
    }
    if (statement.length == empty) {
        return true;
    }
    APPEND(&statement, "COMMIT");
    return audit_session_insist(session, MEND_ACTION, statement.text);
}

static void tell_rows(
    struct audit_report *report, enum audit_outcome outcome, const PGresult *rows, int difference_count) {
    for (int i = 0; i < difference_count; i++) {
        struct audit_difference difference = difference_of(rows, i);
        audit_report_tell(report, outcome, &difference);
    }
}

// Takes the next differences from the cursor, at most `limit`, and does with them what the outcome says. Tells how many they
// were; *ended when there are no more, and then also what was compared.
static bool take_differences(struct session *session, int limit, enum audit_outcome outcome,
    const struct audit_columns *columns, struct audit_report *report, uint64_t *count, bool *ended) {
    PGresult *rows = session_query(session, COMPARE_ACTION, "FETCH %d FROM differences", limit);
    if (rows == NULL) {
        return false;
    }
    int row_count = PQntuples(rows);
    *ended = row_count == 0 || PQgetisnull(rows, row_count - 1, COLUMN_PRODUCT);
    int difference_count = *ended && row_count > 0 ? row_count - 1 : row_count;
    bool done = outcome != AUDIT_MENDED || (mend_totals(session, rows, difference_count, columns) &&
                                               mend_reviews(session, rows, difference_count));
    if (done) {
        tell_rows(report, outcome, rows, difference_count);
        *count += (uint64_t)difference_count;
        if (*ended && row_count > 0 && outcome != AUDIT_LEFT) {
            struct audit_difference all = difference_of(rows, row_count - 1);
            audit_report_add(report, strtoull(all.stored, NULL, 10), strtoull(all.counted, NULL, 10));
        }
    }
    PQclear(rows);
    return done;
}

// Compares the range, and does with each difference what the outcome says. Tells how many there were.
static bool work_off(struct session *session, uint32_t first_product, uint32_t last_product, enum audit_outcome outcome,
    const struct audit_columns *columns, struct audit_report *report, uint64_t *count) {
    int limit = outcome == AUDIT_MENDED ? MEND_AT_ONCE : TELL_AT_ONCE;
    bool ended = false;
    *count = 0;
    if (!open_differences(session, first_product, last_product)) {
        return false;
    }
    while (!ended) {
        if (failure_stopped(session->failure) ||
            !take_differences(session, limit, outcome, columns, report, count, &ended)) {
            return false;
        }
    }
    return session_run(session, COMPARE_ACTION, "CLOSE differences");
}

bool audit_range_compare(
    struct session *session, uint32_t first_product, uint32_t last_product, struct audit_report *report) {
    uint64_t count = 0;
    return work_off(session, first_product, last_product, AUDIT_FOUND, NULL, report, &count);
}

bool audit_range_repair(struct session *session, uint32_t first_product, uint32_t last_product,
    const struct audit_columns *columns, struct audit_report *report) {
    uint64_t count = 0;
    return work_off(session, first_product, last_product, AUDIT_MENDED, columns, report, &count) &&
           (count == 0 || work_off(session, first_product, last_product, AUDIT_LEFT, columns, report, &count));
}
