// The payloads of request messages, acceptor to DB actor: struct to msgpack and back. Unpacking survives any bytes and
// returns false for whatever was not packed here; views point into the payload.
#ifndef REVIEWD_PROTO_REQUEST_H
#define REVIEWD_PROTO_REQUEST_H

#include "core/message.h"
#include "proto/review.h"

// OPERATION_REVIEW_LIST
struct list_request {
    int32_t product_id;
    int32_t count;
    int32_t page;
    enum review_sort sort;
};

// OPERATION_META_GET (review_id 0), OPERATION_REVIEW_GET, OPERATION_REVIEW_HELPFUL, OPERATION_REVIEW_REPORT
struct key_request {
    int32_t product_id;
    int64_t review_id;
};

// OPERATION_REVIEW_ADD: validated fields.
struct add_request {
    int32_t product_id;
    int32_t rating;
    int32_t characteristics; // packed, see review.h
    bool recommend;
    int64_t created_ms; // since 1970
    struct view summary;
    struct view body;
    struct view reviewer_name;
    struct view email;
    struct view photos; // JSON text as the reply will show it, or absent
};

void request_pack_list(struct message **message, const struct list_request *request);
void request_pack_key(struct message **message, const struct key_request *request);
void request_pack_add(struct message **message, const struct add_request *request);

MUST_CHECK bool request_unpack_list(struct view payload, struct list_request *request);
MUST_CHECK bool request_unpack_key(struct view payload, struct key_request *request);
MUST_CHECK bool request_unpack_add(struct view payload, struct add_request *request);

#endif
