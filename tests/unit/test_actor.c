// Actors on loops: life, turns, sending, and the same behaviour whether they share a loop or not.

#include "core/actor.h"
#include "core/loop.h"
#include "tests/unit/unit.h"

#include <event2/event.h>
#include <fcntl.h>
#include <unistd.h>

enum {
    BATCH = 8,
    TURNS = 20000
};

enum {
    HELLO,
    PING,
    BURST
};

struct player {
    struct actor actor;
    struct actor *other;
    struct loop *main_loop; // ended by the player that has seen enough
    unsigned pings;
    unsigned starts;
    unsigned stops;
    unsigned flushes;
    unsigned since_flush;
    unsigned largest_turn;
};

static struct player *player_of(struct actor *actor) {
    return (struct player *)actor;
}

static void on_start(struct actor *actor) {
    player_of(actor)->starts++;
}

static void on_stop(struct actor *actor) {
    player_of(actor)->stops++;
}

static void on_flush(struct actor *actor) {
    struct player *player = player_of(actor);
    player->flushes++;
    if (player->since_flush > player->largest_turn) {
        player->largest_turn = player->since_flush;
    }
    player->since_flush = 0;
}

static void on_receive(struct actor *actor, struct message *message) {
    struct player *player = player_of(actor);
    player->since_flush++;
    if (message->operation == PING && ++player->pings == TURNS) {
        loop_stop(player->main_loop);
        message_free(message);
    } else if (message->operation == PING) {
        actor_send_reserved(actor, player->other, message);
    } else {
        message_free(message);
    }
}

static const struct actor_class player_class = {on_start, on_receive, on_flush, on_stop};

static void on_noise(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor; // left unread, so that it is readable again at once
    (void)events;
    (void)argument;
}

static void play(bool shared, bool noisy) {
    int null = open("/dev/null", O_WRONLY);
    struct log *log = log_open(null, LOG_INFO, 16);
    struct loop *loops[2] = {loop_open("first", 0, BATCH), NULL};
    loops[1] = shared ? loops[0] : loop_open("second", 1, BATCH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loops[0]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loops[1]);
    _Alignas(CACHE_LINE) struct player players[2] = {0};
    for (int i = 0; i < 2; i++) {
        actor_init(&players[i].actor, &player_class, i == 0 ? "first" : "second", (uint16_t)i, 64, log, NULL);
        players[i].other = &players[1 - i].actor;
        players[i].main_loop = loops[0];
        loop_add(loops[i], &players[i].actor);
    }
    for (int i = 0; i < 20; i++) { // more than one batch before the start
        struct message *message = message_new(0);
        message->operation = HELLO;
        CU_ASSERT_TRUE_FATAL(mailbox_push(&players[0].actor.mailbox, message));
    }
    struct message *ping = message_new(0);
    ping->operation = PING;
    CU_ASSERT_TRUE_FATAL(mailbox_push(&players[0].actor.mailbox, ping));

    int noise[2] = {-1, -1};
    CU_ASSERT_EQUAL_FATAL(pipe2(noise, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(write(noise[1], "!", 1), 1);
    struct event *readable = event_new(loop_base(loops[0]), noise[0], EV_READ | EV_PERSIST, on_noise, NULL);
    CU_ASSERT_TRUE_FATAL(!noisy || event_add(readable, NULL) == 0);

    CU_ASSERT_TRUE_FATAL(shared || loop_start(loops[1]));
    loop_run(loops[0]);
    if (!shared) {
        loop_stop(loops[1]);
        loop_join(loops[1]);
    }
    CU_ASSERT_TRUE(players[0].pings == TURNS || players[1].pings == TURNS);
    CU_ASSERT_TRUE(players[0].largest_turn <= BATCH);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_TRUE(players[i].pings >= TURNS - 1);
        CU_ASSERT_EQUAL(players[i].starts, 1);
        CU_ASSERT_EQUAL(players[i].stops, 1);
        CU_ASSERT_TRUE(players[i].flushes > 0);
    }
    CU_ASSERT_EQUAL(loop_wakeups(loops[0]) > 0, !shared); // on one loop a push needs no wake-up
    event_free(readable);
    close(noise[0]);
    close(noise[1]);
    loop_close(loops[0]);
    if (!shared) {
        loop_close(loops[1]);
    }
    actor_free(&players[0].actor);
    actor_free(&players[1].actor);
    log_close(log);
    close(null);
}

static void test_on_one_loop(void) {
    play(true, false);
}

static void test_on_two_loops(void) {
    play(false, false);
}

// A round of events ends, even if there is always one more.
static void test_events_without_end(void) {
    play(true, true);
    play(false, true);
}

// An actor among very many events of a crowd, by which it is ended.
struct bystander {
    struct actor actor;
    unsigned seen;          // events
    unsigned seen_at_first; // before its first turn after some
    bool was_crowded;       // in that turn
    bool is_crowded_in_the_end;
};

enum {
    CROWD = 2000
};

static void on_one_of_many(evutil_socket_t descriptor, short events, void *argument) {
    (void)descriptor;
    (void)events;
    struct bystander *bystander = argument;
    bystander->seen++;
    loop_count_crowd(bystander->actor.loop);
}

static void on_bystander_flush(struct actor *actor) {
    struct bystander *bystander = (struct bystander *)actor;
    if (bystander->seen > 0 && bystander->seen_at_first == 0) {
        bystander->seen_at_first = bystander->seen;
        bystander->was_crowded = loop_is_crowded(actor->loop);
    }
    if (bystander->seen == CROWD) {
        bystander->is_crowded_in_the_end = loop_is_crowded(actor->loop);
        loop_stop(actor->loop);
    }
}

static void drop(struct actor *actor, struct message *message) {
    (void)actor;
    message_free(message);
}

static void test_a_crowd_is_taken_in_parts(void) {
    static const struct actor_class class = {NULL, drop, on_bystander_flush, NULL};
    struct loop *loop = loop_open("crowded", 0, BATCH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loop);
    _Alignas(CACHE_LINE) struct bystander bystander = {0};
    actor_init(&bystander.actor, &class, "bystander", 0, 64, NULL, NULL);
    loop_add(loop, &bystander.actor);
    struct event *crowd[CROWD];
    for (unsigned i = 0; i < CROWD; i++) {
        crowd[i] = event_new(loop_base(loop), -1, 0, on_one_of_many, &bystander);
        event_active(crowd[i], EV_READ, 0);
    }
    loop_run(loop);
    CU_ASSERT_EQUAL(bystander.seen, CROWD);
    CU_ASSERT_TRUE(bystander.seen_at_first < CROWD / 2);
    CU_ASSERT_TRUE(bystander.was_crowded);
    CU_ASSERT_FALSE(bystander.is_crowded_in_the_end);
    for (unsigned i = 0; i < CROWD; i++) {
        event_free(crowd[i]);
    }
    actor_free(&bystander.actor);
    loop_close(loop);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"two actors on one loop", test_on_one_loop},
        {"two actors on two loops", test_on_two_loops},
        {"events without end", test_events_without_end},
        {"a crowd is taken in parts", test_a_crowd_is_taken_in_parts},
        CU_TEST_INFO_NULL,
    };
    return unit_run("actor", tests);
}
