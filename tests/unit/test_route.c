// Routes: from method, path and query to an operation with its numbers, or to the right refusal.
#include "proto/route.h"

#include "tests/unit/unit.h"

#include <stdio.h>

#define ALLOW(method) (1u << METHOD_##method)

static enum route_result find(enum http_method method, const char *path, const char *query, struct route_match *match) {
    return route_find(method, view_of(path), view_of(query), match);
}

// What a method and path are matched to when that is a FOUND.
static void check_found(
    enum http_method method, const char *path, enum operation operation, int32_t product_id, int64_t review_id) {
    struct route_match match;
    enum route_result result = find(method, path, "", &match);
    bool is_right = result == ROUTE_FOUND && match.operation == operation && match.key.product_id == product_id &&
                    match.key.review_id == review_id;
    CU_ASSERT(is_right);
    if (!is_right) {
        fprintf(stderr, "\n%s: result %d, product %d, review %lld: %s\n", path, result, match.key.product_id,
            (long long)match.key.review_id, match.detail);
    }
}

static void check_result(enum http_method method, const char *path, enum route_result expected) {
    struct route_match match;
    enum route_result result = find(method, path, "", &match);
    CU_ASSERT_EQUAL(result, expected);
    if (result != expected) {
        fprintf(stderr, "\n%s: result %d, expected %d\n", path, result, expected);
    }
}

// The path is refused, and the detail says this.
static void check_bad(enum http_method method, const char *path, const char *detail) {
    struct route_match match;
    CU_ASSERT_EQUAL(find(method, path, "", &match), ROUTE_BAD_PARAMETER);
    CU_ASSERT_STRING_EQUAL(match.detail, detail);
}

static void test_every_route(void) {
    check_found(METHOD_GET, "/reviews/777/list", OPERATION_REVIEW_LIST, 777, 0);
    check_found(METHOD_HEAD, "/reviews/777/list", OPERATION_REVIEW_LIST, 777, 0);
    check_found(METHOD_GET, "/reviews/777/meta", OPERATION_META_GET, 777, 0);
    check_found(METHOD_HEAD, "/reviews/777/meta", OPERATION_META_GET, 777, 0);
    check_found(METHOD_POST, "/reviews/777", OPERATION_REVIEW_ADD, 777, 0);
    check_found(METHOD_PUT, "/reviews/helpful/814743582", OPERATION_REVIEW_HELPFUL, 777, 814743582);
    check_found(METHOD_PUT, "/reviews/report/814743582", OPERATION_REVIEW_REPORT, 777, 814743582);
    check_found(METHOD_GET, "/reviews/777/814743582", OPERATION_REVIEW_GET, 777, 814743582);
    check_found(METHOD_HEAD, "/reviews/777/814743582", OPERATION_REVIEW_GET, 777, 814743582);
    // A review of another product is the database's to miss.
    check_found(METHOD_GET, "/reviews/778/814743582", OPERATION_REVIEW_GET, 778, 814743582);
}

static void test_numbers(void) {
    check_found(METHOD_GET, "/reviews/1/list", OPERATION_REVIEW_LIST, 1, 0);
    check_found(METHOD_GET, "/reviews/2147483647/list", OPERATION_REVIEW_LIST, PRODUCT_ID_MAX, 0);
    check_found(METHOD_GET, "/reviews/1/1", OPERATION_REVIEW_GET, 1, 1);
    check_found(METHOD_GET, "/reviews/1/9007199254740991", OPERATION_REVIEW_GET, 1, REVIEW_ID_MAX);
    // Votes: the id names the product, or none.
    check_found(METHOD_PUT, "/reviews/helpful/1048576", OPERATION_REVIEW_HELPFUL, 1, 1048576);
    check_found(METHOD_PUT, "/reviews/helpful/1048575", OPERATION_REVIEW_HELPFUL, 0, 1048575);
    check_found(METHOD_PUT, "/reviews/report/1", OPERATION_REVIEW_REPORT, 0, 1);
    check_found(
        METHOD_PUT, "/reviews/report/2251799813685247", OPERATION_REVIEW_REPORT, PRODUCT_ID_MAX, 2251799813685247);
    check_found(METHOD_PUT, "/reviews/report/2251799813685248", OPERATION_REVIEW_REPORT, 0, 2251799813685248);
    check_found(METHOD_PUT, "/reviews/report/9007199254740991", OPERATION_REVIEW_REPORT, 0, REVIEW_ID_MAX);
}

