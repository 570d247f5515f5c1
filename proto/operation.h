// The operations of operation.def as an enum, and their labels.
#ifndef REVIEWD_PROTO_OPERATION_H
#define REVIEWD_PROTO_OPERATION_H

#include "core/base.h"

enum operation {
#define REQUEST(name, label) OPERATION_##name,
#define CONTROL(name)
#include "proto/operation.def"
#undef REQUEST
#undef CONTROL
    REQUEST_OPERATION_COUNT,
    OPERATION_CONTROL_BASE = REQUEST_OPERATION_COUNT - 1,
#define REQUEST(name, label)
#define CONTROL(name) OPERATION_##name,
#include "proto/operation.def"
#undef REQUEST
#undef CONTROL
    OPERATION_COUNT
};

// Bits of message.flags in requests and replies.
enum message_flag {
    MESSAGE_HEAD = 1,          // the request was HEAD: send no body
    MESSAGE_CLOSE = 2,         // the connection closes after this reply
    MESSAGE_KEEP_ALIVE_10 = 4, // HTTP/1.0 client that asked to keep the connection
    MESSAGE_TIMING = 8,        // the client asked for Server-Timing
};

// The label of a request operation, as in metrics: "list".
const char *operation_label(enum operation operation);

#endif
