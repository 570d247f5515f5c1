#include "proto/json_writer.h"

enum {
    INT_LENGTH_MAX = 20,   // "-9223372036854775808"
    ESCAPE_LENGTH_MAX = 6, // "\u001f"
    BLOCK_BYTES = 16,
    MEAN_DECIMALS = 4,
    MEAN_SCALE = 10000
};

// Sixteen bytes at once, by the vector types that gcc and clang have in common.
typedef unsigned char bytes16 __attribute__((vector_size(BLOCK_BYTES)));

static bool is_escaped(unsigned char byte) {
    return byte < 0x20 || byte == '"' || byte == '\\';
}

// How many bytes come, in memory, before the first that is not 0. There is one.
static size_t zero_bytes(uint64_t eight) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(eight) / 8;
#else
    return (size_t)__builtin_clzll(eight) / 8;
#endif
}

// Copies a block and returns how many bytes come before the first that must be escaped.
static size_t copy_block(char *out, const char *text) {
    bytes16 block;
    memcpy(&block, text, sizeof block);
    memcpy(out, &block, sizeof block);
    bytes16 found = (bytes16)((block < 0x20) | (block == '"') | (block == '\\'));
    uint64_t halves[2];
    memcpy(halves, &found, sizeof halves);
    if ((halves[0] | halves[1]) == 0) {
        return BLOCK_BYTES;
    }
    return halves[0] != 0 ? zero_bytes(halves[0]) : 8 + zero_bytes(halves[1]);
}

// Copies bytes up to the first that must be escaped and returns how many. There is room for `length` bytes at `out`.
static size_t copy_clean_run(char *out, const char *text, size_t length) {
    size_t done = 0;
    while (length - done >= BLOCK_BYTES) {
        size_t clean = copy_block(out + done, text + done);
        done += clean;
        if (clean < BLOCK_BYTES) {
            return done;
        }
    }
    for (; done < length && !is_escaped((unsigned char)text[done]); done++) {
        out[done] = text[done];
    }
    return done;
}

// Writes the escape of one byte and returns its end.
static char *write_escape(char *out, unsigned char byte) {
    // The letters of the two-character escapes, in place of the control characters that have one.
    static const char letters[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    *out++ = '\\';
    if (byte >= 0x20) {
        *out++ = (char)byte;
    } else if (letters[byte] != 0) {
        *out++ = letters[byte];
    } else {
        memcpy(out, byte < 0x10 ? "u000" : "u001", 4);
        out[4] = "0123456789abcdef"[byte & 0xF];
        out += 5;
    }
    return out;
}

void json_write_string(struct buffer *out, struct view text) {
    // Always kept: room for what is left of the text as it is, one escape and the closing quote.
    char *end = buffer_reserve(out, text.length + ESCAPE_LENGTH_MAX + 2);
    *end++ = '"';
    for (size_t done = 0; done < text.length;) {
        size_t run = copy_clean_run(end, text.data + done, text.length - done);
        done += run;
        end += run;
        if (done < text.length) {
            end = write_escape(end, (unsigned char)text.data[done++]);
            size_t needed = text.length - done + ESCAPE_LENGTH_MAX + 1;
            if ((size_t)(out->data + out->capacity - end) < needed) {
                out->length = (size_t)(end - out->data);
                end = buffer_reserve(out, needed);
            }
        }
    }
    *end++ = '"';
    out->length = (size_t)(end - out->data);
}

void json_write_int(struct buffer *out, int64_t value) {
    char digits[INT_LENGTH_MAX];
    char *begin = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--begin = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        *--begin = '-';
    }
    buffer_append(out, (struct view){begin, (size_t)(digits + sizeof digits - begin)});
}

void json_write_mean(struct buffer *out, int64_t sum, int64_t count) {
    int64_t whole = sum / count;
    int64_t scaled = (sum % count * (2 * MEAN_SCALE) + count) / (2 * count);
    json_write_int(out, whole + scaled / MEAN_SCALE);
    char decimals[1 + MEAN_DECIMALS] = {'.'};
    int64_t rest = scaled % MEAN_SCALE;
    for (size_t i = MEAN_DECIMALS; i > 0; i--) {
        decimals[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    buffer_append(out, (struct view){decimals, sizeof decimals});
}
