// Tells the service manager how the process is doing: the datagrams that systemd's sd_notify(3) documents as a stable protocol.
// They are a line of text on a socket that the manager names; so no library is linked for them, and other managers that know
// the protocol (s6, runit's wrappers, podman, a test) understand them as well.
#ifndef REVIEWD_CORE_NOTIFY_H
#define REVIEWD_CORE_NOTIFY_H

#include "core/base.h"

struct notify {
    int descriptor;       // a datagram socket connected to the manager's; -1: nobody wants to know
    unsigned watchdog_ms; // within which the manager wants to hear WATCHDOG=1 again; 0: it does not
};

// Connects to the socket that the environment variable NOTIFY_SOCKET names (a path, or @ and an abstract name), if any, and
// reads WATCHDOG_USEC, unless WATCHDOG_PID says that it is meant for another process. False (errno set) if a socket is named
// but cannot be reached; nothing is told then, and the process may go on.
MUST_CHECK bool notify_open(struct notify *notify);
void notify_close(struct notify *notify);

// Sends assignments, one a line, for example "READY=1\nSTATUS=serving". Never blocks: a manager that does not listen is not
// waited for. Does nothing without a manager. One thread.
void notify_send(const struct notify *notify, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
