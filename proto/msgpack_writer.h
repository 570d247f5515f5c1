// Appends msgpack values to a message's payload, by msgpack-c. The message may move, as with message_append.
#ifndef REVIEWD_PROTO_MSGPACK_WRITER_H
#define REVIEWD_PROTO_MSGPACK_WRITER_H

#include "core/message.h"

void msgpack_write_int(struct message **message, int64_t value);
void msgpack_write_bool(struct message **message, bool value);

// A str; nil for an absent view.
void msgpack_write_text(struct message **message, struct view text);

// The head of an array; its elements are to follow.
void msgpack_write_array(struct message **message, uint32_t count);

#endif
