#include "proto/segment_fill.h"

#include "proto/msgpack_writer.h"

void segment_fill_pack(struct message **message, const struct segment_fill *fill) {
    msgpack_write_text(message, fill->name);
    msgpack_write_int(message, fill->first_product);
    msgpack_write_int(message, fill->end_product);
    msgpack_write_int(message, fill->reviews);
}

bool segment_fill_read(struct msgpack_reader *reader, struct segment_fill *fill) {
    if (reader->position == reader->end) {
        return false;
    }
    fill->name = msgpack_read_text(reader);
    fill->first_product = msgpack_read_int(reader);
    fill->end_product = msgpack_read_int(reader);
    fill->reviews = msgpack_read_int(reader);
    return !reader->failed;
}
