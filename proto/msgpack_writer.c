#include "proto/msgpack_writer.h"

#include <msgpack/pack.h>

static int append(void *message, const char *bytes, size_t length) {
    message_append(message, bytes, length);
    return 0;
}

static msgpack_packer packer_of(struct message **message) {
    return (msgpack_packer){.data = message, .callback = append};
}

// The results of packing are those of `append`, which cannot fail.

void msgpack_write_int(struct message **message, int64_t value) {
    msgpack_packer packer = packer_of(message);
    (void)msgpack_pack_int64(&packer, value);
}

void msgpack_write_bool(struct message **message, bool value) {
    msgpack_packer packer = packer_of(message);
    (void)(value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
}

void msgpack_write_text(struct message **message, struct view text) {
    msgpack_packer packer = packer_of(message);
    if (text.data == NULL) {
        (void)msgpack_pack_nil(&packer);
        return;
    }
    (void)msgpack_pack_str(&packer, text.length);
    if (text.length > 0) {
        (void)msgpack_pack_str_body(&packer, text.data, text.length);
    }
}

void msgpack_write_array(struct message **message, uint32_t count) {
    msgpack_packer packer = packer_of(message);
    (void)msgpack_pack_array(&packer, count);
}
