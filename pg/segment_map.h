// Which segment (leaf table) holds a product: the view `segment` of the database, sorted for look-up.
//
// A leaf keeps its number for the life of the map, whatever changes around it, so that what was prepared or queued for a
// leaf stays right when segments are added or split.
#ifndef REVIEWD_PG_SEGMENT_MAP_H
#define REVIEWD_PG_SEGMENT_MAP_H

#include "core/base.h"

#include <libpq-fe.h>

enum {
    LEAF_NAME_BYTES = 64, // of an identifier in PostgreSQL, with its terminator
    LEAVES_MAX = 4096,
    NO_LEAF = -1
};

struct segment {
    int64_t first_product;
    int64_t end_product; // exclusive
    int leaf;
};

// A segment is meant for a million reviews; with so many it is over-full, and should be split.
#define SEGMENT_OVERFULL_REVIEWS INT64_C(1200000)

// All zero is a map that knows nothing.
struct segment_map {
    struct segment *segments; // by first_product
    int64_t *reviews;         // of each, as the statistics know
    size_t segment_count;
    char (*leaf_names)[LEAF_NAME_BYTES]; // by leaf number
    int leaf_count;
    unsigned version; // counts the changes
};

// The query that segment_map_load takes the result of (text format).
extern const char SEGMENT_MAP_QUERY[];

// Takes over the segments of the result. Returns whether it is usable: at least one segment, each with a range, none
// overlapping; otherwise the map is as before.
MUST_CHECK bool segment_map_load(struct segment_map *map, const PGresult *result);

// The leaf that holds a product, or NO_LEAF.
int segment_map_find(const struct segment_map *map, int32_t product_id);

void segment_map_free(struct segment_map *map);

#endif
