// Messages: the envelope, the payload, and answers.

#include "core/message.h"
#include "tests/unit/unit.h"

static void test_a_new_message_is_empty(void) {
    struct message *message = message_new(100);
    CU_ASSERT_EQUAL(message->length, 0);
    CU_ASSERT_EQUAL(message->capacity, 100);
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
    CU_ASSERT_EQUAL(answer->capacity, 20);
    message_free(question);
    message_free(answer);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"a new message is empty", test_a_new_message_is_empty},
        {"a payload grows", test_a_payload_grows},
        {"an answer has the envelope of its question", test_an_answer_has_the_envelope_of_its_question},
        CU_TEST_INFO_NULL,
    };
    return unit_run("message", tests);
}
