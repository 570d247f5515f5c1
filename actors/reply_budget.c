#include "actors/reply_budget.h"

#include "core/memory.h"

#include <stdlib.h>

enum {
    SHARE = 8
};

void reply_share_reset(struct reply_share *share, const struct reply_budget *budget) {
    if (share->replies == NULL) {
        share->replies = memory_allocate(budget->client_requests, sizeof *share->replies);
    }
    share->requests = 0;
    share->first = 0;
    share->bytes = 0;
}

void reply_share_free(struct reply_share *share) {
    free(share->replies);
    *share = (struct reply_share){0};
}

bool reply_budget_is_fair(const struct reply_budget *budget, const struct reply_share *share) {
    return (uint64_t)share->requests * SHARE < budget->free_slots && share->bytes * SHARE < budget->free_bytes;
}

bool reply_budget_admits(const struct reply_budget *budget, const struct reply_share *share) {
    return share->requests < budget->client_requests && share->bytes < budget->client_bytes &&
           reply_budget_is_fair(budget, share);
}

void reply_budget_take(struct reply_budget *budget, struct reply_share *share, uint32_t bytes) {
    share->replies[(share->first + share->requests) % budget->client_requests] = bytes;
    share->requests++;
    share->bytes += bytes;
    budget->free_slots--;
    budget->free_bytes -= bytes;
}

void reply_budget_give_back(struct reply_budget *budget, struct reply_share *share, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bytes = share->replies[share->first];
        share->first = (share->first + 1) % budget->client_requests;
        share->bytes -= bytes;
        budget->free_bytes += bytes;
    }
    share->requests -= count;
    budget->free_slots += count;
}
