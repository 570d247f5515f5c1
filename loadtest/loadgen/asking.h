// What is asked: random products, and requests for them.
#ifndef REVIEWD_LOADTEST_LOADGEN_ASKING_H
#define REVIEWD_LOADTEST_LOADGEN_ASKING_H

#include "core/buffer.h"
#include "loadtest/loadgen/options.h"

struct asking {
    const struct options *options;
    uint64_t state;   // of the random numbers
    unsigned weight;  // of all kinds together
    double low, span; // of Zipf's law
    uint64_t turn;    // how many were asked for in turn
    uint64_t scatter; // what the rank is multiplied with, to find the product
};

void asking_begin(struct asking *asking, const struct options *options);

// A random number from 0 up to, but without, 1.
double asking_random(struct asking *asking);

// Draws what is asked next, and of which product.
enum kind asking_draw(struct asking *asking, uint64_t *product);

// Puts the next request into the buffer, which is emptied first.
void asking_request(struct asking *asking, struct buffer *request);

#endif
