// The label texts of the metrics in core/metrics.def, whose cells core knows only by number.
#ifndef REVIEWD_ACTORS_LABELS_H
#define REVIEWD_ACTORS_LABELS_H

#include "core/metrics.h"

// Cells of METRIC_shed.
enum shed_reason {
    SHED_MAILBOX, // the DB actor's mailbox was full
    SHED_QUEUE,   // the request waited too long for a connection
    SHED_REASON_COUNT
};

// METRIC_responses has a cell for each operation and class: operation * STATUS_CLASS_COUNT + status / 100 - 1.
enum {
    STATUS_CLASS_COUNT = 5
};

// Writes the labels of a cell, for example `operation="list"`; nothing for a family with a single cell.
void labels_write(enum metric metric, unsigned cell, char *out, size_t room);

#endif