static const char product_detail[] =
    "product_id must be an integer from 1 to 2147483647, in decimal digits without sign or leading zeros.";
static const char review_detail[] =
    "review_id must be an integer from 1 to 9007199254740991, in decimal digits without sign or leading zeros.";

static void test_bad_numbers(void) {
    static const char *const products[] = {"0", "00", "007", "2147483648", "99999999999999999999999999", "-1", "+1",
        "1.0", "1e3", "abc", "0x10", "7 ", " 7", "%207", "7%00", "helpful", "18446744073709551617", "%C2%B2"};
    for (size_t i = 0; i < COUNT_OF(products); i++) {
        char path[100];
        snprintf(path, sizeof path, "/reviews/%s/meta", products[i]);
        if (strcmp(products[i], "helpful") != 0) {
            check_bad(METHOD_GET, path, product_detail);
        }
        snprintf(path, sizeof path, "/reviews/%s", products[i]);
        check_bad(METHOD_POST, path, product_detail);
    }
    static const char *const reviews[] = {
        "0", "01", "9007199254740992", "99999999999999999999999999", "-5", "+5", "5x"};
    for (size_t i = 0; i < COUNT_OF(reviews); i++) {
        char path[100];
        snprintf(path, sizeof path, "/reviews/5/%s", reviews[i]);
        check_bad(METHOD_GET, path, review_detail);
        snprintf(path, sizeof path, "/reviews/helpful/%s", reviews[i]);
        check_bad(METHOD_PUT, path, review_detail);
    }
    check_bad(METHOD_PUT, "/reviews/report/abc", review_detail);
    check_bad(METHOD_GET, "/reviews/abc/5", product_detail);
}

static void test_unknown_paths(void) {
    static const char *const paths[] = {"/", "/reviews", "/reviews/", "/reviews//list", "/reviews/5/",
        "/reviews/5/list/", "//reviews/5/list", "/reviews/5/list/1", "/reviews/5/5/5", "/review/5/list",
        "/Reviews/5/list", "/reviews/5/List", "/reviews/5/xyz", "/reviews/abc/xyz", "/reviews/5/lis",
        "/reviews/5/listing", "/reviews/5/li%2Fst", "/reviews/5/%", "*", "", "reviews/5/list", "/reviews/helpful/",
        "/reviews//5", "/reviews/./5/list", "/reviews/5/../5/list", "/%00", "/reviews/5/list%00"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        bool is_malformed = strcmp(paths[i], "/reviews/5/%") == 0;
        for (enum http_method method = METHOD_GET; method <= METHOD_OTHER; method++) {
            bool is_asterisk = method == METHOD_OPTIONS && strcmp(paths[i], "*") == 0;
            enum route_result expected = is_asterisk    ? ROUTE_OPTIONS
                                         : is_malformed ? ROUTE_BAD_PARAMETER
                                                        : ROUTE_UNKNOWN_PATH;
            check_result(method, paths[i], expected);
        }
    }
}

