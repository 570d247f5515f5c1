// Hides the passwords of a libpq connection string, so that it can be shown.
#ifndef REVIEWD_CORE_CONNINFO_H
#define REVIEWD_CORE_CONNINFO_H

#include "core/buffer.h"

// Appends the connection string (keyword = value form or URI) with *** in place of its passwords, and returns whether it had
// any. What libpq would not understand is hidden too, because a password may be in it.
bool conninfo_append_masked(struct buffer *out, struct view conninfo);

#endif
