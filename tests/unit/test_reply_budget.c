// The budget of replies: slots and bytes are taken, given back in order, and shared.
#include "actors/reply_budget.h"
#include "tests/unit/unit.h"

static struct reply_budget budget_of(uint32_t slots, int64_t bytes) {
    return (struct reply_budget){.client_requests = 4, .client_bytes = 1000, .free_slots = slots, .free_bytes = bytes};
}

static void test_a_client_is_bounded(void) {
    struct reply_budget budget = budget_of(100, 1000000);
    struct reply_share share = {0};
    reply_share_reset(&share, &budget);
    for (int round = 0; round < 3; round++) { // round the ring
        for (int i = 0; i < 4; i++) {
            CU_ASSERT_TRUE(reply_budget_admits(&budget, &share));
            reply_budget_take(&budget, &share, 10);
        }
        CU_ASSERT_FALSE(reply_budget_admits(&budget, &share));
        CU_ASSERT_TRUE(reply_budget_is_fair(&budget, &share));
        reply_budget_give_back(&budget, &share, 3);
        reply_budget_take(&budget, &share, 2000); // exceeds the bytes
        CU_ASSERT_FALSE(reply_budget_admits(&budget, &share));
        reply_budget_give_back(&budget, &share, 1);
        CU_ASSERT_EQUAL(share.bytes, 2000);
        reply_budget_give_back(&budget, &share, 1);
    }
    CU_ASSERT_EQUAL(share.bytes, 0);
    CU_ASSERT_EQUAL(share.requests, 0);
    CU_ASSERT_EQUAL(budget.free_slots, 100);
    CU_ASSERT_EQUAL(budget.free_bytes, 1000000);
    reply_share_free(&share);
}

static void test_clients_leave_some_for_others(void) {
    struct reply_budget budget = budget_of(1000, 3000);
    struct reply_share greedy = {0};
    struct reply_share other = {0};
    reply_share_reset(&greedy, &budget);
    reply_share_reset(&other, &budget);
    reply_budget_take(&budget, &greedy, 400);
    CU_ASSERT_FALSE(reply_budget_admits(&budget, &greedy)); // 400 is more than an eighth of 2600
    CU_ASSERT_FALSE(reply_budget_is_fair(&budget, &greedy));
    CU_ASSERT_TRUE(reply_budget_admits(&budget, &other));
    reply_budget_take(&budget, &other, 5000); // by one reply beyond all
    reply_budget_give_back(&budget, &greedy, 1);
    CU_ASSERT_FALSE(reply_budget_admits(&budget, &greedy));
    reply_budget_give_back(&budget, &other, 1);
    CU_ASSERT_TRUE(reply_budget_admits(&budget, &greedy));
    CU_ASSERT_EQUAL(budget.free_bytes, 3000);
    reply_share_free(&greedy);
    reply_share_free(&other);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"a client is bounded", test_a_client_is_bounded},
        {"clients leave some for others", test_clients_leave_some_for_others},
        CU_TEST_INFO_NULL,
    };
    return unit_run("reply_budget", tests);
}
