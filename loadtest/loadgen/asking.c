// Which products are asked for, and in what words.
//
// Zipf's law: the product of rank r is asked for in proportion to r^-0.99. The rank is drawn by inverting the law's integral,
// which gives the first rank exactly its share and the others theirs within two percent; loadtest/measure/pgbench.py does
// the same in SQL scripts, so that both sides ask alike. Ranks are scattered over all products by a multiplication, so that
// the popular ones do not all live in the first segment.
#include "loadtest/loadgen/asking.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const double EXPONENT = 0.99;

enum {
    PRODUCT_SHIFT = 20 // review_id = product_id * 2^20 + n
};

static const struct {
    const char *method;
    const char *before;
    const char *after;
} KINDS[KIND_COUNT] = {
#define KIND(identifier, name, method, before, after) {method, before, after},
#include "loadtest/loadgen/kind.def"
#undef KIND
};

static const char REVIEW[] =
    "{\"rating\":%u,\"recommend\":true,\"name\":\"Ada\",\"email\":\"ada@example.com\","
    "\"summary\":\"Fits as it should, and looks better than in the picture\","
    "\"body\":\"Warm, light, and true to size. I have worn it every day for two weeks now, in rain and in "
    "sun, and it still looks new. The zip runs well, the pockets are deep enough for a phone.\","
    "\"characteristics\":{\"0\":3,\"3\":%u}}";

void asking_begin(struct asking *asking, const struct options *options) {
    *asking = (struct asking){.options = options, .state = options->seed};
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        asking->weight += options->weights[kind];
    }
    // The integral of x^-s is x^(1-s) / (1-s). From `low` to 1.5 it is 1, the first rank's share.
    const double rest = 1 - EXPONENT;
    asking->low = pow(1.5, rest) - rest;
    asking->span = pow((double)options->products + 0.5, rest) - asking->low;
    // Near the golden section, and without a common divisor.
    asking->scatter = (uint64_t)((double)options->products * 0.618) | 1;
    for (uint64_t a = 0; a != 1; asking->scatter += a != 1) {
        a = asking->scatter;
        for (uint64_t b = options->products; b != 0;) {
            uint64_t left = a % b;
            a = b;
            b = left;
        }
    }
}

// splitmix64.
static uint64_t next(struct asking *asking) {
    uint64_t z = asking->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double asking_random(struct asking *asking) {
    return (double)(next(asking) >> 11) * 0x1p-53;
}

static uint64_t product_of(struct asking *asking) {
    const uint64_t products = asking->options->products;
    if (asking->options->in_turn) {
        return 1 + asking->turn++ % products;
    }
    const double random = asking_random(asking);
    if (!asking->options->zipf) {
        return 1 + (uint64_t)(random * (double)products);
    }
    uint64_t rank = (uint64_t)(pow(asking->low + random * asking->span, 1 / (1 - EXPONENT)) + 0.5);
    return 1 + rank * asking->scatter % products;
}

static enum kind kind_of(struct asking *asking) {
    unsigned left = (unsigned)(asking_random(asking) * asking->weight);
    enum kind kind = (enum kind)0;
    while (left >= asking->options->weights[kind]) {
        left -= asking->options->weights[kind];
        kind++;
    }
    return kind;
}

enum kind asking_draw(struct asking *asking, uint64_t *product) {
    const enum kind kind = kind_of(asking);
    *product = product_of(asking);
    return kind;
}

void asking_request(struct asking *asking, struct buffer *request) {
    uint64_t number;
    const enum kind kind = asking_draw(asking, &number);
    if (kind == KIND_VOTE) {
        number = (number << PRODUCT_SHIFT) + 1;
    }
    request->length = 0;
    buffer_format(request, "%s %s%" PRIu64 "%s HTTP/1.1\r\nHost: localhost\r\n", KINDS[kind].method, KINDS[kind].before,
        number, KINDS[kind].after);
    if (kind == KIND_POST) {
        char body[sizeof REVIEW + 16];
        int length =
            snprintf(body, sizeof body, REVIEW, (unsigned)(next(asking) % 5) + 1, (unsigned)(next(asking) % 5) + 1);
        buffer_format(request, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length, body);
    } else if (kind == KIND_VOTE) {
        buffer_append(request, VIEW("Content-Length: 0\r\n\r\n"));
    } else {
        buffer_append(request, VIEW("\r\n"));
    }
}
