// What only shows when all files are read, and what makes segments fast: statements over the tables source_….
//
// A review that is rejected keeps its row, without a rating, until the end: lines of other files that belong to it are told so.
#include <stdlib.h>

#include "seed/crew.h"
#include "seed/import_internal.h"

enum {
    // Tasks that run side by side.
    SIDE_MAX = 2
};

// Statements that one session runs in their order.
struct step {
    const char *action;
    const char *sql;
};

#define REJECT_REVIEWS                                                                                                 \
    "UPDATE source_review SET rating = NULL FROM source_reject WHERE source_reject.place = source_review.place"

static const struct step REVIEW_IDS[] = {
    {"prepare to check reviews", "ANALYZE source_review"},
    {"look for reviews with the same id",
        "WITH twice AS (SELECT source_id FROM source_review GROUP BY source_id HAVING count(*) > 1), "
        "numbered AS (SELECT place, first_value(place) OVER (PARTITION BY source_id ORDER BY place) AS first "
        "FROM source_review JOIN twice USING (source_id)) "
        "INSERT INTO source_reject SELECT place, format('id is also that of the review on %s', source_place(first)) "
        "FROM numbered WHERE place <> first"},
    {"take out reviews with the same id",
        "DO $$ BEGIN IF EXISTS (TABLE source_reject) THEN " REJECT_REVIEWS "; END IF; END $$"},
    {NULL, NULL},
};

static const struct step REVIEW_COUNTS[] = {
    {"prepare to check reviews", "ANALYZE source_review"},
    {"look for products with too many reviews",
        "WITH much AS (SELECT product_id FROM source_review GROUP BY product_id HAVING count(rating) > 1048575), "
        "numbered AS (SELECT place, row_number() OVER (PARTITION BY product_id ORDER BY created_at, place) AS n "
        "FROM source_review JOIN much USING (product_id) WHERE rating IS NOT NULL), "
        "rejected AS (UPDATE source_review SET rating = NULL FROM numbered WHERE n > 1048575 AND numbered.place = "
        "source_review.place "
        "RETURNING source_review.place) "
        "INSERT INTO source_reject SELECT place, "
        "'product_id is that of a product with more reviews than can be kept: the first 1048575 by date are' FROM "
        "rejected"},
    {NULL, NULL},
};

// The n-th line of a product rates its n-th review.
static const struct step VALUES[] = {
    {"count the lines of products",
        "CREATE UNLOGGED TABLE source_joined AS SELECT line.place, line.n, line.product_id, line.characteristics, "
        "review.place AS review, review.rating IS NOT NULL AS usable FROM "
        "(SELECT *, row_number() OVER (PARTITION BY product_id ORDER BY place) AS n FROM source_values) AS line LEFT "
        "JOIN "
        "(SELECT place, product_id, rating, row_number() OVER (PARTITION BY product_id ORDER BY place) AS n FROM "
        "source_review "
        "WHERE product_id IN (SELECT product_id FROM source_values)) AS review USING (product_id, n)"},
    {"look for lines that rate no review",
        "INSERT INTO source_reject SELECT place, CASE WHEN review IS NULL "
        "THEN format('the line is number %s of product %s, which has fewer reviews', n, product_id) "
        "ELSE format('the line rates the review on %s, which is rejected', source_place(review)) END "
        "FROM source_joined WHERE characteristics IS NOT NULL AND NOT (review IS NOT NULL AND usable)"},
    {"bring ratings to their reviews",
        "CREATE UNLOGGED TABLE source_marks AS SELECT review, product_id, characteristics FROM source_joined "
        "WHERE usable AND characteristics > 0 ORDER BY product_id; DROP TABLE source_joined, source_values"},
    {NULL, NULL},
};

