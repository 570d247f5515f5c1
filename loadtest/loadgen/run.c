// The loop of a measurement.
//
// Open loop: requests are due at moments of a Poisson process that runs on whatever the server does. One that finds no idle
// client waits in a queue, and its latency counts from when it was due, so that a server that stalls is not asked less
// (which Gil Tene named coordinated omission). Requests that are never answered count with the time they waited in vain.
// Idle clients take turns, so that all connections are used.
#include "loadtest/loadgen/run.h"

#include "core/clock.h"
#include "core/memory.h"
#include "loadtest/loadgen/asking.h"
#include "loadtest/loadgen/client.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum {
    EVENTS_MAX = 256,
    REOPENS_MAX = 100 // attempts in a row that may fail
};

// A queue of numbers that grows.
struct ring {
    uint64_t *cells;
    size_t size, first, length;
};

struct state {
    const struct options *options;
    struct results *results;
    struct asking asking;
    struct buffer request;
    struct client *clients;
    struct ring idle;    // places in `clients`
    struct ring waiting; // when requests were due that found no client
    int epoll;
    uint64_t next_ns;                      // when the next request is due; open loop
    uint64_t begin_ns, end_ns, give_up_ns; // of what is counted; of waiting for it
    unsigned in_work;
    bool lost; // the server is gone
};

static void ring_push(struct ring *ring, uint64_t value) {
    if (ring->length == ring->size) {
        struct ring larger = {
            memory_allocate(ring->size * 2 + 1024, sizeof(uint64_t)), ring->size * 2 + 1024, 0, ring->length};
        for (size_t i = 0; i < ring->length; i++) {
            larger.cells[i] = ring->cells[(ring->first + i) % ring->size];
        }
        free(ring->cells);
        *ring = larger;
    }
    ring->cells[(ring->first + ring->length++) % ring->size] = value;
}

static uint64_t ring_pop(struct ring *ring) {
    uint64_t value = ring->cells[ring->first];
    ring->first = (ring->first + 1) % ring->size;
    ring->length--;
    return value;
}

static bool is_open(const struct state *state) {
    return state->options->rate > 0;
}

// Whether a request that was due then counts.
static bool counts(const struct state *state, uint64_t due_ns) {
    return due_ns >= state->begin_ns && due_ns < state->end_ns;
}

static bool connect_client(struct state *state, size_t place) {
    struct client *client = &state->clients[place];
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = place};
    return client_open(client, &state->options->server) &&
           epoll_ctl(state->epoll, EPOLL_CTL_ADD, client->fd, &event) == 0;
}

// Replaces a connection that is no good.
static void reconnect(struct state *state, size_t place) {
    client_close(&state->clients[place]);
    for (int attempt = 0; !connect_client(state, place); attempt++) {
        if (attempt == REOPENS_MAX) {
            fprintf(stderr, "reviewd-loadgen: the server is gone: %s\n", strerror(errno));
            state->lost = true;
            return;
        }
    }
}

static void ask(struct state *state, size_t place, uint64_t due_ns) {
    struct client *client = &state->clients[place];
    asking_request(&state->asking, &state->request);
    for (int attempt = 0; client->fd < 0 || !client_send(client, &state->request); attempt++) {
        if (state->lost || attempt == REOPENS_MAX) {
            state->lost = true;
            return;
        }
        reconnect(state, place);
    }
    client->due_ns = due_ns;
    client->sent_ns = clock_now_ns();
    state->in_work++;
    state->results->due += counts(state, due_ns);
}

static void count_answer(struct state *state, const struct client *client, int status, uint64_t now_ns) {
    struct results *results = state->results;
    results->answers++;
    const int class = status / 100 == 2 ? ANSWERED : status == 503 ? REFUSED : CLASS_COUNT;
    if (class < CLASS_COUNT && now_ns >= state->begin_ns && now_ns < state->end_ns) {
        results->within[class]++;
    }
    if (!counts(state, client->due_ns)) {
        return;
    }
    results->statuses[status]++;
    if (class < CLASS_COUNT) {
        histogram_record(&results->latency[class], now_ns - client->due_ns);
        histogram_record(&results->answering[class], now_ns - client->sent_ns);
    }
    if (class == ANSWERED) {
        undisturbed_record(&results->undisturbed, client->due_ns, now_ns - client->due_ns);
    }
}

// A client has its answer, or none: it asks on, or becomes idle.
static void free_client(struct state *state, size_t place, uint64_t now_ns) {
    struct client *client = &state->clients[place];
    state->in_work--;
    client->due_ns = 0;
    if (!is_open(state)) {
        if (now_ns < state->end_ns) {
            ask(state, place, now_ns);
        }
    } else if (state->waiting.length > 0) {
        ask(state, place, ring_pop(&state->waiting));
    } else {
        ring_push(&state->idle, place);
    }
}

static void receive(struct state *state, size_t place) {
    struct client *client = &state->clients[place];
    const int status = client_receive(client);
    if (status == 0) {
        return;
    }
    const uint64_t now_ns = clock_now_ns();
    const bool was_in_work = client->due_ns != 0;
    if (status < 0) {
        state->results->broken += was_in_work && counts(state, client->due_ns);
        reconnect(state, place);
    } else if (was_in_work) {
        count_answer(state, client, status, now_ns);
        if (client->closes) {
            reconnect(state, place);
        }
    }
    if (was_in_work) {
        free_client(state, place, now_ns);
    }
}

