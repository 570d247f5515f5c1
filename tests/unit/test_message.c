// Messages: the envelope, the payload, and answers.

#include "core/message.h"
#include "tests/unit/unit.h"

#include <pthread.h>

static void test_a_new_message_is_empty(void) {
    struct message *message = message_new(100);
    CU_ASSERT_EQUAL(message->length, 0);
    CU_ASSERT_TRUE(message->capacity >= 100);
    CU_ASSERT_EQUAL(message->deadline_ns, 0);
    CU_ASSERT_EQUAL(message_payload(message).length, 0);
    message_free(message);
    message_free(NULL);
}

static void test_a_payload_grows(void) {
    struct message *message = message_new(0);
    message->sequence = 7;
    char expected[3000];
    for (size_t i = 0; i < sizeof expected; i++) {
        expected[i] = (char)(i * 31);
        message_append(&message, &expected[i], 1);
    }
    CU_ASSERT_EQUAL(message->sequence, 7);
    CU_ASSERT_EQUAL_FATAL(message->length, sizeof expected);
    CU_ASSERT_EQUAL(memcmp(message->payload, expected, sizeof expected), 0);
    message_append(&message, expected, sizeof expected);
    CU_ASSERT_EQUAL_FATAL(message->length, 2 * sizeof expected);
    CU_ASSERT_EQUAL(memcmp(message->payload + sizeof expected, expected, sizeof expected), 0);
    message_free(message);
}

static void test_an_answer_has_the_envelope_of_its_question(void) {
    struct message *question = message_new(10);
    question->accepted_ns = 1;
    question->enqueued_ns = 2;
    question->deadline_ns = 3; // of a question only: an answer has asked_ns there
    question->slot = 4;
    question->generation = 5;
    question->sequence = 6;
    question->operation = 7;
    question->flags = 8;
    question->origin = 9;
    question->reply_to = 10;
    struct message *answer = message_new(20);
    message_append(&answer, "x", 1);
    message_answer_to(answer, question);
    CU_ASSERT_EQUAL(answer->accepted_ns, 1);
    CU_ASSERT_EQUAL(answer->asked_ns, 0);
    CU_ASSERT_EQUAL(answer->slot, 4);
    CU_ASSERT_EQUAL(answer->generation, 5);
    CU_ASSERT_EQUAL(answer->sequence, 6);
    CU_ASSERT_EQUAL(answer->operation, 7);
    CU_ASSERT_EQUAL(answer->flags, 8);
    CU_ASSERT_EQUAL(answer->origin, 9);
    CU_ASSERT_EQUAL(answer->reply_to, 10);
    CU_ASSERT_EQUAL(answer->length, 1);
    CU_ASSERT_TRUE(answer->capacity >= 20);
    message_free(question);
    message_free(answer);
}

// Memory that served before serves again as new, in every size, also in those that are not kept.
static void test_many_lives(void) {
    struct message *alive[512];
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 512; i++) {
            const uint32_t capacity = (uint32_t)(i * i * (size_t)(round % 3 + 1) / 8);
            alive[i] = message_new(capacity);
            CU_ASSERT_TRUE_FATAL(alive[i]->capacity >= capacity);
            CU_ASSERT_TRUE_FATAL(alive[i]->length == 0 && alive[i]->sequence == 0 && alive[i]->next == NULL);
            memset(alive[i]->payload, (int)(i % 251), alive[i]->capacity);
            alive[i]->sequence = (uint32_t)i + 1;
        }
        for (size_t i = 0; i < 512; i++) {
            const struct message *message = alive[(i * 37 + (size_t)round) % 512];
            const char *last = message->payload + message->capacity;
            const unsigned char expected = (unsigned char)((message->sequence - 1) % 251);
            CU_ASSERT_TRUE_FATAL(message->capacity == 0 || (unsigned char)last[-1] == expected);
        }
        for (size_t i = 0; i < 512; i++) {
            message_free(alive[(i * 37 + (size_t)round) % 512]);
        }
    }
    message_forget_kept();
}

static void *free_all(void *messages) {
    struct message **of_another_thread = messages;
    for (; *of_another_thread != NULL; of_another_thread++) {
        message_free(*of_another_thread);
    }
    message_forget_kept();
    return NULL;
}

static void test_a_life_may_end_in_another_thread(void) {
    struct message *messages[2001] = {NULL};
    for (size_t i = 0; i < 2000; i++) {
        messages[i] = message_new((uint32_t)i);
    }
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, free_all, messages), 0);
    pthread_join(thread, NULL);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"a new message is empty", test_a_new_message_is_empty},
        {"a payload grows", test_a_payload_grows},
        {"an answer has the envelope of its question", test_an_answer_has_the_envelope_of_its_question},
        {"many lives", test_many_lives},
        {"a life may end in another thread", test_a_life_may_end_in_another_thread},
        CU_TEST_INFO_NULL,
    };
    return unit_run("message", tests);
}
