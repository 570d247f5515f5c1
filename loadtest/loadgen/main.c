// reviewd-loadgen: the clients of the benchmarks; see --help.
#include "loadtest/loadgen/report.h"

int main(int count, char **arguments) {
    static struct results results;
    struct options options;
    int code = 0;
    if (!options_read(count, arguments, &options, &code)) {
        return code;
    }
    if (!run(&options, &results)) {
        return 1;
    }
    report_print(&options, &results);
    return 0;
}
