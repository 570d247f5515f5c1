// The label texts of the metrics in core/metrics.def, whose cells core knows only by number.
#ifndef REVIEWD_ACTORS_LABELS_H
#define REVIEWD_ACTORS_LABELS_H

#include "core/metrics.h"

// Appends the labels of a cell, for example `operation="list"`; nothing for a family with a single cell.
void labels_write(struct buffer *out, enum metrics_family family, size_t cell);

#endif
