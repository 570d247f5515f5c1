// The lists that a DB actor keeps: a page is found as it was put, the least used makes room, the bound holds.
#include "actors/page_cache.h"

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

enum {
    CACHE_BYTES = 256 * 1024,
    PAGE_BYTES = 4000
};

// A body that its key and length tell.
static struct page page_for(uint64_t key, size_t length, char *storage) {
    memset(storage, (int)('a' + key % 26), length);
    return (struct page){.version = (int64_t)key * 3, .read_ns = key + 7, .body = {storage, length}};
}

static bool is_as_put(const struct page *page, uint64_t key, size_t length) {
    char storage[PAGE_BYTES * 2];
    struct page expected = page_for(key, length, storage);
    return page->version == expected.version && page->read_ns == expected.read_ns &&
           view_equal(page->body, expected.body);
}

static void put(struct page_cache *cache, uint64_t key, size_t length) {
    char storage[PAGE_BYTES * 16];
    struct page page = page_for(key, length, storage);
    page_cache_put(cache, key, &page);
}

static void test_put_and_find(void) {
    struct page_cache *cache = page_cache_new(CACHE_BYTES);
    struct page page;
    CU_ASSERT_FALSE(page_cache_find(cache, 5, &page));
    put(cache, 5, 100);
    put(cache, 6, 0);
    CU_ASSERT_FATAL(page_cache_find(cache, 5, &page));
    CU_ASSERT(is_as_put(&page, 5, 100));
    CU_ASSERT_FATAL(page_cache_find(cache, 6, &page));
    CU_ASSERT_EQUAL(page.body.length, 0);
    put(cache, 5, 200); // in place of the first
    CU_ASSERT_EQUAL(page_cache_count(cache), 2);
    CU_ASSERT_FATAL(page_cache_find(cache, 5, &page));
    CU_ASSERT(is_as_put(&page, 5, 200));
    page_cache_remove(cache, 5);
    page_cache_remove(cache, 5);
    CU_ASSERT_FALSE(page_cache_find(cache, 5, &page));
    page_cache_clear(cache);
    CU_ASSERT_EQUAL(page_cache_count(cache), 0);
    CU_ASSERT_EQUAL(page_cache_bytes(cache), 0);
    page_cache_free(cache);
}

static void test_the_least_used_makes_room(void) {
    struct page_cache *cache = page_cache_new(CACHE_BYTES);
    struct page page;
    for (uint64_t key = 0; key < 1000; key++) {
        put(cache, key, PAGE_BYTES);
        CU_ASSERT(page_cache_find(cache, 0, &page)); // used all the time
        CU_ASSERT(page_cache_bytes(cache) <= CACHE_BYTES);
    }
    CU_ASSERT(page_cache_count(cache) > CACHE_BYTES / PAGE_BYTES / 2);
    CU_ASSERT_FALSE(page_cache_find(cache, 1, &page));
    CU_ASSERT(page_cache_find(cache, 999, &page));
    page_cache_free(cache);
}

static void test_a_huge_page_is_not_kept(void) {
    struct page_cache *cache = page_cache_new(CACHE_BYTES);
    struct page page;
    put(cache, 1, 100);
    put(cache, 1, PAGE_BYTES * 16);
    CU_ASSERT_FALSE(page_cache_find(cache, 1, &page)); // nor is the one that it would have replaced
    page_cache_free(cache);
    CU_ASSERT_PTR_NULL(page_cache_new(0));
    CU_ASSERT_PTR_NULL(page_cache_new(1000));
    page_cache_free(NULL);
}

static void test_a_key_is_admitted_when_it_comes_again(void) {
    struct page_cache *cache = page_cache_new(CACHE_BYTES);
    CU_ASSERT_FALSE(page_cache_admits(cache, 77));
    CU_ASSERT(page_cache_admits(cache, 77));
    unsigned admitted = 0;
    for (uint64_t key = 1000; key < 101000; key++) { // a crowd of keys that come once
        admitted += page_cache_admits(cache, key);
    }
    CU_ASSERT_EQUAL(admitted, 0);
    CU_ASSERT_FALSE(page_cache_admits(cache, 77)); // long ago
    page_cache_free(cache);
}

// Against a model that remembers everything: what is found is what was put last.
static void test_random_use(void) {
    enum {
        KEYS = 300,
        ROUNDS = 200000
    };
    struct page_cache *cache = page_cache_new(CACHE_BYTES);
    size_t lengths[KEYS] = {0};
    bool was_put[KEYS] = {false};
    uint64_t random = 4;
    unsigned wrong = 0;
    unsigned found = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t key = random_below(&random, KEYS);
        struct page page;
        switch (random_below(&random, 8)) {
        case 0:
            lengths[key] = random_below(&random, PAGE_BYTES * 2);
            put(cache, key, lengths[key]);
            was_put[key] = true;
            break;
        case 1:
            page_cache_remove(cache, key);
            was_put[key] = false;
            break;
        default:
            if (page_cache_find(cache, key, &page)) {
                found++;
                wrong += !was_put[key] || !is_as_put(&page, key, lengths[key]);
            }
        }
        wrong += page_cache_bytes(cache) > CACHE_BYTES;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(found > ROUNDS / 20);
    page_cache_free(cache);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"put and find", test_put_and_find},
        {"the least used makes room", test_the_least_used_makes_room},
        {"a huge page is not kept", test_a_huge_page_is_not_kept},
        {"a key is admitted when it comes again", test_a_key_is_admitted_when_it_comes_again},
        {"random use", test_random_use},
        CU_TEST_INFO_NULL,
    };
    return unit_run("page_cache", tests);
}
