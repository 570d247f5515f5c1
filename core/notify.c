#include "core/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    LINES_BYTES = 512
};

// The address of a socket by its name. False (errno set) if it is none.
static bool read_address(const char *name, struct sockaddr_un *address, socklen_t *length) {
    size_t bytes = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || bytes < 2) {
        errno = EAFNOSUPPORT;
        return false;
    }
    if (bytes >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, name, bytes);
    if (name[0] == '@') {
        address->sun_path[0] = '\0';
    }
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes);
    return true;
}

// A whole number of an environment variable; 0 if there is none.
static unsigned long long read_number(const char *variable) {
    const char *text = getenv(variable);
    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return 0;
    }
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' ? number : 0;
}

static unsigned read_watchdog_ms(void) {
    unsigned long long us = read_number("WATCHDOG_USEC");
    bool is_ours = getenv("WATCHDOG_PID") == NULL || read_number("WATCHDOG_PID") == (unsigned long long)getpid();
    return is_ours && us / 1000 <= INT32_MAX ? (unsigned)(us / 1000) : 0;
}

bool notify_open(struct notify *notify) {
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t length;
    *notify = (struct notify){-1, 0};
    if (name == NULL || name[0] == '\0') {
        return true;
    }
    if (!read_address(name, &address, &length)) {
        return false;
    }
    notify->descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->descriptor < 0) {
        return false;
    }
    if (connect(notify->descriptor, (const struct sockaddr *)&address, length) != 0) {
        int reason = errno;
        notify_close(notify);
        errno = reason;
        return false;
    }
    notify->watchdog_ms = read_watchdog_ms();
    return true;
}

void notify_close(struct notify *notify) {
    if (notify->descriptor >= 0) {
        close(notify->descriptor);
        notify->descriptor = -1;
    }
}

void notify_send(const struct notify *notify, const char *format, ...) {
    if (notify->descriptor < 0) {
        return;
    }
    char lines[LINES_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(lines, sizeof lines, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < sizeof lines) {
        (void)send(notify->descriptor, lines, (size_t)length, MSG_NOSIGNAL);
    }
}
