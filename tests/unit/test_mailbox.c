// The mailbox and the waker: order, bound, ownership, no lost wake-up, and all of it under stress.

#include "core/mailbox.h"
#include "core/waker.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
    PRODUCERS = 4,
    MESSAGES_EACH = SANITIZED ? 500 * 1000 : 10 * 1000 * 1000,
    STRESS_CAPACITY = 1024,
    ROUNDS = SANITIZED ? 5 * 1000 : 200 * 1000,
};

static struct message *numbered(uint32_t producer, uint32_t number) {
    struct message *message = message_new(0);
    message->slot = producer;
    message->sequence = number;
    return message;
}

static void test_is_a_queue(void) {
    struct mailbox mailbox;
    mailbox_open(&mailbox, 8);
    CU_ASSERT_PTR_NULL(mailbox_pop(&mailbox));
    CU_ASSERT_FALSE(mailbox_has_mail(&mailbox));
    for (uint32_t round = 0; round < 5; round++) { // around the ring more than once
        for (uint32_t i = 0; i < 6; i++) {
            CU_ASSERT_TRUE_FATAL(mailbox_push(&mailbox, numbered(0, i)));
        }
        CU_ASSERT_EQUAL(mailbox_depth(&mailbox), 6);
        for (uint32_t i = 0; i < 6; i++) {
            CU_ASSERT_TRUE(mailbox_has_mail(&mailbox));
            struct message *message = mailbox_pop(&mailbox);
            CU_ASSERT_PTR_NOT_NULL_FATAL(message);
            CU_ASSERT_EQUAL(message->sequence, i);
            message_free(message);
        }
    }
    CU_ASSERT_EQUAL(mailbox_depth(&mailbox), 0);
    mailbox_close(&mailbox);
}

static void test_capacity_is_rounded_up(void) {
    static const size_t asked[] = {0, 1, 2, 3, 8, 9, 1000};
    static const size_t given[] = {2, 2, 2, 4, 8, 16, 1024};
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct mailbox mailbox;
        mailbox_open(&mailbox, asked[i]);
        CU_ASSERT_EQUAL(mailbox_capacity(&mailbox), given[i]);
        mailbox_close(&mailbox);
    }
}

static void test_refusal_keeps_ownership(void) {
    struct mailbox mailbox;
    mailbox_open(&mailbox, 4);
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT_TRUE_FATAL(mailbox_push(&mailbox, numbered(0, i)));
    }
    struct message *refused = numbered(0, 99);
    CU_ASSERT_FALSE(mailbox_push(&mailbox, refused));
    CU_ASSERT_EQUAL(refused->sequence, 99); // still ours to read…
    message_free(mailbox_pop(&mailbox));
    CU_ASSERT_TRUE(mailbox_push(&mailbox, refused)); // …and to push again
    for (uint32_t i = 1; i < 4; i++) {
        struct message *message = mailbox_pop(&mailbox);
        CU_ASSERT_EQUAL(message->sequence, i);
        message_free(message);
    }
    CU_ASSERT_EQUAL(mailbox_depth(&mailbox), 1);
    mailbox_close(&mailbox); // frees the one that is left
}

// Many producers, one consumer that sleeps whenever it finds nothing.
struct stress {
    struct mailbox mailbox;
    struct waker waker;
    _Atomic uint64_t refusals;
    uint32_t producer;
};

struct producer {
    struct stress *stress;
    uint32_t number;
    pthread_t thread;
};

static void *produce(void *argument) {
    struct producer *producer = argument;
    struct stress *stress = producer->stress;
    for (uint32_t i = 0; i < MESSAGES_EACH; i++) {
        struct message *message = numbered(producer->number, i);
        while (!mailbox_push(&stress->mailbox, message)) {
            atomic_fetch_add_explicit(&stress->refusals, 1, memory_order_relaxed);
            waker_wake(&stress->waker);
            sched_yield();
        }
        if (i % 16 == 15 || i + 1 == MESSAGES_EACH) { // one wake-up a burst, as a loop does it
            waker_wake(&stress->waker);
        }
    }
    return NULL;
}