static const struct step RATINGS[] = {
    {"prepare to check ratings", "ANALYZE source_characteristic; ANALYZE source_rating"},
    {"look for characteristics with the same id",
        "WITH numbered AS (SELECT place, first_value(place) OVER (PARTITION BY source_id ORDER BY place) AS first "
        "FROM source_characteristic WHERE source_id IN "
        "(SELECT source_id FROM source_characteristic GROUP BY source_id HAVING count(*) > 1)), "
        "rejected AS (DELETE FROM source_characteristic USING numbered WHERE numbered.place = "
        "source_characteristic.place "
        "AND numbered.place <> first RETURNING numbered.place, first) "
        "INSERT INTO source_reject SELECT place, format('id is also that of the characteristic on %s', "
        "source_place(first)) "
        "FROM rejected"},
    {"look for the reviews and characteristics of ratings",
        "CREATE UNLOGGED TABLE source_joined AS SELECT mark.place, mark.value, kind.characteristic, review.place AS "
        "review, "
        "review.product_id, CASE WHEN review.place IS NULL THEN 1 WHEN kind.place IS NULL THEN 2 "
        "WHEN kind.product_id <> review.product_id THEN 3 ELSE 0 END AS fault FROM source_rating AS mark "
        "LEFT JOIN source_review AS review ON review.source_id = mark.review_id AND review.rating IS NOT NULL "
        "LEFT JOIN source_characteristic AS kind ON kind.source_id = mark.characteristic_id; "
        "DROP TABLE source_rating, source_characteristic"},
    {"look for ratings without a review or characteristic",
        "INSERT INTO source_reject SELECT place, CASE fault WHEN 1 THEN 'review_id names no review that is loaded' "
        "WHEN 2 THEN 'characteristic_id names no characteristic that is loaded' "
        "ELSE 'characteristic_id names a characteristic of another product than that of the review' END "
        "FROM source_joined WHERE fault > 0"},
    // Without a second rating of the same there are as many ratings as bits.
    {"bring ratings to their reviews",
        "CREATE UNLOGGED TABLE source_marks AS SELECT review, product_id, "
        "sum(value::bigint << 3 * characteristic)::bigint AS characteristics, "
        "count(*) <> bit_count(bit_or(1 << characteristic)::bit(32)) AS twice "
        "FROM source_joined WHERE fault = 0 GROUP BY review, product_id ORDER BY product_id"},
    {"look for second ratings of the same",
        "WITH numbered AS (SELECT joined.place, first_value(joined.place) OVER "
        "(PARTITION BY joined.review, joined.characteristic ORDER BY joined.place) AS first "
        "FROM source_joined AS joined JOIN source_marks AS mark ON mark.review = joined.review AND mark.twice WHERE "
        "fault = 0) "
        "INSERT INTO source_reject SELECT place, "
        "format('review_id and characteristic_id are also those of the rating on %s', source_place(first)) "
        "FROM numbered WHERE place <> first"},
    {"take out second ratings of the same",
        "UPDATE source_marks SET characteristics = right_one.characteristics FROM (SELECT review, "
        "sum(value::bigint << 3 * characteristic)::bigint AS characteristics FROM (SELECT DISTINCT ON "
        "(joined.review, joined.characteristic) "
        "joined.review, joined.characteristic, joined.value FROM source_joined AS joined "
        "JOIN source_marks AS mark ON mark.review = joined.review AND mark.twice WHERE fault = 0 "
        "ORDER BY joined.review, joined.characteristic, joined.place) AS only_first GROUP BY review) AS right_one "
        "WHERE right_one.review = source_marks.review; DROP TABLE source_joined"},
    {NULL, NULL},
};

static const struct step PHOTOS[] = {
    {"look for the reviews of photos",
        "ANALYZE source_photo; CREATE UNLOGGED TABLE source_shown AS SELECT picture.place, picture.photo, "
        "review.place AS review, review.product_id, "
        "row_number() OVER (PARTITION BY picture.review_id ORDER BY picture.place) AS n FROM source_photo AS picture "
        "LEFT JOIN source_review AS review ON review.source_id = picture.review_id AND review.rating IS NOT NULL; "
        "DROP TABLE source_photo"},
    {"look for photos without a review, or too many",
        "INSERT INTO source_reject SELECT place, CASE WHEN review IS NULL THEN 'review_id names no review that is "
        "loaded' "
        "ELSE 'review_id is that of a review with more than 5 photos: the first 5 are loaded' END "
        "FROM source_shown WHERE review IS NULL OR n > 5"},
    {"bring photos to their reviews",
        "CREATE UNLOGGED TABLE source_pictures AS SELECT review, product_id, "
        "('[' || string_agg(photo, ',' ORDER BY n) || ']')::json AS photos FROM source_shown "
        "WHERE review IS NOT NULL AND n <= 5 GROUP BY review, product_id ORDER BY product_id; DROP TABLE source_shown"},
    {NULL, NULL},
};

