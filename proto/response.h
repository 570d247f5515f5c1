// Reply messages to HTTP responses: status line, header fields and the JSON body.
#ifndef REVIEWD_PROTO_RESPONSE_H
#define REVIEWD_PROTO_RESPONSE_H

#include "core/buffer.h"
#include "core/message.h"

struct static_files;

// What one writer renders with. Zero it, then set cors_origin and files, then the date.
struct response_renderer {
    struct view cors_origin;          // for Access-Control-Allow-Origin; empty: no CORS headers
    const struct static_files *files; // what REPLY_FILE names; null: none. Must outlive the renderer
    // private
    struct buffer common_fields; // those of every final response: Date and what depends on nothing else
};

// Sets the Date header from seconds since 1970, and takes over cors_origin. To be called before the first response.
void response_set_date(struct response_renderer *renderer, int64_t now_s);

// Appends the whole response to `out` and returns its status. A payload that cannot be read becomes a 500.
int response_render(struct response_renderer *renderer, struct buffer *out, const struct message *reply);

void response_renderer_free(struct response_renderer *renderer);

#endif
