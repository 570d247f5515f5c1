// The payload of CLIENT_CREDIT, writer to acceptor: how many replies have left, by client slot. Pairs of msgpack integers.
#ifndef REVIEWD_PROTO_CREDIT_H
#define REVIEWD_PROTO_CREDIT_H

#include "core/message.h"
#include "proto/msgpack_reader.h"

// Adds that `count` replies of the client in `slot` have left.
void credit_pack(struct message **message, uint32_t slot, uint32_t count);

// Reads the next pair; false at the end, or (reader->failed) where there is none.
MUST_CHECK bool credit_read(struct msgpack_reader *reader, uint32_t *slot, uint32_t *count);

#endif
