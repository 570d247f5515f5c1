#include "actors/labels.h"

#include "pg/connection.h"
#include "proto/operation.h"

_Static_assert(METRICS_OPERATIONS == (int)REQUEST_OPERATION_COUNT, "a cell for each operation");
_Static_assert(METRICS_DB_STATES == (int)CONNECTION_STATE_COUNT, "a cell for each state");
_Static_assert(METRICS_LANES == (int)LANE_COUNT, "a cell for each lane");

void labels_write(struct buffer *out, enum metrics_family family, size_t cell) {
    static const char *const shed_reasons[METRICS_SHED_REASONS] = {"mailbox", "queue", "backlog", "replies"};
    static const char *const lanes[LANE_COUNT] = {"read", "write", "slow"};
    switch (family) {
    case METRIC_REQUESTS:
    case METRIC_REQUEST_DURATION:
    case METRIC_QUEUE_DURATION:
    case METRIC_DATABASE_DURATION:
    case METRIC_RENDER_DURATION: buffer_format(out, "operation=\"%s\"", operation_label((enum operation)cell)); break;
    case METRIC_RESPONSES:
        buffer_format(out, "operation=\"%s\",status=\"%zuxx\"",
            operation_label((enum operation)(cell / METRICS_STATUS_CLASSES)), cell % METRICS_STATUS_CLASSES + 1);
        break;
    case METRIC_SHED: buffer_format(out, "reason=\"%s\"", shed_reasons[cell]); break;
    case METRIC_BATCHES:
    case METRIC_BATCH_KEYS: buffer_format(out, "lane=\"%s\"", lanes[cell]); break;
    case METRIC_DB_CONNECTIONS:
        buffer_format(out, "lane=\"%s\",state=\"%s\"", lanes[cell / METRICS_DB_STATES],
            connection_state_name((enum connection_state)(cell % METRICS_DB_STATES)));
        break;
    default: break;
    }
}
