// Fuzzes the readers of messages: any payload is read as every kind of request and rendered as a reply, and the response is
// always one whole response.
#include "proto/request.h"
#include "proto/response.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

// What was read is read again from what it is packed into.
static void check_add(const struct add_request *request) {
    struct message *message = message_new(0);
    struct add_request again;
    request_pack_add(&message, request);
    check(request_unpack_add(message_payload(message), &again));
    check(view_equal(again.body, request->body) && view_equal(again.photos, request->photos) &&
          again.created_ms == request->created_ms);
    message_free(message);
}

static void check_response(struct response_renderer *renderer, const struct message *reply) {
    struct buffer out = {0};
    int status = response_render(renderer, &out, reply);
    check(status >= 100 && status <= 505 && out.length > 16 && memcmp(out.data, "HTTP/1.1 ", 9) == 0);
    const char *head_end = memmem(out.data, out.length, "\r\n\r\n", 4);
    check(head_end != NULL);
    size_t body_length = (size_t)(out.data + out.length - head_end) - 4;
    size_t head_length = (size_t)(head_end - out.data);
    const char *field = memmem(out.data, head_length, "Content-Length: ", 16);
    check(field == NULL ? body_length == 0 : strtoul(field + 16, NULL, 10) == body_length);
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct message *message = message_new((uint32_t)size); // of exactly that size, so that a byte read too far is seen
    if (size > 0) {
        message_append(&message, data, size);
    }
    struct list_request list;
    struct key_request key;
    struct add_request add;
    (void)!request_unpack_list(message_payload(message), &list);
    (void)!request_unpack_key(message_payload(message), &key);
    if (request_unpack_add(message_payload(message), &add)) {
        check_add(&add);
    }
    struct response_renderer renderer = {.cors_origin = VIEW("*")};
    response_set_date(&renderer, 0);
    check_response(&renderer, message);
    response_renderer_free(&renderer);
    message_free(message);
    return 0;
}
