// What the process takes of the machine: memory, descriptors, CPU time. One thread.
#ifndef REVIEWD_CORE_PROCESS_H
#define REVIEWD_CORE_PROCESS_H

#include "core/base.h"

// All zero before the first process_usage_read. What cannot be learnt stays 0.
struct process_usage {
    uint64_t resident_bytes;
    uint64_t descriptors; // open
    uint64_t descriptors_max;
    uint64_t cpu_ns;        // user and system, of all threads
    uint64_t counted_at_ns; // when `descriptors` was counted
};

// Learns everything anew; but descriptors at most every few seconds where the kernel makes us count them one by one.
void process_usage_read(struct process_usage *usage, uint64_t now_ns);

// Has the kernel schedule the calling thread, and those that it starts from now on, as work in batches (SCHED_BATCH, see
// sched(7)): when it wakes up it does not interrupt what runs on its CPU. Returns false, with errno, where that is refused.
MUST_CHECK bool process_schedule_as_batch(void);

#endif
