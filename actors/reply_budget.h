// What the requests in work of an acceptor may take: reply slots, and memory for their replies, which are reckoned at the most
// that they can hold until they have left.
//
// A client may hold no more of either than an eighth of what is free, so that clients which ask much and read nothing always
// leave some for the others. (A. Choudhury, E. Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998.)
//
// One thread.
#ifndef REVIEWD_ACTORS_REPLY_BUDGET_H
#define REVIEWD_ACTORS_REPLY_BUDGET_H

#include "core/base.h"

struct reply_budget {
    uint32_t client_requests; // of one client at most
    int64_t client_bytes;     // of one client, after which it gets no more
    uint32_t free_slots;
    int64_t free_bytes; // below 0 by what the last reply exceeds it, and by refusals
};

// A client's share. Zeroed before first use.
struct reply_share {
    uint32_t requests; // in work, or with replies that have not left
    uint32_t first;    // the place of the oldest one in `replies`
    int64_t bytes;
    uint32_t *replies; // the most that each reply can hold: a ring with a place for each request allowed
};

// Makes an empty share, of a client that holds nothing, ready for the next one.
void reply_share_reset(struct reply_share *share, const struct reply_budget *budget);
void reply_share_free(struct reply_share *share);

// Whether the client may make one more request as far as the others are concerned; if not, it waits for any reply to leave.
bool reply_budget_is_fair(const struct reply_budget *budget, const struct reply_share *share);

// Whether it may make one more request, of any kind. So it may exceed its bytes by one reply.
bool reply_budget_admits(const struct reply_budget *budget, const struct reply_share *share);

// Takes a slot and the bytes for a request's reply. Only what is admitted, or the few bytes of a refusal while a slot is free.
void reply_budget_take(struct reply_budget *budget, struct reply_share *share, uint32_t bytes);

// The oldest `count` replies have left.
void reply_budget_give_back(struct reply_budget *budget, struct reply_share *share, uint32_t count);

#endif
