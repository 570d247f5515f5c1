#include "core/memory.h"

#include "core/base.h"

#include <stdio.h>
#include <stdlib.h>

static void *checked(void *block, size_t size) {
    if (block == NULL) {
        fprintf(stderr, "reviewd: out of memory (%zu bytes asked for)\n", size);
        abort();
    }
    return block;
}

void *memory_allocate(size_t count, size_t size) {
    return checked(calloc(count, size), count * size);
}

void *memory_allocate_aligned(size_t count, size_t size) {
    size_t bytes = (count * size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    void *block = checked(aligned_alloc(CACHE_LINE, bytes), bytes);
    memset(block, 0, bytes);
    return block;
}

void *memory_resize(void *block, size_t size) {
    return checked(realloc(block, size), size);
}
