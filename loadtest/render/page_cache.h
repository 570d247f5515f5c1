// Lists that are kept in memory: rendered pages by what was asked, each with the version of its product.
//
// It does not know whether a page is still true: its user asks PostgreSQL for the product's version first (loadtest/render/reading.c).
// What is kept is bounded in bytes; the pages that were not used for the longest time make room. A page is worth keeping only
// if it is asked for again, so it is admitted when its key was met not long ago (a doorkeeper, as in G. Einziger and others,
// "TinyLFU: A Highly Efficient Cache Admission Policy", 2017, here a table of the latest key a slot).
//
// One thread.
#ifndef REVIEWD_LOADTEST_RENDER_PAGE_CACHE_H
#define REVIEWD_LOADTEST_RENDER_PAGE_CACHE_H

#include "core/base.h"

struct page_cache;

struct page {
    int64_t version;  // of the product, read before the page was
    uint64_t read_ns; // when that was (clock_now_ns)
    struct view body; // JSON; valid until the cache is changed
};

// An empty cache for so many bytes, bookkeeping included; null when that is too little for any page.
struct page_cache *page_cache_new(size_t bytes);
void page_cache_free(struct page_cache *cache);

// Finds the page of a key and makes it the latest used. Returns whether there is one.
bool page_cache_find(struct page_cache *cache, uint64_t key, struct page *page);

// Notes that the key is asked for. Returns whether it was met not long ago, so that its page is worth keeping.
bool page_cache_admits(struct page_cache *cache, uint64_t key);

// Keeps a copy of the page, in place of one with this key. A page larger than an eighth of the cache is not kept.
void page_cache_put(struct page_cache *cache, uint64_t key, const struct page *page);

// Forgets the page of a key, if there is one; or all pages.
void page_cache_remove(struct page_cache *cache, uint64_t key);
void page_cache_clear(struct page_cache *cache);

// Pages and their bytes.
size_t page_cache_count(const struct page_cache *cache);
size_t page_cache_bytes(const struct page_cache *cache);

#endif
