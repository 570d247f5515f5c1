// Listening sockets.
#ifndef REVIEWD_ACTORS_LISTENER_H
#define REVIEWD_ACTORS_LISTENER_H

#include "core/base.h"

#include <stdint.h>

// Opens `count` non-blocking listening sockets on one address and port, among which the kernel spreads connections
// (SO_REUSEPORT), and stores them in `sockets`. Port 0 takes any free one; *port is the one taken. A port on which anyone
// listens already is an error, although SO_REUSEPORT would allow it. On failure nothing stays open, and `reason` says why.
MUST_CHECK bool listener_open(const char *address, uint16_t *port, unsigned backlog, int *sockets, unsigned count,
    char *reason, size_t reason_bytes);

// Whether accept() failed (with `error`) for want of descriptors or memory: the listener stays readable, so it is to be left alone
// for a while. Any thread.
bool listener_is_exhausted(int error);

#endif