static void test_methods(void) {
    static const struct {
        const char *path;
        uint32_t allow;
    } resources[] = {
        {"/reviews/5/list", ALLOW(GET) | ALLOW(HEAD) | ALLOW(OPTIONS)},
        {"/reviews/5/meta", ALLOW(GET) | ALLOW(HEAD) | ALLOW(OPTIONS)},
        {"/reviews/5/6", ALLOW(GET) | ALLOW(HEAD) | ALLOW(OPTIONS)},
        {"/reviews/5", ALLOW(POST) | ALLOW(OPTIONS)},
        {"/reviews/helpful/5", ALLOW(PUT) | ALLOW(OPTIONS)},
        {"/reviews/report/5", ALLOW(PUT) | ALLOW(OPTIONS)},
        {"/reviews/helpful/list", ALLOW(PUT) | ALLOW(OPTIONS)}, // the first literal is preferred
        {"/reviews/helpful", ALLOW(POST) | ALLOW(OPTIONS)},
    };
    for (size_t i = 0; i < COUNT_OF(resources); i++) {
        for (enum http_method method = METHOD_GET; method <= METHOD_OTHER; method++) {
            struct route_match match;
            enum route_result result = find(method, resources[i].path, "count=wrong", &match);
            if (method == METHOD_OPTIONS) {
                CU_ASSERT_EQUAL(result, ROUTE_OPTIONS);
                CU_ASSERT_EQUAL(match.allow, resources[i].allow);
            } else if ((resources[i].allow & 1u << method) == 0 || method == METHOD_OTHER) {
                CU_ASSERT_EQUAL(result, ROUTE_METHOD_NOT_ALLOWED);
                CU_ASSERT_EQUAL(match.allow, resources[i].allow);
            } else {
                CU_ASSERT(result == ROUTE_FOUND || result == ROUTE_BAD_PARAMETER);
            }
        }
    }
    struct route_match match;
    CU_ASSERT_EQUAL(find(METHOD_OPTIONS, "*", "", &match), ROUTE_OPTIONS);
    CU_ASSERT_EQUAL(match.allow, ALLOW(GET) | ALLOW(HEAD) | ALLOW(POST) | ALLOW(PUT) | ALLOW(OPTIONS));
}

static void test_escapes(void) {
    check_found(METHOD_GET, "/reviews/%37%37%37/list", OPERATION_REVIEW_LIST, 777, 0);
    check_found(METHOD_GET, "/%72evie%77s/5/%6C%69%73%74", OPERATION_REVIEW_LIST, 5, 0);
    check_found(METHOD_PUT, "/reviews/h%65lpful/1048577", OPERATION_REVIEW_HELPFUL, 1, 1048577);
    check_found(METHOD_GET, "/reviews/5/%36", OPERATION_REVIEW_GET, 5, 6);
    // Decoded once, not twice; an encoded slash is no separator.
    check_result(METHOD_GET, "/reviews/5/%256c%2569st", ROUTE_UNKNOWN_PATH);
    check_result(METHOD_GET, "/reviews%2F5/list", ROUTE_UNKNOWN_PATH);
    static const char *const malformed[] = {"/reviews/%/list", "/reviews/%5/list", "/reviews/5/lis%7",
        "/reviews/5/list%", "/reviews/%g5/list", "/reviews/%5g/list", "/%%35", "/anything%2"};
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        check_bad(METHOD_GET, malformed[i], "The path has a percent sign without two hexadecimal digits behind it.");
    }
}

static void check_list(const char *query, int32_t count, int32_t page, enum review_sort sort) {
    struct route_match match;
    enum route_result result = find(METHOD_GET, "/reviews/5/list", query, &match);
    bool is_right = result == ROUTE_FOUND && match.list.product_id == 5 && match.list.count == count &&
                    match.list.page == page && match.list.sort == sort;
    CU_ASSERT(is_right);
    if (!is_right) {
        fprintf(stderr, "\n%s: result %d, count %d, page %d, sort %u: %s\n", query, result, match.list.count,
            match.list.page, match.list.sort, match.detail);
    }
}

