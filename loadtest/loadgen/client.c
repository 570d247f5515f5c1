// HTTP/1.1 as far as benchmarks need it: every answer has a Content-Length, or none and no body.
#include "loadtest/loadgen/client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STATUS_OFFSET = 9, // "HTTP/1.1 "
    RECEIVE_MAX = 65536
};

bool client_open(struct client *client, const struct sockaddr_in *server) {
    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int on = 1;
    if (client->fd < 0 || connect(client->fd, (const struct sockaddr *)server, sizeof *server) != 0 ||
        setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        client_close(client);
        return false;
    }
    return true;
}

void client_close(struct client *client) {
    if (client->fd >= 0) {
        int error = errno;
        close(client->fd);
        errno = error;
    }
    client->fd = -1;
    client->head_length = 0;
    client->body_left = 0;
}

bool client_send(struct client *client, const struct buffer *request) {
    // A request is smaller than any socket's buffer, and an idle client's is empty.
    return send(client->fd, request->data, request->length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)request->length;
}

// Where the value of a field begins that is given in lower case, with "\n" before it and ":" behind; null without one.
static const char *find_field(const char *head, size_t length, const char *name) {
    const size_t name_length = strlen(name);
    for (const char *at = head; (at = memchr(at, '\n', (size_t)(head + length - at))) != NULL; at++) {
        if ((size_t)(head + length - at) > name_length && strncasecmp(at, name, name_length) == 0) {
            at += name_length;
            return at + strspn(at, " \t"); // ends at the line's end
        }
    }
    return NULL;
}

// Takes a complete head. False when it is none of HTTP.
static bool take_head(struct client *client, const char *head, size_t length) {
    if (length < STATUS_OFFSET + 3 || memcmp(head, "HTTP/1.", 7) != 0) {
        return false;
    }
    client->status =
        (head[STATUS_OFFSET] - '0') * 100 + (head[STATUS_OFFSET + 1] - '0') * 10 + head[STATUS_OFFSET + 2] - '0';
    const char *body_length = find_field(head, length, "\ncontent-length:");
    client->body_left = body_length == NULL ? 0 : strtoul(body_length, NULL, 10);
    const char *connection = find_field(head, length, "\nconnection:");
    client->closes = connection != NULL && strncasecmp(connection, "close", 5) == 0;
    return client->status >= 100 && client->status <= 599;
}

// Takes received bytes. Returns as client_receive().
static int take(struct client *client, const char *bytes, size_t length) {
    if (client->status == 0) {
        const char *head = bytes;
        size_t head_length = length;
        const size_t before = client->head_length;
        if (before > 0) {
            size_t more = length < CLIENT_HEAD_MAX - before ? length : CLIENT_HEAD_MAX - before;
            memcpy(client->head + before, bytes, more);
            head = client->head;
            head_length = before + more;
        }
        const char *end = memmem(head, head_length, "\r\n\r\n", 4);
        if (end == NULL) {
            if (head_length >= CLIENT_HEAD_MAX) {
                return -1;
            }
            memmove(client->head, head, head_length);
            client->head_length = head_length;
            return 0;
        }
        const size_t size = (size_t)(end - head) + 4;
        if (!take_head(client, head, size)) {
            return -1;
        }
        client->head_length = 0;
        length -= size - before;
    }
    if (length > client->body_left) {
        return -1;
    }
    client->body_left -= length;
    if (client->body_left > 0) {
        return 0;
    }
    int status = client->status;
    client->status = 0;
    return status;
}

int client_receive(struct client *client) {
    static char bytes[RECEIVE_MAX + 1];
    ssize_t received = recv(client->fd, bytes, RECEIVE_MAX, MSG_DONTWAIT);
    if (received <= 0) {
        return received < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }
    bytes[received] = '\0';
    return take(client, bytes, (size_t)received);
}
