#include "core/process.h"

#include "core/clock.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    COUNT_AGAIN_S = 5
};

static uint64_t read_resident_bytes(void) {
    unsigned long long total;
    unsigned long long resident;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    int read = fscanf(file, "%llu %llu", &total, &resident);
    (void)fclose(file);
    return read == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t count_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return 0;
    }
    uint64_t count = 0;
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count < 3 ? 0 : count - 3; // without ".", ".." and the folder itself
}

static void learn_descriptors(struct process_usage *usage, uint64_t now_ns) {
    struct stat about;
    // From Linux 6.2 on, the folder's size is how many there are.
    if (stat("/proc/self/fd", &about) == 0 && about.st_size > 0) {
        usage->descriptors = (uint64_t)about.st_size;
    } else if (usage->counted_at_ns == 0 || now_ns - usage->counted_at_ns >= COUNT_AGAIN_S * NS_PER_S) {
        usage->descriptors = count_descriptors();
        usage->counted_at_ns = now_ns;
    }
}

void process_usage_read(struct process_usage *usage, uint64_t now_ns) {
    struct rlimit limit;
    struct timespec used;
    usage->resident_bytes = read_resident_bytes();
    learn_descriptors(usage, now_ns);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        usage->descriptors_max = limit.rlim_cur;
    }
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0) {
        usage->cpu_ns = (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
    }
}

bool process_schedule_as_batch(void) {
    const struct sched_param priority = {0};
    return sched_setscheduler(0, SCHED_BATCH, &priority) == 0;
}
