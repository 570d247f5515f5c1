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
    struct key_request key;   // the numbers of the path; key.product_id is set for votes and reports too
    struct list_request list; // REVIEW_LIST: with the numbers of the query
    uint32_t allow;           // bits of 1 << enum http_method
    char detail[192];
};

MUST_CHECK enum route_result route_find(enum http_method method, struct view path, struct view query, struct route_match *match);

#endif
