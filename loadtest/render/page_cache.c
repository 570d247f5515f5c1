#include "loadtest/render/page_cache.h"

#include "core/memory.h"

#include <stdlib.h>
#include <sys/queue.h>

enum {
    // What a page takes, roughly, for the sizes of the tables: ten reviews.
    TYPICAL_PAGE_BYTES = 4096,
    // What malloc adds to an allocation.
    ALLOCATION_BYTES = 16,
    LARGEST_SHARE = 8 // of the cache, for one page
};

struct entry {
    struct entry *next; // of the bucket
    TAILQ_ENTRY(entry) by_use;
    uint64_t key;
    int64_t version;
    uint64_t read_ns;
    size_t length;
    char body[];
};

TAILQ_HEAD(entry_list, entry);

struct page_cache {
    size_t bytes_most;
    size_t bytes;
    size_t count;
    struct entry_list entries; // the latest used first
    struct entry **buckets;
    uint64_t *met;    // the doorkeeper: the latest key of each slot
    size_t slot_mask; // of both tables, whose sizes are one power of two
};

// The finalizer of MurmurHash3 (A. Appleby): all bits of a key reach the low ones.
static size_t slot_of(const struct page_cache *cache, uint64_t key) {
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53ULL;
    key ^= key >> 33;
    return (size_t)key & cache->slot_mask;
}

static size_t bytes_of(size_t length) {
    return sizeof(struct entry) + length + ALLOCATION_BYTES;
}

struct page_cache *page_cache_new(size_t bytes) {
    if (bytes < TYPICAL_PAGE_BYTES * LARGEST_SHARE) {
        return NULL;
    }
    struct page_cache *cache = memory_allocate(1, sizeof *cache);
    size_t slots = 1;
    while (slots < bytes / TYPICAL_PAGE_BYTES) {
        slots *= 2;
    }
    cache->bytes_most = bytes;
    cache->slot_mask = slots - 1;
    cache->buckets = memory_allocate(slots, sizeof(struct entry *));
    cache->met = memory_allocate(slots, sizeof *cache->met);
    TAILQ_INIT(&cache->entries);
    return cache;
}

void page_cache_free(struct page_cache *cache) {
    if (cache != NULL) {
        page_cache_clear(cache);
        free(cache->buckets);
        free(cache->met);
        free(cache);
    }
}

static struct entry *entry_of(const struct page_cache *cache, uint64_t key) {
    struct entry *entry = cache->buckets[slot_of(cache, key)];
    while (entry != NULL && entry->key != key) {
        entry = entry->next;
    }
    return entry;
}

static void remove_entry(struct page_cache *cache, struct entry *entry) {
    struct entry **place = &cache->buckets[slot_of(cache, entry->key)];
    while (*place != NULL && *place != entry) {
        place = &(*place)->next;
    }
    if (*place != NULL) {
        *place = entry->next;
    }
    TAILQ_REMOVE(&cache->entries, entry, by_use);
    cache->bytes -= bytes_of(entry->length);
    cache->count--;
    free(entry);
}

bool page_cache_find(struct page_cache *cache, uint64_t key, struct page *page) {
    struct entry *entry = entry_of(cache, key);
    if (entry == NULL) {
        return false;
    }
    TAILQ_REMOVE(&cache->entries, entry, by_use);
    TAILQ_INSERT_HEAD(&cache->entries, entry, by_use);
    *page = (struct page){entry->version, entry->read_ns, {entry->body, entry->length}};
    return true;
}

bool page_cache_admits(struct page_cache *cache, uint64_t key) {
    uint64_t *met = &cache->met[slot_of(cache, key)];
    bool was_met = *met == key;
    *met = key;
    return was_met;
}

void page_cache_put(struct page_cache *cache, uint64_t key, const struct page *page) {
    page_cache_remove(cache, key);
    size_t bytes = bytes_of(page->body.length);
    if (bytes > cache->bytes_most / LARGEST_SHARE) {
        return;
    }
    while (cache->bytes + bytes > cache->bytes_most) {
        remove_entry(cache, TAILQ_LAST(&cache->entries, entry_list)); // NOLINT(clang-analyzer-unix.Malloc)
    }
    struct entry *entry = memory_resize(NULL, sizeof *entry + page->body.length);
    entry->key = key;
    entry->version = page->version;
    entry->read_ns = page->read_ns;
    entry->length = page->body.length;
    memcpy(entry->body, page->body.data, page->body.length);
    struct entry **bucket = &cache->buckets[slot_of(cache, key)];
    entry->next = *bucket;
    *bucket = entry;
    TAILQ_INSERT_HEAD(&cache->entries, entry, by_use);
    cache->bytes += bytes;
    cache->count++;
}

void page_cache_remove(struct page_cache *cache, uint64_t key) {
    struct entry *entry = entry_of(cache, key);
    if (entry != NULL) {
        remove_entry(cache, entry);
    }
}

void page_cache_clear(struct page_cache *cache) {
    struct entry *next;
    for (struct entry *entry = TAILQ_FIRST(&cache->entries); entry != NULL; entry = next) {
        next = TAILQ_NEXT(entry, by_use);
        free(entry);
    }
    TAILQ_INIT(&cache->entries);
    memset(cache->buckets, 0, (cache->slot_mask + 1) * sizeof(struct entry *));
    cache->bytes = 0;
    cache->count = 0;
}

size_t page_cache_count(const struct page_cache *cache) {
    return cache->count;
}

size_t page_cache_bytes(const struct page_cache *cache) {
    return cache->bytes;
}
