#include "core/mailbox.h"

#include "core/memory.h"

#include <stdlib.h>

void mailbox_open(struct mailbox *mailbox, size_t capacity) {
    uint64_t size = 2;
    while (size < capacity) {
        size *= 2;
    }
    mailbox->cells = memory_allocate((size_t)size, sizeof *mailbox->cells);
    mailbox->mask = size - 1;
    for (uint64_t i = 0; i < size; i++) {
        atomic_init(&mailbox->cells[i].sequence, i);
    }
    atomic_init(&mailbox->tail, 0);
    atomic_init(&mailbox->head, 0);
}

void mailbox_close(struct mailbox *mailbox) {
    for (struct message *message; (message = mailbox_pop(mailbox)) != NULL;) {
        message_free(message);
    }
    free(mailbox->cells);
    mailbox->cells = NULL;
}

bool mailbox_push(struct mailbox *mailbox, struct message *message) {
    // relaxed: only a guess at where to push; the cell's sequence decides.
    uint64_t position = atomic_load_explicit(&mailbox->tail, memory_order_relaxed);
    for (;;) {
        struct mailbox_cell *cell = &mailbox->cells[position & mailbox->mask];
        // acquire: pairs with the release in mailbox_pop, so that the consumer has read the old message before we write.
        uint64_t sequence = atomic_load_explicit(&cell->sequence, memory_order_acquire);
        if (sequence == position) {
            // relaxed: it only claims the position; what is in the cell is published by the store below.
            if (atomic_compare_exchange_weak_explicit(
                    &mailbox->tail, &position, position + 1, memory_order_relaxed, memory_order_relaxed)) {
                cell->message = message;
                // release: pairs with the acquire in mailbox_pop: message and pointer are complete before they are seen.
                atomic_store_explicit(&cell->sequence, position + 1, memory_order_release);
                return true;
            }
        } else if (sequence < position) {
            // The cell still holds the message of a round ago: full, unless our guess is stale.
            uint64_t tail = atomic_load_explicit(&mailbox->tail, memory_order_relaxed);
            if (tail == position) {
                return false;
            }
            position = tail;
        } else {
            position = atomic_load_explicit(&mailbox->tail, memory_order_relaxed);
        }
    }
}

// The cell that is to be taken next. relaxed: only the consumer writes head.
static struct mailbox_cell *next_cell(struct mailbox *mailbox, uint64_t *head) {
    *head = atomic_load_explicit(&mailbox->head, memory_order_relaxed);
    return &mailbox->cells[*head & mailbox->mask];
}

struct message *mailbox_pop(struct mailbox *mailbox) {
    uint64_t head;
    struct mailbox_cell *cell = next_cell(mailbox, &head);
    // acquire: pairs with the release in mailbox_push.
    if (atomic_load_explicit(&cell->sequence, memory_order_acquire) != head + 1) {
        return NULL;
    }
    struct message *message = cell->message;
    // release: pairs with the acquire in mailbox_push, so that the next user of the cell writes after this read.
    atomic_store_explicit(&cell->sequence, head + mailbox->mask + 1, memory_order_release);
    // relaxed: for observers only.
    atomic_store_explicit(&mailbox->head, head + 1, memory_order_relaxed);
    return message;
}

bool mailbox_has_mail(struct mailbox *mailbox) {
    uint64_t head;
    struct mailbox_cell *cell = next_cell(mailbox, &head);
    // acquire: as in mailbox_pop; also what the second look after waker_arm relies on.
    return atomic_load_explicit(&cell->sequence, memory_order_acquire) == head + 1;
}

uint64_t mailbox_taken(struct mailbox *mailbox) {
    // relaxed: as in mailbox_depth.
    return atomic_load_explicit(&mailbox->head, memory_order_relaxed);
}

size_t mailbox_depth(struct mailbox *mailbox) {
    // relaxed: a picture for people, nothing follows from it.
    uint64_t head = atomic_load_explicit(&mailbox->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&mailbox->tail, memory_order_relaxed);
    return tail > head ? (size_t)(tail - head) : 0;
}
