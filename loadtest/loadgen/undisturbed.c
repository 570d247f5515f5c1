#include "loadtest/loadgen/undisturbed.h"

#include "core/clock.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t stolen_ticks(void) {
    uint64_t ticks = 0;
    FILE *file = fopen("/proc/stat", "re");
    if (file != NULL) {
        // NOLINTNEXTLINE(cert-err34-c): the kernel's own
        if (fscanf(file, "cpu %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &ticks) != 1) {
            ticks = 0;
        }
        fclose(file);
    }
    return ticks;
}

static uint64_t slice_number(const struct undisturbed *undisturbed, uint64_t time_ns) {
    return time_ns < undisturbed->begin_ns ? 0 : (time_ns - undisturbed->begin_ns) / (SLICE_MS * NS_PER_MS);
}

void undisturbed_begin(struct undisturbed *undisturbed, uint64_t now_ns, uint64_t stolen) {
    undisturbed->begin_ns = now_ns;
    undisturbed->stolen = stolen;
}

bool undisturbed_is_due(const struct undisturbed *undisturbed, uint64_t now_ns) {
    return slice_number(undisturbed, now_ns) > undisturbed->current;
}

// Counts what a slice holds, and makes its place free.
static void complete(struct undisturbed *undisturbed, struct slice *slice) {
    histogram_merge(slice->is_disturbed ? &undisturbed->disturbed : &undisturbed->latency, &slice->latency);
    *slice = (struct slice){0};
}

static struct slice *slice_at(struct undisturbed *undisturbed, uint64_t number) {
    return &undisturbed->slices[number % SLICE_COUNT];
}

void undisturbed_look(struct undisturbed *undisturbed, uint64_t now_ns, uint64_t stolen) {
    const uint64_t since = undisturbed->current == 0 ? 0 : undisturbed->current - 1;
    const uint64_t number = slice_number(undisturbed, now_ns);
    while (undisturbed->current < number) {
        undisturbed->current++;
        complete(undisturbed, slice_at(undisturbed, undisturbed->current + SLICES_KEPT));
    }
    if (stolen != undisturbed->stolen) {
        undisturbed->stolen = stolen;
        const uint64_t first = number - since < SLICES_KEPT ? since : number - SLICES_KEPT + 1;
        for (uint64_t i = first; i <= number; i++) {
            slice_at(undisturbed, i)->is_disturbed = true;
        }
    }
}

void undisturbed_record(struct undisturbed *undisturbed, uint64_t due_ns, uint64_t latency_ns) {
    uint64_t number = slice_number(undisturbed, due_ns);
    if (number + SLICES_KEPT <= undisturbed->current) {
        struct histogram alone = {0}; // its slice is no longer kept
        histogram_record(&alone, latency_ns);
        histogram_merge(&undisturbed->latency, &alone);
    } else {
        histogram_record(&slice_at(undisturbed, number)->latency, latency_ns);
    }
}

void undisturbed_end(struct undisturbed *undisturbed) {
    for (size_t i = 0; i < SLICE_COUNT; i++) {
        complete(undisturbed, &undisturbed->slices[i]);
    }
}
