#include "pg/segment_map.h"

#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char SEGMENT_MAP_QUERY[] = "SELECT leaf, first_product, end_product, reviews FROM segment ORDER BY first_product";

// The number of a leaf, a new one for a new name; NO_LEAF when there are too many.
static int number_of(struct segment_map *map, const char *name) {
    for (int i = 0; i < map->leaf_count; i++) {
        if (strcmp(map->leaf_names[i], name) == 0) {
            return i;
        }
    }
    if (map->leaf_count == LEAVES_MAX || strlen(name) >= LEAF_NAME_BYTES) {
        return NO_LEAF;
    }
    map->leaf_names = memory_resize(map->leaf_names, (size_t)(map->leaf_count + 1) * LEAF_NAME_BYTES);
    memcpy(map->leaf_names[map->leaf_count], name, strlen(name) + 1);
    return map->leaf_count++;
}

static bool read_segment(struct segment_map *map, const PGresult *result, int row, struct segment *segment) {
    segment->leaf = number_of(map, PQgetvalue(result, row, 0));
    segment->first_product = strtoimax(PQgetvalue(result, row, 1), NULL, 10);
    segment->end_product = strtoimax(PQgetvalue(result, row, 2), NULL, 10);
    // A segment that was dropped meanwhile has null, an empty text, for its range.
    return segment->leaf != NO_LEAF && segment->first_product < segment->end_product;
}

bool segment_map_load(struct segment_map *map, const PGresult *result) {
    int rows = PQntuples(result);
    if (rows < 1 || PQnfields(result) != 4) {
        return false;
    }
    struct segment *segments = memory_allocate((size_t)rows, sizeof *segments);
    int64_t *reviews = memory_allocate((size_t)rows, sizeof *reviews);
    for (int row = 0; row < rows; row++) {
        if (!read_segment(map, result, row, &segments[row]) ||
            (row > 0 && segments[row].first_product < segments[row - 1].end_product)) {
            free(segments);
            free(reviews);
            return false;
        }
        reviews[row] = strtoimax(PQgetvalue(result, row, 3), NULL, 10);
    }
    bool same =
        map->segment_count == (size_t)rows && memcmp(map->segments, segments, (size_t)rows * sizeof *segments) == 0;
    free(map->segments);
    free(map->reviews);
    map->segments = segments;
    map->reviews = reviews;
    map->segment_count = (size_t)rows;
    map->version += !same;
    return true;
}

int segment_map_find(const struct segment_map *map, int32_t product_id) {
    size_t low = 0;
    size_t high = map->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->segments[middle].end_product <= product_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < map->segment_count && map->segments[low].first_product <= product_id) {
        return map->segments[low].leaf;
    }
    return NO_LEAF;
}

void segment_map_free(struct segment_map *map) {
    free(map->segments);
    free(map->reviews);
    free(map->leaf_names);
    *map = (struct segment_map){0};
}
