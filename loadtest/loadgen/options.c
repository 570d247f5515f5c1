// The command line.
#include "loadtest/loadgen/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

const char *const kind_names[KIND_COUNT] = {
#define KIND(identifier, name, method, before, after) name,
#include "loadtest/loadgen/kind.def"
#undef KIND
};

static const char HELP[] =
    "reviewd-loadgen: asks an HTTP server for reviews, and tells how fast and how well it answers\n"
    "\n"
    "  reviewd-loadgen [--option value]...\n"
    "\n"
    "  --server ADDRESS:PORT   IPv4 (127.0.0.1:8080)\n"
    "  --clients N             connections that are kept open (64); each has one request in work at a time\n"
    "  --rate R                requests a second, at random moments that do not depend on the answers: an open loop. A request\n"
    "                          that finds no idle client waits for one, and its latency counts from when it was due (0: a\n"
    "                          closed loop, in which every client asks as soon as it has its answer)\n"
    "  --drop                  in an open loop, a request that finds no idle client is dropped instead, and counted: for overload,\n"
    "                          in which waiting requests would only pile up here\n"
    "  --warm S                seconds at first that do not count (1)\n"
    "  --seconds S             seconds that count (5)\n"
    "  --wait S                seconds to wait then for answers that are missing (5)\n"
    "  --products N            ask for the products 1 to N (33333)\n"
    "  --zipf                  some products much more often than others: Zipf's law with exponent 0.99\n"
    "  --in-turn               one product after the other, and then again\n"
    "  --request KIND[=WEIGHT] list, meta, post or vote; several make a mix (list)\n"
    "  --seed N                of the random numbers (1)\n"
    "\n"
    "Prints one JSON object: requests due, answers by status, answers a second and latencies in milliseconds of 2xx and of 503\n"
    "(latencies are rounded up by a sixteenth at most), what was never answered, and the CPU seconds of this program itself;\n"
    "\"undisturbed\" are the 2xx due at moments near to which the host of a virtual machine took no CPU time away.\n"
    "Exit codes: 0 measured, 1 the server could not be reached, 2 bad usage.\n";

enum option_id {
    OPTION_SERVER = 256,
    OPTION_CLIENTS,
    OPTION_RATE,
    OPTION_DROP,
    OPTION_WARM,
    OPTION_SECONDS,
    OPTION_WAIT,
    OPTION_PRODUCTS,
    OPTION_ZIPF,
    OPTION_IN_TURN,
    OPTION_REQUEST,
    OPTION_SEED
};

static bool read_number(const char *text, double low, double high, double *number) {
    char *end = NULL;
    errno = 0;
    *number = strtod(text, &end);
    return errno == 0 && end != text && *end == '\0' && *number >= low && *number <= high;
}

static bool read_count(const char *text, unsigned *count) {
    double number = 0;
    bool good = read_number(text, 1, INT_MAX, &number);
    *count = (unsigned)number;
    return good;
}

static bool read_server(const char *text, struct sockaddr_in *server) {
    char address[INET_ADDRSTRLEN];
    const char *colon = strchr(text, ':');
    double port = 0;
    if (colon == NULL || (size_t)(colon - text) >= sizeof address || !read_number(colon + 1, 1, UINT16_MAX, &port)) {
        return false;
    }
    memcpy(address, text, (size_t)(colon - text));
    address[colon - text] = '\0';
    server->sin_family = AF_INET;
    server->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, address, &server->sin_addr) == 1;
}

static bool read_request(const char *text, unsigned weights[KIND_COUNT]) {
    size_t length = strcspn(text, "=");
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (strlen(kind_names[kind]) == length && strncmp(kind_names[kind], text, length) == 0) {
            weights[kind] = 1;
            return text[length] == '\0' || read_count(text + length + 1, &weights[kind]);
        }
    }
    return false;
}

static bool read_option(int option, const char *value, struct options *options) {
    double number = 0;
    bool good = true;
    switch (option) {
    case OPTION_SERVER: good = read_server(value, &options->server); break;
    case OPTION_CLIENTS: good = read_count(value, &options->clients) && options->clients <= 60000; break;
    case OPTION_RATE: good = read_number(value, 0, 1e7, &options->rate); break;
    case OPTION_DROP: options->drop = true; break;
    case OPTION_WARM: good = read_number(value, 0, 1e6, &options->warm_s); break;
    case OPTION_SECONDS: good = read_number(value, 0.01, 1e6, &options->seconds); break;
    case OPTION_WAIT: good = read_number(value, 0, 1e6, &options->wait_s); break;
    case OPTION_PRODUCTS: good = read_count(value, &options->products); break;
    case OPTION_ZIPF: options->zipf = true; break;
    case OPTION_IN_TURN: options->in_turn = true; break;
    case OPTION_REQUEST: good = read_request(value, options->weights); break;
    default: // OPTION_SEED
        good = read_number(value, 0, 1e15, &number);
        options->seed = (uint64_t)number;
    }
    return good;
}

bool options_read(int count, char **arguments, struct options *options, int *code) {
    static const struct option names[] = {
        {"server", required_argument, NULL, OPTION_SERVER},
        {"clients", required_argument, NULL, OPTION_CLIENTS},
        {"rate", required_argument, NULL, OPTION_RATE},
        {"drop", no_argument, NULL, OPTION_DROP},
        {"warm", required_argument, NULL, OPTION_WARM},
        {"seconds", required_argument, NULL, OPTION_SECONDS},
        {"wait", required_argument, NULL, OPTION_WAIT},
        {"products", required_argument, NULL, OPTION_PRODUCTS},
        {"zipf", no_argument, NULL, OPTION_ZIPF},
        {"in-turn", no_argument, NULL, OPTION_IN_TURN},
        {"request", required_argument, NULL, OPTION_REQUEST},
        {"seed", required_argument, NULL, OPTION_SEED},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *options = (struct options){.clients = 64, .warm_s = 1, .seconds = 5, .wait_s = 5, .products = 33333, .seed = 1};
    if (!read_server("127.0.0.1:8080", &options->server)) {
        abort();
    }
    unsigned kinds = 0;
    for (int option, index = 0; (option = getopt_long(count, arguments, "h", names, &index)) != -1;) {
        if (option == 'h') {
            fputs(HELP, stdout);
            *code = 0;
            return false;
        }
        if (option == '?' || !read_option(option, optarg, options)) {
            if (option != '?') {
                fprintf(stderr, "reviewd-loadgen: --%s cannot be \"%s\"\n", names[index].name, optarg);
            }
            *code = 2;
            return false;
        }
        kinds += option == OPTION_REQUEST;
    }
    if (kinds == 0) {
        options->weights[KIND_LIST] = 1;
    }
    *code = 2;
    if (optind < count) {
        fprintf(stderr, "reviewd-loadgen: unexpected argument: %s\n", arguments[optind]);
    }
    return optind == count;
}
