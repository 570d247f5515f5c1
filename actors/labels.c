#include "actors/labels.h"

#include "pg/connection.h"
#include "proto/operation.h"

#include <stdio.h>

void labels_write(enum metric metric, unsigned cell, char *out, size_t room) {
    static const char *const shed_reasons[SHED_REASON_COUNT] = {"mailbox", "queue"};
    static const char *const lanes[LANE_COUNT] = {"read", "write"};
    out[0] = '\0';
    switch (metric) {
    case METRIC_requests:
    case METRIC_request_duration: snprintf(out, room, "operation=\"%s\"", operation_label((enum operation)cell)); break;
    case METRIC_responses:
        snprintf(out, room, "operation=\"%s\",status=\"%uxx\"",
            operation_label((enum operation)(cell / STATUS_CLASS_COUNT)), cell % STATUS_CLASS_COUNT + 1);
        break;
    case METRIC_shed: snprintf(out, room, "reason=\"%s\"", shed_reasons[cell]); break;
    case METRIC_batches:
    case METRIC_batch_keys:
    case METRIC_database_duration: snprintf(out, room, "lane=\"%s\"", lanes[cell]); break;
    case METRIC_db_connections:
        snprintf(out, room, "state=\"%s\"", connection_state_name((enum connection_state)cell));
        break;
    default: break;
    }
}
