// From method, path and query to an operation with its numbers: the table of route.def.
#ifndef REVIEWD_PROTO_ROUTE_H
#define REVIEWD_PROTO_ROUTE_H

#include "core/base.h"
#include "proto/http_method.h"
#include "proto/operation.h"
#include "proto/request.h"

enum route_result {
    ROUTE_FOUND,
    ROUTE_UNKNOWN_PATH,       // 404
    ROUTE_METHOD_NOT_ALLOWED, // 405: `allow` holds the methods that the path has
    ROUTE_OPTIONS,            // an OPTIONS request: `allow` likewise (all methods for "*")
    ROUTE_BAD_PARAMETER       // 400: `detail` says which and what it takes
};

struct route_match {
    enum operation operation;
    // The numbers of the path. For votes and reports product_id is what the review_id says, or 0 if that can be no product's:
    // then there is no such review, which is the caller's to answer (404).
    struct key_request key;
    struct list_request list; // REVIEW_LIST: with the numbers of the query
    uint32_t allow;           // bits of 1 << enum http_method
    char detail[192];
};

// Matches method, path (percent-encoded; every part is decoded once) and query (without the question mark). A literal part is
// preferred to a number. A bad number in a path that has a route's shape is a bad parameter, and 0 and leading zeros are bad;
// but where the table has names for a last part, one that does not begin like a number is an unknown path. `detail` never
// holds bytes of the client's.
MUST_CHECK enum route_result route_find(
    enum http_method method, struct view path, struct view query, struct route_match *match);

#endif
