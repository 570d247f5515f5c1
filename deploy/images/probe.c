// reviewd-probe ADDRESS PORT PATH: a health check for images that have no curl. Asks http://ADDRESS:PORTPATH once, and exits
// with 0 when the answer's status is 2xx within two seconds, else with 1 and a line that says why.

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

// A connected socket, or -1 with errno.
static int connect_to(const char *address, const char *port) {
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(address, port, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval limit = {2, 0};
    if (descriptor >= 0 && (setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
                               setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
                               connect(descriptor, found->ai_addr, found->ai_addrlen) != 0)) {
        int error = errno;
        close(descriptor);
        errno = error;
        descriptor = -1;
    }
    freeaddrinfo(found);
    return descriptor;
}

// The status of the answer to a GET, or 0 with errno.
static int ask(int descriptor, const char *path) {
    char text[512];
    int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n", path);
    if (length >= (int)sizeof text) {
        errno = ENAMETOOLONG;
        return 0;
    }
    if (send(descriptor, text, (size_t)length, MSG_NOSIGNAL) != length) {
        return 0;
    }
    size_t have = 0;
    for (ssize_t got; have < strlen("HTTP/1.1 200"); have += (size_t)got) {
        got = recv(descriptor, text + have, sizeof text - 1 - have, 0);
        if (got <= 0) {
            errno = got == 0 ? ECONNRESET : errno;
            return 0;
        }
    }
    text[have] = '\0';
    errno = EPROTO;
    return strncmp(text, "HTTP/1.", 7) == 0 ? (int)strtol(text + strlen("HTTP/1.1 "), NULL, 10) : 0;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fputs("usage: reviewd-probe ADDRESS PORT PATH\n", stderr);
        return 2;
    }
    int descriptor = connect_to(arguments[1], arguments[2]);
    int status = descriptor < 0 ? 0 : ask(descriptor, arguments[3]);
    if (status >= 200 && status < 300) {
        return 0;
    }
    fprintf(stderr, "reviewd-probe: %s:%s%s: ", arguments[1], arguments[2], arguments[3]);
    if (status == 0) {
        fprintf(stderr, "%s\n", strerror(errno));
    } else {
        fprintf(stderr, "status %d\n", status);
    }
    return 1;
}
