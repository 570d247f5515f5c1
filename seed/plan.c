// Reviews a product, and the segments.
//
// A product's weight is log-normal with sigma 1.6. Sales of an online shop follow a power law of the rank only as a first
// approximation: the slope gets steeper towards the obscure products (Brynjolfsson, Hu and Smith, "The Longer Tail: The
// Changing Shape of Amazon's Sales Distribution Curve", 2010), which is how a log-normal looks. With sigma 1.6 and 30
// reviews a product on average, half the products have 8 or fewer, a fifth have 2 or fewer, and of a million products
// the greatest has about 15,000.
#include "seed/plan.h"

#include <math.h>
#include <stdlib.h>

#include "seed/random.h"

static const double WEIGHT_SIGMA = 1.6;
// The greatest weight that 53 random bits can give, e to the power 13.72, stays below 2^32.
static const double WEIGHT_SCALE = 4096;

__extension__ typedef unsigned __int128 wide;

// Log-normal by the transform of Box and Muller ("A Note on the Generation of Random Normal Deviates", 1958), as an integer so
// that sums are exact.
static uint32_t product_weight(uint64_t seed, uint32_t product_id) {
    static const double TWO_PI = 6.283185307179586;
    struct random random;
    random_start(&random, seed, RANDOM_WEIGHT, product_id);
    double radius = sqrt(-2 * log(1 - random_unit(&random)));
    double normal = radius * cos(TWO_PI * random_unit(&random));
    return (uint32_t)(exp(WEIGHT_SIGMA * normal) * WEIGHT_SCALE) + 1;
}

// Product i gets the records between two roundings of the running share: the counts add up without a remainder. The array
// holds the weights first.
static void share_records(struct plan *plan, uint64_t seed) {
    uint64_t total = 0;
    for (uint32_t id = 1; id <= plan->products; id++) {
        plan->product_records[id] = product_weight(seed, id);
        total += plan->product_records[id];
    }
    uint64_t sum = 0;
    uint64_t given = 0;
    uint64_t carried = 0;
    for (uint32_t id = 1; id <= plan->products; id++) {
        sum += plan->product_records[id];
        uint64_t until = (uint64_t)((wide)sum * plan->records / total);
        uint64_t share = until - given + carried;
        given = until;
        carried = share > PLAN_MAX_PRODUCT_RECORDS ? share - PLAN_MAX_PRODUCT_RECORDS : 0;
        plan->product_records[id] = (uint32_t)(share - carried);
    }
    // What did not fit behind the last full product goes to the first ones with room.
    for (uint32_t id = 1; id <= plan->products && carried > 0; id++) {
        uint64_t room = PLAN_MAX_PRODUCT_RECORDS - plan->product_records[id];
        uint64_t more = carried < room ? carried : room;
        plan->product_records[id] += (uint32_t)more;
        carried -= more;
    }
}

// Ends a segment at the first product that reaches the next multiple of the average size.
static void cut_segments(struct plan *plan, uint32_t wanted) {
    uint64_t sum = 0;
    uint64_t segment_start = 0;
    uint32_t first = 1;
    uint32_t step = 1;
    for (uint32_t id = 1; id <= plan->products; id++) {
        sum += plan->product_records[id];
        uint64_t boundary = (uint64_t)((wide)plan->records * step / wanted);
        bool last = id == plan->products;
        if ((sum >= boundary && sum < plan->records) || last) {
            struct segment *segment = &plan->segments[plan->segment_count++];
            *segment = (struct segment){plan->segment_count, first, id + 1, sum - segment_start};
            segment_start = sum;
            first = id + 1;
            while ((wide)plan->records * step / wanted <= sum && step < wanted) {
                step++;
            }
        }
    }
}

bool plan_create(struct plan *plan, const struct settings *settings) {
    uint64_t wanted = (settings->records + settings->segment_records / 2) / settings->segment_records;
    if (wanted == 0) {
        wanted = 1;
    }
    if (wanted > settings->products) {
        wanted = settings->products;
    }
    *plan = (struct plan){.records = settings->records, .products = settings->products};
    plan->product_records = calloc((size_t)settings->products + 1, sizeof *plan->product_records);
    plan->segments = calloc(wanted + 1, sizeof *plan->segments);
    if (plan->product_records == NULL || plan->segments == NULL) {
        plan_free(plan);
        return false;
    }
    share_records(plan, settings->seed);
    cut_segments(plan, (uint32_t)wanted);
    return true;
}

void plan_free(struct plan *plan) {
    free(plan->product_records);
    free(plan->segments);
    *plan = (struct plan){0};
}
