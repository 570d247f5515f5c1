// The parts of which files are made.
//
// A part is a few hundred reviews, so that all threads are busy to the end whatever the number of segments. It is made in a
// slot. Who finishes the part whose turn it is puts it into the stream, and after it those that were finished before their
// turn; nobody else touches the stream meanwhile. A thread waits only when it is too far ahead, or when its part is larger
// than a slot: then until its turn, from which on the part goes straight through. The earliest part never waits.
#include "seed/file_parts.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    PART_RECORDS = 256,
    // How far others may get while one makes a large product.
    SLOTS_AHEAD = 24,
    SLOTS_PER_THREAD = 4
};

struct slot {
    struct file_parts *parts;
    uint32_t part;
    // Its segment's file was begun for it.
    bool begun;
    struct slot *next_free;
    struct segment_writer writer;
};

struct file_parts {
    struct file_parts_settings settings;
    struct segment_part *parts;
    uint32_t count;
    uint32_t slot_count;
    struct slot **slots;
    pthread_mutex_t mutex;
    // The turn has passed on.
    pthread_cond_t passed;
    // Guarded by the mutex: all parts before this one are in the stream.
    uint32_t turn;
    // Guarded by the mutex. The one used last comes first: it is still in the cache.
    struct slot *free_slots;
    // Guarded by the mutex: where part n is, finished before its turn, at n % slot_count.
    struct slot **finished;
};

void file_parts_name(enum seed_format format, uint32_t segment, bool partial, char name[static FILE_NAME_ROOM]) {
    snprintf(name, FILE_NAME_ROOM, "review_%04u.%s%s", segment, format == FORMAT_CSV ? "csv" : "copy",
        partial ? ".partial" : "");
}

uint32_t file_parts_count(const struct file_parts *parts) {
    return parts->count;
}

// Puts what the slot holds into the stream; it must be its turn.
static bool put_bytes(struct slot *slot, struct view bytes) {
    struct file_parts *parts = slot->parts;
    const struct segment_part *part = &parts->parts[slot->part];
    struct file_stream *stream = parts->settings.stream;
    if (!slot->begun && part->first_product == part->segment->first_product) {
        char name[FILE_NAME_ROOM];
        file_parts_name(parts->settings.format, part->segment->number, true, name);
        if (!file_stream_begin(stream, name)) {
            return false;
        }
    }
    slot->begun = true;
    return file_stream_put(stream, bytes);
}

static bool put_slot(struct slot *slot) {
    const struct segment_part *part = &slot->parts->parts[slot->part];
    struct output *output = &slot->writer.output;
    return put_bytes(slot, (struct view){output->bytes, output_length(output)}) &&
           (part->end_product < part->segment->end_product || file_stream_end(slot->parts->settings.stream));
}

// The slot is full: what follows goes straight through.
static bool take_bytes(void *owner, struct view bytes) {
    struct slot *slot = owner;
    struct file_parts *parts = slot->parts;
    struct failure *failure = parts->settings.failure;
    pthread_mutex_lock(&parts->mutex);
    while (parts->turn != slot->part && !failure_stopped(failure)) {
        pthread_cond_wait(&parts->passed, &parts->mutex);
    }
    pthread_mutex_unlock(&parts->mutex);
    return !failure_stopped(failure) && put_bytes(slot, bytes);
}

// Parts begin in order, and at most slot_count of them are neither in the stream nor waiting here: a slot is free.
static struct slot *take_slot(struct file_parts *parts, uint32_t part) {
    struct slot *slot = NULL;
    pthread_mutex_lock(&parts->mutex);
    while (part - parts->turn >= parts->slot_count && !failure_stopped(parts->settings.failure)) {
        pthread_cond_wait(&parts->passed, &parts->mutex);
    }
    if (part - parts->turn < parts->slot_count) {
        slot = parts->free_slots;
        parts->free_slots = slot->next_free;
    }
    pthread_mutex_unlock(&parts->mutex);
    if (slot != NULL) {
        slot->part = part;
        slot->begun = false;
        output_start(&slot->writer.output, take_bytes, slot);
    }
    return slot;
}

