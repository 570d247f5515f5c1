#include "proto/utf8.h"

// What may follow a lead byte (RFC 3629, section 4): how many bytes, and the range of the first of them, which is what
// excludes overlong forms, surrogates and values above U+10FFFF. Those after it are 80 to BF.
struct tail {
    unsigned count;
    unsigned char low;
    unsigned char high;
};

static bool tail_of(unsigned char lead, struct tail *tail) {
    if (lead >= 0xC2 && lead <= 0xDF) {
        *tail = (struct tail){1, 0x80, 0xBF};
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        *tail = (struct tail){2, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF};
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        *tail = (struct tail){3, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF};
    } else {
        return false;
    }
    return true;
}

// The first byte from `position` on that is not ASCII, or up to seven before it.
static const unsigned char *skip_ascii(const unsigned char *position, const unsigned char *end) {
    while (end - position >= 8) {
        uint64_t eight;
        memcpy(&eight, position, sizeof eight);
        if ((eight & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
        position += 8;
    }
    return position;
}

bool utf8_valid(struct view bytes) {
    if (bytes.length == 0) {
        return true;
    }
    const unsigned char *position = (const unsigned char *)bytes.data;
    const unsigned char *end = position + bytes.length;
    while ((position = skip_ascii(position, end)) < end) {
        unsigned char lead = *position++;
        if (lead < 0x80) {
            continue;
        }
        struct tail tail;
        if (!tail_of(lead, &tail) || (size_t)(end - position) < tail.count || position[0] < tail.low ||
            position[0] > tail.high) {
            return false;
        }
        for (unsigned i = 1; i < tail.count; i++) {
            if ((position[i] & 0xC0) != 0x80) {
                return false;
            }
        }
        position += tail.count;
    }
    return true;
}

size_t utf8_length(struct view text) {
    size_t characters = 0;
    for (size_t i = 0; i < text.length; i++) {
        characters += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    }
    return characters;
}

uint32_t utf8_next(struct view *text) {
    const unsigned char *bytes = (const unsigned char *)text->data;
    struct tail tail = {0};
    uint32_t character = bytes[0];
    if (tail_of(bytes[0], &tail)) {
        character = bytes[0] & (0x3FU >> tail.count);
        for (unsigned i = 1; i <= tail.count; i++) {
            character = character << 6 | (bytes[i] & 0x3FU);
        }
    }
    text->data += 1 + tail.count;
    text->length -= 1 + tail.count;
    return character;
}
