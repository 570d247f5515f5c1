// The stored page of a product: each list that it covers is what the reviews themselves would give, and no bytes that are not
// a page are taken for one.
#include "pg/product_page.h"

#include "proto/reply_json.h"
#include "tests/unit/random.h"
#include "tests/unit/sample_review.h"
#include "tests/unit/unit.h"

enum {
    COUNT_MAX = PRODUCT_PAGE_REVIEWS + 2,
    HEAD_BYTES = 4 * (1 + PRODUCT_PAGE_REVIEWS)
};

static struct review review_of(int number) {
    struct review review = sample_review();
    review.review_id = number + 1;
    return review;
}

static void make_page(struct buffer *page, int count) {
    product_page_begin(page);
    for (int i = 0; i < count; i++) {
        struct review review = review_of(i);
        product_page_add(page, &review);
    }
}

// What the reviews themselves give.
static void make_list(struct buffer *out, int count, const struct list_request *list) {
    out->length = 0;
    int first = list->page * list->count;
    for (int i = first; i < first + list->count && i < count; i++) {
        struct review review = review_of(i);
        reply_json_list_add(out, &review, i == first);
    }
}

static void test_each_list_that_it_covers(void) {
    struct buffer page = {0};
    struct buffer expected = {0};
    int lists = 0;
    for (int count = 0; count <= COUNT_MAX; count++) {
        make_page(&page, count);
        for (int each = 1; each <= PRODUCT_PAGE_REVIEWS; each++) {
            for (int number = 0; (number + 1) * each <= PRODUCT_PAGE_REVIEWS; number++) {
                struct list_request list = {.product_id = 1, .page = number, .count = each, .sort = SORT_RELEVANT};
                struct view reviews;
                CU_ASSERT_TRUE(product_page_covers(&list));
                CU_ASSERT_TRUE_FATAL(product_page_read(buffer_view(&page), &list, &reviews));
                make_list(&expected, count, &list);
                CU_ASSERT_TRUE(view_equal(reviews, buffer_view(&expected)));
                lists++;
            }
        }
    }
    CU_ASSERT_TRUE(lists > 300);
    buffer_free(&page);
    buffer_free(&expected);
}

static void test_what_it_does_not_cover(void) {
    CU_ASSERT_FALSE(product_page_covers(&(struct list_request){.count = 11}));
    CU_ASSERT_FALSE(product_page_covers(&(struct list_request){.count = 5, .page = 2}));
    CU_ASSERT_FALSE(product_page_covers(&(struct list_request){.count = 100, .page = 99}));
    CU_ASSERT_FALSE(product_page_covers(&(struct list_request){.count = 5, .sort = SORT_NEWEST}));
    CU_ASSERT_FALSE(product_page_covers(&(struct list_request){.count = 5, .sort = SORT_HELPFUL}));
}

// Reads all lists; each must lie within the page.
static void read_all(struct view page) {
    for (int each = 1; each <= PRODUCT_PAGE_REVIEWS; each++) {
        for (int number = 0; (number + 1) * each <= PRODUCT_PAGE_REVIEWS; number++) {
            struct view reviews;
            struct list_request list = {.product_id = 1, .page = number, .count = each};
            if (product_page_read(page, &list, &reviews)) {
                CU_ASSERT_TRUE(reviews.data >= page.data && reviews.length <= page.length);
                CU_ASSERT_TRUE(reviews.data + reviews.length <= page.data + page.length);
            }
        }
    }
}

static void test_damaged_pages(void) {
    struct buffer page = {0};
    struct view reviews;
    const struct list_request list = {.product_id = 1, .count = 5};
    make_page(&page, PRODUCT_PAGE_REVIEWS);
    size_t whole = page.length;
    for (size_t length = 0; length < whole; length++) {
        CU_ASSERT_FALSE(product_page_read((struct view){page.data, length}, &list, &reviews));
    }
    uint64_t random = 1;
    for (int round = 0; round < 20000; round++) {
        make_page(&page, round % (PRODUCT_PAGE_REVIEWS + 1));
        for (size_t flips = 1 + random_below(&random, 3); flips > 0; flips--) {
            random_fill(&random, page.data + random_below(&random, HEAD_BYTES), 1);
        }
        read_all(buffer_view(&page));
    }
    buffer_free(&page);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"each list that it covers", test_each_list_that_it_covers},
        {"what it does not cover", test_what_it_does_not_cover},
        {"damaged pages", test_damaged_pages},
        CU_TEST_INFO_NULL,
    };
    return unit_run("product_page", tests);
}
