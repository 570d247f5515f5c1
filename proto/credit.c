#include "proto/credit.h"

#include "proto/msgpack_writer.h"

void credit_pack(struct message **message, uint32_t slot, uint32_t count) {
    msgpack_write_int(message, slot);
    msgpack_write_int(message, count);
}

bool credit_read(struct msgpack_reader *reader, uint32_t *slot, uint32_t *count) {
    if (reader->position == reader->end) {
        return false;
    }
    *slot = (uint32_t)msgpack_read_int(reader);
    *count = (uint32_t)msgpack_read_int(reader);
    return !reader->failed;
}
