// How many batches of reads a connection may have without an answer.
//
// Deep pipelines keep PostgreSQL at work while answers are on their way. Where it takes long for a batch, because it has little of a CPU or
// waits for a disk, they only make each answer later, in the end later than its deadline, and then nothing that it does is of use. So the
// depth is halved by a batch that took long and grows by one with a batch that was quick. (Additive increase, multiplicative decrease:
// D. Chiu, R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989.)
//
// One thread.
#ifndef REVIEWD_ACTORS_PIPELINE_DEPTH_H
#define REVIEWD_ACTORS_PIPELINE_DEPTH_H

#include "core/base.h"

struct pipeline_depth {
    unsigned most; // at least one
    unsigned now;  // from 1 to most
};

// Takes in that a batch took so long from its sending to its answer, or to its failure, which is never quick. What took a half of the limit
// was long, an eighth is quick.
static inline void pipeline_depth_note(
    struct pipeline_depth *depth, uint64_t took_ns, bool succeeded, uint64_t limit_ns) {
    if (took_ns > limit_ns / 2) {
        depth->now = (depth->now + 1) / 2;
    } else if (succeeded && took_ns < limit_ns / 8 && depth->now < depth->most) {
        depth->now++;
    }
}

#endif
