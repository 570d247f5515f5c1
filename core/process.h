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

#endif