static void finish(struct file_parts *parts, struct slot *slot) {
    pthread_mutex_lock(&parts->mutex);
    if (slot->part != parts->turn) {
        parts->finished[slot->part % parts->slot_count] = slot;
        slot = NULL;
    }
    while (slot != NULL) {
        pthread_mutex_unlock(&parts->mutex);
        if (!put_slot(slot)) {
            return;
        }
        pthread_mutex_lock(&parts->mutex);
        slot->next_free = parts->free_slots;
        parts->free_slots = slot;
        parts->turn++;
        pthread_cond_broadcast(&parts->passed);
        slot = parts->finished[parts->turn % parts->slot_count];
        parts->finished[parts->turn % parts->slot_count] = NULL;
    }
    pthread_mutex_unlock(&parts->mutex);
}

void file_parts_make(struct file_parts *parts, uint32_t part) {
    struct slot *slot = take_slot(parts, part);
    size_t tally_count = 0;
    if (slot != NULL &&
        segment_write_part(&slot->writer, parts->settings.plan, &parts->parts[part], NULL, &tally_count)) {
        finish(parts, slot);
    }
}

void file_parts_wake(struct file_parts *parts) {
    pthread_mutex_lock(&parts->mutex);
    pthread_cond_broadcast(&parts->passed);
    pthread_mutex_unlock(&parts->mutex);
}

static void cut_segment(struct file_parts *parts, const struct plan *plan, const struct segment *segment) {
    uint32_t first = segment->first_product;
    uint64_t records = 0;
    for (uint32_t product = first; product < segment->end_product; product++) {
        records += plan->product_records[product];
        if (records >= PART_RECORDS || product + 1 == segment->end_product) {
            parts->parts[parts->count++] = (struct segment_part){segment, first, product + 1};
            first = product + 1;
            records = 0;
        }
    }
}

static bool create_slots(struct file_parts *parts) {
    const struct file_parts_settings *settings = &parts->settings;
    for (uint32_t i = 0; i < parts->slot_count; i++) {
        struct slot *slot = calloc(1, sizeof *slot);
        if (slot == NULL) {
            return false;
        }
        parts->slots[i] = slot;
        slot->parts = parts;
        slot->next_free = parts->free_slots;
        parts->free_slots = slot;
        slot->writer.failure = settings->failure;
        slot->writer.progress = settings->progress;
        slot->writer.format = settings->format;
        slot->writer.maker.tables = settings->tables;
    }
    return true;
}

struct file_parts *file_parts_create(const struct file_parts_settings *settings) {
    const struct plan *plan = settings->plan;
    struct file_parts *parts = calloc(1, sizeof *parts);
    if (parts == NULL) {
        failure_set(settings->failure, "no memory for %u threads", settings->threads);
        return NULL;
    }
    parts->settings = *settings;
    pthread_mutex_init(&parts->mutex, NULL);
    pthread_cond_init(&parts->passed, NULL);
    parts->slot_count = SLOTS_AHEAD + SLOTS_PER_THREAD * settings->threads;
    parts->slots = calloc(parts->slot_count, sizeof *parts->slots);
    parts->finished = calloc(parts->slot_count, sizeof *parts->finished);
    // Each part but a segment's last has PART_RECORDS reviews or more.
    parts->parts = calloc(plan->records / PART_RECORDS + plan->segment_count, sizeof *parts->parts);
    if (parts->slots == NULL || parts->finished == NULL || parts->parts == NULL || !create_slots(parts)) {
        failure_set(settings->failure, "no memory for %u threads", settings->threads);
        file_parts_free(parts);
        return NULL;
    }
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        cut_segment(parts, plan, &plan->segments[i]);
    }
    return parts;
}

void file_parts_free(struct file_parts *parts) {
    for (uint32_t i = 0; parts->slots != NULL && i < parts->slot_count; i++) {
        free(parts->slots[i]);
    }
    free(parts->slots);
    free(parts->finished);
    free(parts->parts);
    pthread_cond_destroy(&parts->passed);
    pthread_mutex_destroy(&parts->mutex);
    free(parts);
}
