// From the tables source_… to segments.
#include <inttypes.h>
#include <stdlib.h>

#include "seed/import_internal.h"
#include "seed/stage.h"

static bool take_segments(struct plan *plan, const PGresult *rows) {
    uint32_t count = (uint32_t)PQntuples(rows);
    plan->segments = calloc(count == 0 ? 1 : count, sizeof *plan->segments);
    if (plan->segments == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct segment *segment = &plan->segments[i];
        uint32_t first = (uint32_t)strtoul(PQgetvalue(rows, (int)i, 0), NULL, 10);
        uint32_t last = (uint32_t)strtoul(PQgetvalue(rows, (int)i, 1), NULL, 10);
        *segment = (struct segment){.number = i + 1,
            .first_product = i == 0 ? 1 : first,
            .end_product = last + 1,
            .records = strtoull(PQgetvalue(rows, (int)i, 2), NULL, 10)};
        if (i > 0) {
            plan->segments[i - 1].end_product = first;
        }
        plan->records += segment->records;
        plan->products += (uint32_t)strtoul(PQgetvalue(rows, (int)i, 3), NULL, 10);
    }
    plan->segment_count = count;
    return true;
}

bool import_tables_plan(struct import *import, struct session *session, struct plan *plan) {
    *plan = (struct plan){0};
    // A product belongs to the segment that the first of its reviews falls into.
    PGresult *rows = session_query(session, "plan the segments",
        "WITH product AS (SELECT product_id, count(*) AS reviews FROM " STAGE_SCHEMA
        ".source_review GROUP BY product_id), "
        "total AS (SELECT sum(reviews) AS reviews FROM product), "
        "running AS (SELECT product_id, reviews, sum(reviews) OVER (ORDER BY product_id) - reviews AS before FROM "
        "product) "
        "SELECT min(product_id), max(product_id), sum(running.reviews), count(*) FROM running, total "
        "GROUP BY div(before * greatest(div(total.reviews + %" PRIu64 ", %" PRIu64 "), 1), total.reviews) ORDER BY 1",
        import->settings->segment_records / 2, import->settings->segment_records);
    if (rows == NULL) {
        return false;
    }
    bool right = true;
    if (PQntuples(rows) > PLAN_MAX_SEGMENTS) {
        right = failure_set(
            import->failure, "there can be %u segments: --segment-records is too small", (unsigned)PLAN_MAX_SEGMENTS);
    } else if (!take_segments(plan, rows)) {
        right = failure_set(import->failure, "no memory for the segments");
    }
    PQclear(rows);
    return right;
}

#define COLUMN(name) ", " #name
static const char COLUMNS[] =
#include "seed/columns.def"
    ;
#undef COLUMN

bool import_tables_fill(struct session *session, const struct segment *segment, const char *table, const char *action) {
    uint32_t first = segment->first_product;
    uint32_t last = segment->end_product - 1;
    return session_run(session, action,
        "SET LOCAL work_mem = '64MB'; INSERT INTO %s (%s) SELECT review.product_id::bigint << 20 | row_number() OVER "
        "(PARTITION BY review.product_id ORDER BY review.created_at, review.place), review.created_at, "
        "review_relevance(review.created_at, review.helpfulness), review.product_id, review.helpfulness, "
        "coalesce(mark.characteristics, 0), review.rating, review.recommend, review.reported, review.summary, "
        "review.body, "
        "review.response, review.reviewer_name, review.email, coalesce(picture.photos, review.photos) "
        "FROM source_review AS review "
        "LEFT JOIN (SELECT * FROM source_marks WHERE product_id BETWEEN %u AND %u) AS mark ON mark.review = "
        "review.place "
        "LEFT JOIN (SELECT * FROM source_pictures WHERE product_id BETWEEN %u AND %u) AS picture ON picture.review = "
        "review.place "
        "WHERE review.product_id BETWEEN %u AND %u ORDER BY review.product_id, review.created_at, review.place",
        table, COLUMNS + 2, first, last, first, last, first, last);
}