// Segments read ranges of products: near each other on disk, unless the files were so already.
static const struct step ORDER[] = {
    {"take out rejected reviews", "DELETE FROM source_review WHERE rating IS NULL"},
    {"order the reviews by product",
        "CREATE INDEX source_review_product ON source_review (product_id); ANALYZE source_review; "
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_stats WHERE schemaname = current_schema AND tablename = 'source_review' "
        "AND attname = 'product_id' AND abs(correlation) < 0.95) THEN "
        "CLUSTER source_review USING source_review_product; END IF; END $$"},
    {"order ratings and photos by product",
        "CREATE UNLOGGED TABLE IF NOT EXISTS source_marks (review bigint, product_id integer, characteristics "
        "integer); "
        "CREATE UNLOGGED TABLE IF NOT EXISTS source_pictures (review bigint, product_id integer, photos json); "
        "CREATE INDEX ON source_marks (product_id); CREATE INDEX ON source_pictures (product_id); "
        "ANALYZE source_marks; ANALYZE source_pictures"},
    {NULL, NULL},
};

struct check {
    struct import *import;
    struct progress *progress;
    // What runs side by side.
    const struct step *sides[SIDE_MAX];
    struct session sessions[SIDE_MAX];
};

static void work(void *owner, uint32_t thread, uint32_t task) {
    struct check *check = owner;
    const struct step *step = check->sides[task];
    while (step->sql != NULL && session_run(&check->sessions[thread], step->action, "%s", step->sql)) {
        progress_add_step(check->progress, check->progress->total_records);
        step++;
    }
}

static void interrupt(void *owner) {
    struct check *check = owner;
    for (uint32_t i = 0; i < SIDE_MAX; i++) {
        session_cancel(&check->sessions[i]);
    }
}

static bool run(struct check *check, const struct step *one, const struct step *other) {
    check->sides[0] = one;
    check->sides[1] = other;
    uint32_t count = other == NULL ? 1 : SIDE_MAX;
    struct crew crew = {.failure = check->import->failure,
        .progress = check->progress,
        .owner = check,
        .work = work,
        .interrupt = interrupt,
        .thread_count = count,
        .task_count = count};
    crew_run(&crew);
    return !failure_stopped(check->import->failure);
}

static bool open_sessions(struct check *check, const char *session_settings) {
    for (uint32_t i = 0; i < SIDE_MAX; i++) {
        if (!session_open(
                &check->sessions[i], check->import->settings->dsn, session_settings, check->import->failure) ||
            !session_run(&check->sessions[i], "set up the connection", "SET work_mem = '64MB'")) {
            return false;
        }
    }
    return true;
}

uint32_t import_check_steps(const struct import *import) {
    uint32_t always = COUNT_OF(REVIEW_COUNTS) + COUNT_OF(ORDER) - 2;
    return always + (uint32_t)(import->family == FAMILY_ATELIER
                                   ? COUNT_OF(REVIEW_IDS) + COUNT_OF(RATINGS) + COUNT_OF(PHOTOS) - 3
                                   : COUNT_OF(VALUES) - 1);
}

bool import_check(struct import *import, const char *session_settings, struct progress *progress) {
    struct check check = {.import = import, .progress = progress};
    bool atelier = import->family == FAMILY_ATELIER;
    bool right = open_sessions(&check, session_settings) && (!atelier || run(&check, REVIEW_IDS, NULL)) &&
                 run(&check, REVIEW_COUNTS, NULL) &&
                 (atelier ? run(&check, RATINGS, PHOTOS) : run(&check, VALUES, NULL)) && run(&check, ORDER, NULL);
    for (uint32_t i = 0; i < SIDE_MAX; i++) {
        session_close(&check.sessions[i]);
    }
    return right;
}
