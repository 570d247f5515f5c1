// The query of a list request: count, page and sort.
#ifndef REVIEWD_PROTO_QUERY_H
#define REVIEWD_PROTO_QUERY_H

#include "core/base.h"
#include "proto/request.h"

enum {
    LIST_COUNT_DEFAULT = 5,
    LIST_COUNT_MAX = 100,
    LIST_REACH_MAX = 10000 // (page + 1) * count
};

// Sets count, page and sort of *list, with defaults for what the query leaves out. Other parameters are ignored. False if one
// is wrong or given twice: `detail` says which and what it takes, in a sentence without bytes of the client's.
MUST_CHECK bool query_read_list(struct view query, struct list_request *list, char *detail, size_t detail_size);

#endif
