#include "actors/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_port(struct sockaddr *address, uint16_t port) {
    if (address->sa_family == AF_INET6) {
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
    } else {
        ((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
    }
}

static uint16_t port_of(int descriptor) {
    union {
        struct sockaddr_storage any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any = {0}};
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) {
        return 0;
    }
    return ntohs(address.any.ss_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

// A socket bound to the address; -1 with errno otherwise.
static int bind_socket(const struct addrinfo *where, bool shared) {
    int descriptor = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (descriptor < 0) {
        return -1;
    }
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (shared && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
        bind(descriptor, where->ai_addr, where->ai_addrlen) != 0) {
        int error = errno;
        close(descriptor);
        errno = error;
        return -1;
    }
    return descriptor;
}

// Whether nobody listens there; fills in a port of 0.
static bool claim_port(struct addrinfo *where, uint16_t *port) {
    int descriptor = bind_socket(where, false);
    if (descriptor < 0 || listen(descriptor, 1) != 0) {
        int error = errno;
        if (descriptor >= 0) {
            close(descriptor);
        }
        errno = error;
        return false;
    }
    *port = port_of(descriptor);
    set_port(where->ai_addr, *port);
    close(descriptor);
    return true;
}

static bool open_all(const struct addrinfo *where, unsigned backlog, int *sockets, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        sockets[i] = bind_socket(where, true);
        if (sockets[i] < 0 || listen(sockets[i], (int)backlog) != 0) {
            int error = errno;
            for (unsigned j = 0; j <= i; j++) {
                if (sockets[j] >= 0) {
                    close(sockets[j]);
                }
            }
            errno = error;
            return false;
        }
    }
    return true;
}

bool listener_open(const char *address, uint16_t *port, unsigned backlog, int *sockets, unsigned count, char *reason,
    size_t reason_bytes) {
    char service[8];
    struct addrinfo *where;
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    snprintf(service, sizeof service, "%u", *port);
    int failure = getaddrinfo(address[0] == '\0' ? NULL : address, service, &hints, &where);
    if (failure != 0) {
        snprintf(reason, reason_bytes, "the address %s: %s", address, gai_strerror(failure));
        return false;
    }
    bool opened = claim_port(where, port) && open_all(where, backlog, sockets, count);
    if (!opened) {
        snprintf(reason, reason_bytes, "%s port %u: %s", address, *port, strerror(errno));
    }
    freeaddrinfo(where);
    return opened;
}

bool listener_is_exhausted(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}
