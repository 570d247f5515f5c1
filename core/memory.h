// Allocation that cannot fail: when memory is out, the process says so and aborts, because every bound on what a client
// can make it hold is checked before memory is asked for. Any thread.
#ifndef REVIEWD_CORE_MEMORY_H
#define REVIEWD_CORE_MEMORY_H

#include <stddef.h>

// Zeroed memory for `count` objects of `size` bytes; free() it.
void *memory_allocate(size_t count, size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));

// The same, beginning on a cache line, for objects with parts that must not share one.
void *memory_allocate_aligned(size_t count, size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));

// The same block with room for `size` bytes (not 0), moved if need be; what is new is not zeroed.
void *memory_resize(void *block, size_t size) __attribute__((returns_nonnull, warn_unused_result));

#endif