// Sleeps until woken; false if nobody wakes it for so long that a wake-up must have been lost.
static bool sleep_until_woken(struct mailbox *mailbox, struct waker *waker) {
    bool woken = true;
    waker_arm(waker);
    if (!mailbox_has_mail(mailbox)) {
        struct pollfd readable = {waker->descriptor, POLLIN, 0};
        woken = poll(&readable, 1, 60 * 1000) == 1;
    }
    waker_disarm(waker);
    waker_clear(waker);
    return woken;
}

static void test_four_producers(void) {
    static struct stress stress;
    static struct producer producers[PRODUCERS];
    mailbox_open(&stress.mailbox, STRESS_CAPACITY);
    CU_ASSERT_TRUE_FATAL(waker_open(&stress.waker));
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.stress = &stress, .number = i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    uint32_t next[PRODUCERS] = {0};
    uint64_t out_of_order = 0;
    bool lost = false;
    for (uint64_t taken = 0; taken < (uint64_t)PRODUCERS * MESSAGES_EACH && !lost;) {
        struct message *message = mailbox_pop(&stress.mailbox);
        if (message == NULL) {
            lost = !sleep_until_woken(&stress.mailbox, &stress.waker);
            continue;
        }
        out_of_order += message->sequence != next[message->slot];
        next[message->slot] = message->sequence + 1;
        message_free(message);
        taken++;
    }
    CU_ASSERT_FALSE_FATAL(lost);
    CU_ASSERT_EQUAL(out_of_order, 0);
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        pthread_join(producers[i].thread, NULL);
        CU_ASSERT_EQUAL(next[i], MESSAGES_EACH);
    }
    CU_ASSERT_PTR_NULL(mailbox_pop(&stress.mailbox));
    waker_close(&stress.waker);
    mailbox_close(&stress.mailbox);
}

// Two sides that sleep after every message: each round is a chance to lose a wake-up.
struct side {
    struct mailbox inbox;
    struct waker waker;
    struct side *other;
    bool lost;
};

static void *play(void *argument) {
    struct side *side = argument;
    for (int round = 0; round < ROUNDS && !side->lost;) {
        struct message *message = mailbox_pop(&side->inbox);
        if (message == NULL) {
            side->lost = !sleep_until_woken(&side->inbox, &side->waker);
            continue;
        }
        round++;
        if (!mailbox_push(&side->other->inbox, message)) {
            message_free(message);
            side->lost = true;
        }
        waker_wake(&side->other->waker);
    }
    return NULL;
}

static void test_no_wake_up_is_lost(void) {
    static struct side sides[2];
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        mailbox_open(&sides[i].inbox, 2);
        CU_ASSERT_TRUE_FATAL(waker_open(&sides[i].waker));
        sides[i].other = &sides[1 - i];
    }
    CU_ASSERT_TRUE_FATAL(mailbox_push(&sides[0].inbox, numbered(0, 0)));
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, play, &sides[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_FALSE(sides[i].lost);
        waker_close(&sides[i].waker);
    }
    mailbox_close(&sides[0].inbox);
    mailbox_close(&sides[1].inbox);
}

static void test_waker_writes_once_a_sleep(void) {
    struct waker waker;
    CU_ASSERT_TRUE_FATAL(waker_open(&waker));
    CU_ASSERT_FALSE(waker_wake(&waker)); // awake: no system call
    waker_arm(&waker);
    CU_ASSERT_TRUE(waker_wake(&waker));
    CU_ASSERT_FALSE(waker_wake(&waker)); // the burst's other pushes
    waker_disarm(&waker);
    waker_clear(&waker);
    struct pollfd readable = {waker.descriptor, POLLIN, 0};
    CU_ASSERT_EQUAL(poll(&readable, 1, 0), 0);
    waker_close(&waker);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"it is a queue", test_is_a_queue},
        {"its capacity is rounded up to a power of two", test_capacity_is_rounded_up},
        {"a refused push leaves the message with the caller", test_refusal_keeps_ownership},
        {"a waker writes once a sleep", test_waker_writes_once_a_sleep},
        {"no wake-up is lost", test_no_wake_up_is_lost},
        {"four producers keep their order", test_four_producers},
        CU_TEST_INFO_NULL,
    };
    return unit_run("mailbox", tests);
}