static void test_queries(void) {
    check_list("", 5, 0, SORT_RELEVANT);
    check_list("count=1", 1, 0, SORT_RELEVANT);
    check_list("count=100", 100, 0, SORT_RELEVANT);
    check_list("page=0", 5, 0, SORT_RELEVANT);
    check_list("page=1999", 5, 1999, SORT_RELEVANT);
    check_list("count=100&page=99", 100, 99, SORT_RELEVANT);
    check_list("page=9999&count=1", 1, 9999, SORT_RELEVANT);
    check_list("sort=relevant", 5, 0, SORT_RELEVANT);
    check_list("sort=newest", 5, 0, SORT_NEWEST);
    check_list("sort=helpfulness", 5, 0, SORT_HELPFUL);
    check_list("sort=helpful", 5, 0, SORT_HELPFUL);
    check_list("page=2&count=10&sort=newest", 10, 2, SORT_NEWEST);
    // Unknown parameters, with and without a value, and empty pieces.
    check_list("page=1&count=10&relevance", 10, 1, SORT_RELEVANT);
    check_list("&&count=10&&relevance&=&=5&x=1&x=2&Count=7&&", 10, 0, SORT_RELEVANT);
    check_list("x=%&y%=1&count=2&%zz", 2, 0, SORT_RELEVANT);
    check_list("sort=newest&utm=a+b%20c&page=1", 5, 1, SORT_NEWEST);
    // Percent-encoding, in names too.
    check_list("c%6Funt=%31%30&sort=n%65west", 10, 0, SORT_NEWEST);
}

static void test_bad_queries(void) {
    static const char count[] = "count must be an integer from 1 to 100.";
    static const char page[] = "page must be an integer from 0 to 9999.";
    static const char sort[] = "sort must be relevant, newest or helpfulness (or helpful, which is the same).";
    static const char reach[] = "page reaches too far: (page + 1) * count must be at most 10000.";
    static const struct {
        const char *query;
        const char *detail;
    } wrong[] = {
        {"count=0", count},
        {"count=101", count},
        {"count=-1", count},
        {"count=", count},
        {"count", count},
        {"count=abc", count},
        {"count=5.0", count},
        {"count=+5", count},
        {"count=5+", count},
        {"count=%205", count},
        {"count=%", count},
        {"count=5%00", count},
        {"count=99999999999999999999", count},
        {"count=05", count},
        {"count=5=5", count},
        {"page=", page},
        {"page=-1", page},
        {"page=10000", page},
        {"page=1e2", page},
        {"page=4294967296", page},
        {"page=18446744073709551616", page},
        {"sort=", sort},
        {"sort", sort},
        {"sort=Newest", sort},
        {"sort=newest+", sort},
        {"sort=news", sort},
        {"sort=newest1", sort},
        {"sort=%n", sort},
        {"page=2000", reach},
        {"count=100&page=100", reach},
        {"page=9999&count=2", reach},
        {"page=9999", reach},
        {"count=5&count=5", "count is given twice."},
        {"page=1&x&page=2", "page is given twice."},
        {"sort=newest&s%6Frt=newest", "sort is given twice."},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct route_match match;
        CU_ASSERT_EQUAL(find(METHOD_GET, "/reviews/5/list", wrong[i].query, &match), ROUTE_BAD_PARAMETER);
        CU_ASSERT_STRING_EQUAL(match.detail, wrong[i].detail);
        if (strcmp(match.detail, wrong[i].detail) != 0) {
            fprintf(stderr, "\n%s: %s\n", wrong[i].query, match.detail);
        }
        // Only lists have a query.
        CU_ASSERT_EQUAL(find(METHOD_GET, "/reviews/5/meta", wrong[i].query, &match), ROUTE_FOUND);
    }
}

// The placeholders of the table are the two that there is a rule for.
static void test_placeholders(void) {
    static const char *const patterns[] = {
#define ROUTE(method, pattern, operation) pattern,
#include "proto/route.def"
#undef ROUTE
    };
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        for (const char *brace = strchr(patterns[i], '{'); brace != NULL; brace = strchr(brace + 1, '{')) {
            CU_ASSERT(strncmp(brace, "{product_id}", 12) == 0 || strncmp(brace, "{review_id}", 11) == 0);
        }
    }
}

int main(void) {
    CU_TestInfo tests[] = {
        {"every route", test_every_route},
        {"numbers at their limits", test_numbers},
        {"bad numbers", test_bad_numbers},
        {"unknown paths", test_unknown_paths},
        {"methods and Allow", test_methods},
        {"percent-encoded paths", test_escapes},
        {"queries of a list", test_queries},
        {"bad queries", test_bad_queries},
        {"placeholders of the table", test_placeholders},
        CU_TEST_INFO_NULL,
    };
    return unit_run("routes", tests);
}