// Open loop: what is due by now is sent, or waits.
static void send_due(struct state *state, uint64_t now_ns) {
    while (state->next_ns <= now_ns && state->next_ns < state->end_ns && !state->lost) {
        if (state->idle.length > 0) {
            ask(state, ring_pop(&state->idle), state->next_ns);
        } else if (state->options->drop) {
            state->results->dropped += counts(state, state->next_ns);
        } else {
            ring_push(&state->waiting, state->next_ns);
        }
        const double gap_s = -log(1 - asking_random(&state->asking)) / state->options->rate;
        state->next_ns += (uint64_t)(gap_s * (double)NS_PER_S);
    }
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool begin(struct state *state) {
    const struct options *options = state->options;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    state->epoll = epoll_create1(EPOLL_CLOEXEC);
    state->clients = memory_allocate(options->clients, sizeof *state->clients);
    for (size_t place = 0; place < options->clients; place++) {
        if (!connect_client(state, place)) {
            fprintf(stderr, "reviewd-loadgen: client %zu cannot connect: %s\n", place + 1, strerror(errno));
            return false;
        }
    }
    const uint64_t now_ns = clock_now_ns();
    state->begin_ns = now_ns + (uint64_t)(options->warm_s * (double)NS_PER_S);
    state->end_ns = state->begin_ns + (uint64_t)(options->seconds * (double)NS_PER_S);
    state->give_up_ns = state->end_ns + (uint64_t)(options->wait_s * (double)NS_PER_S);
    state->next_ns = now_ns;
    undisturbed_begin(&state->results->undisturbed, now_ns, stolen_ticks());
    for (size_t place = 0; place < options->clients && !state->lost; place++) {
        if (is_open(state)) {
            ring_push(&state->idle, place);
        } else {
            ask(state, place, clock_now_ns());
        }
    }
    return !state->lost;
}

static void count_one_unanswered(struct results *results, uint64_t due_ns, uint64_t now_ns) {
    results->unanswered++;
    histogram_record(&results->latency[ANSWERED], now_ns - due_ns);
    undisturbed_record(&results->undisturbed, due_ns, now_ns - due_ns);
}

// Requests that nobody answered count with the time they waited.
static void count_unanswered(struct state *state) {
    const uint64_t now_ns = clock_now_ns();
    struct results *results = state->results;
    for (size_t place = 0; place < state->options->clients; place++) {
        const struct client *client = &state->clients[place];
        if (client->due_ns != 0 && counts(state, client->due_ns)) {
            count_one_unanswered(results, client->due_ns, now_ns);
        }
    }
    while (state->waiting.length > 0) {
        const uint64_t due_ns = ring_pop(&state->waiting);
        if (counts(state, due_ns)) {
            results->due++;
            count_one_unanswered(results, due_ns, now_ns);
        }
    }
}

static void end(struct state *state) {
    for (size_t place = 0; place < state->options->clients; place++) {
        client_close(&state->clients[place]);
    }
    free(state->clients);
    free(state->idle.cells);
    free(state->waiting.cells);
    buffer_free(&state->request);
}

static void turn(struct state *state) {
    struct undisturbed *undisturbed = &state->results->undisturbed;
    struct epoll_event events[EVENTS_MAX];
    struct timespec timeout = {0, 10 * (long)NS_PER_MS};
    uint64_t now_ns = clock_now_ns();
    if (is_open(state)) {
        send_due(state, now_ns);
        now_ns = clock_now_ns();
        // While no client is idle, what becomes due can as well be noted later.
        if (state->idle.length > 0 && state->next_ns < now_ns + 10 * NS_PER_MS) {
            timeout.tv_nsec = state->next_ns > now_ns ? (long)(state->next_ns - now_ns) : 0;
        }
    }
    if (undisturbed_is_due(undisturbed, now_ns)) {
        undisturbed_look(undisturbed, now_ns, stolen_ticks());
    }
    const int count = epoll_pwait2(state->epoll, events, EVENTS_MAX, &timeout, NULL);
    for (int i = 0; i < count && !state->lost; i++) {
        receive(state, events[i].data.u64);
        if (is_open(state) && i % 16 == 15) {
            send_due(state, clock_now_ns());
        }
    }
}

bool run(const struct options *options, struct results *results) {
    struct state state = {.options = options, .results = results};
    asking_begin(&state.asking, options);
    bool good = begin(&state);
    double cpu_s = -1;
    while (good && !state.lost) {
        const uint64_t now_ns = clock_now_ns();
        if (cpu_s < 0 && now_ns >= state.begin_ns) {
            cpu_s = cpu_seconds();
        }
        if (results->seconds <= 0 && now_ns >= state.end_ns) {
            results->cpu_s = cpu_seconds() - cpu_s;
            results->seconds = (double)(state.end_ns - state.begin_ns) / (double)NS_PER_S;
        }
        if (now_ns >= state.end_ns &&
            (now_ns >= state.give_up_ns || (state.in_work == 0 && state.waiting.length == 0))) {
            break;
        }
        turn(&state);
    }
    good = good && !state.lost;
    count_unanswered(&state);
    undisturbed_end(&results->undisturbed);
    end(&state);
    return good;
}
