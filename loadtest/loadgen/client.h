// One connection: sends a request, reads its answer.
#ifndef REVIEWD_LOADTEST_LOADGEN_CLIENT_H
#define REVIEWD_LOADTEST_LOADGEN_CLIENT_H

#include "core/buffer.h"

#include <netinet/in.h>

enum {
    CLIENT_HEAD_MAX = 2048
};

struct client {
    int fd;           // -1 while not connected
    uint64_t due_ns;  // when the request in work should have been sent; 0 while idle
    uint64_t sent_ns; // when it was sent
    int status;       // of the answer whose body is being read
    bool closes;      // the server closes the connection after that
    size_t body_left;
    size_t head_length;
    char head[CLIENT_HEAD_MAX];
};

// Connects, waiting for it. False with errno set.
MUST_CHECK bool client_open(struct client *client, const struct sockaddr_in *server);

void client_close(struct client *client);

// Sends a whole request. False when the connection is no good.
MUST_CHECK bool client_send(struct client *client, const struct buffer *request);

// Reads what is there: the status of the answer once it is complete, 0 while it is not, -1 when the connection is no good.
MUST_CHECK int client_receive(struct client *client);

#endif
