// The threads of a run. The caller's thread does no task: it waits for signals, for the threads' end, and shows progress.
#include "seed/crew.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    INTERRUPT_INTERVAL_MS = 200
};

struct shift {
    struct crew *crew;
    atomic_uint next_task;
    atomic_uint next_thread;
    // Written once by every thread at its end, or by a failure: the caller wakes.
    int wake_fd;
    int signal_fd;
};

static void fill_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
}

void crew_block_signals(void) {
    sigset_t signals;
    fill_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static void *work_shift(void *argument) {
    struct shift *shift = argument;
    struct crew *crew = shift->crew;
    // Relaxed counters: they only hand out numbers; what a task reads was there before the thread.
    uint32_t thread = atomic_fetch_add_explicit(&shift->next_thread, 1, memory_order_relaxed);
    while (!failure_stopped(crew->failure)) {
        uint32_t task = atomic_fetch_add_explicit(&shift->next_task, 1, memory_order_relaxed);
        if (task >= crew->task_count) {
            break;
        }
        crew->work(crew->owner, thread, task);
    }
    uint64_t one = 1;
    ssize_t written = write(shift->wake_fd, &one, sizeof one);
    (void)written;
    return NULL;
}

static void take_signal(struct shift *shift) {
    struct signalfd_siginfo signal_info;
    if (read(shift->signal_fd, &signal_info, sizeof signal_info) == (ssize_t)sizeof signal_info) {
        failure_set(shift->crew->failure, "interrupted");
    }
}

// Waits until `running` threads have ended.
static void wait_for_end(struct shift *shift, uint64_t running) {
    struct crew *crew = shift->crew;
    while (running > 0) {
        bool stopping = failure_stopped(crew->failure);
        int interval_ms = stopping ? INTERRUPT_INTERVAL_MS : progress_interval_ms(crew->progress);
        struct pollfd descriptors[] = {{shift->wake_fd, POLLIN, 0}, {shift->signal_fd, POLLIN, 0}};
        if (poll(descriptors, COUNT_OF(descriptors), interval_ms) > 0) {
            uint64_t ended = 0;
            if (descriptors[0].revents != 0 && read(shift->wake_fd, &ended, sizeof ended) == (ssize_t)sizeof ended) {
                running -= ended;
            }
            if (descriptors[1].revents != 0) {
                take_signal(shift);
            }
        }
        if (failure_stopped(crew->failure)) {
            // Again and again: an interruption that falls between two statements interrupts nothing.
            if (running > 0 && crew->interrupt != NULL) {
                crew->interrupt(crew->owner);
            }
        } else {
            progress_show(crew->progress);
        }
    }
}

void crew_run(struct crew *crew) {
    struct shift shift = {.crew = crew, .wake_fd = eventfd(0, EFD_CLOEXEC)};
    sigset_t signals;
    fill_signals(&signals);
    shift.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    pthread_t *threads = calloc(crew->thread_count, sizeof *threads);
    uint32_t started = 0;
    if (shift.wake_fd == -1 || shift.signal_fd == -1 || threads == NULL) {
        failure_set(crew->failure, "cannot start threads: %s", strerror(errno));
    } else {
        while (started < crew->thread_count && !failure_stopped(crew->failure)) {
            int error = pthread_create(&threads[started], NULL, work_shift, &shift);
            if (error != 0) {
                failure_set(crew->failure, "cannot start thread %u: %s", started + 1, strerror(error));
                break;
            }
            started++;
        }
        wait_for_end(&shift, started);
    }
    for (uint32_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    free(threads);
    if (shift.wake_fd != -1) {
        close(shift.wake_fd);
    }
    if (shift.signal_fd != -1) {
        close(shift.signal_fd);
    }
    progress_end_line(crew->progress);
}
