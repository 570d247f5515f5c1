#include "actors/lane_growth.h"

#include "core/clock.h"

enum {
    WINDOW_MS = 250,    // in which answers are counted; longer,
    WINDOW_ROUNDS = 64, // until so many rounds have come,
    WINDOW_MAX_MS = 2000,
    HELD_UP_MIN_MS =
        250, // A lane is held up without an answer for so long, and as many rounds as these; or for the longest time,
    HELD_UP_ROUNDS = 8,
    HELD_UP_MAX_MS = 1000, // also if it is not known how often rounds come.
    DOUBLE_S = 2,          // after so long with twice the connections, it gets twice as many again
    DOUBLINGS_MAX = 16,
    OPENING_MS = 1000, // for a trial's connections; then it goes on with those that there are
    PAUSE_MS = 100,    // who was not asked for so long has waited no more
    HOLD_MIN_S = 2,    // after a trial that failed
    HOLD_MAX_S = 64,
    STEP_DIVISOR = 4, // a trial adds this part of the connections,
    // A trial begins when the rate has changed by no more than this part of itself in some windows,
    STEADY_DIVISOR = 10,
    GAIN_DIVISOR = 2 // and has to gain at least this part of what as many more would gain if each did as much as before
};

static void begin_window(struct lane_growth *growth, unsigned connections, uint64_t now_ns) {
    growth->begun_ns = now_ns;
    growth->done = 0;
    growth->done_seen = 0;
    growth->rounds = 0;
    growth->rounds_seen = 0;
    growth->connections = connections;
}

static unsigned target(const struct lane_growth *growth) {
    return growth->before + (growth->before < STEP_DIVISOR ? 1 : growth->before / STEP_DIVISOR);
}

static bool has_gained(const struct lane_growth *growth, double rate) {
    double more = (double)(growth->connections - growth->before) / growth->before;
    return rate > 0 && rate >= growth->rate_before * (1 + more / GAIN_DIVISOR);
}

static void hold(struct lane_growth *growth, uint64_t now_ns) {
    uint64_t hold_s = (uint64_t)HOLD_MIN_S << growth->failures;
    growth->held_until_ns = now_ns + (hold_s < HOLD_MAX_S ? hold_s : HOLD_MAX_S) * NS_PER_S;
    growth->failures += hold_s < HOLD_MAX_S;
}

// Keeps the rate of a window. Returns whether it is steady: what rises by itself, as after a start, would be taken for a gain, and so
// would the end of a slow spell.
static bool note_rate(struct lane_growth *growth, double rate) {
    const unsigned kept = COUNT_OF(growth->rates);
    const double oldest = growth->rates[kept - 1];
    const double most = 1 + 1.0 / STEADY_DIVISOR;
    bool is_steady = growth->rate_count == kept && rate <= oldest * most && rate >= oldest / most;
    memmove(growth->rates + 1, growth->rates, (kept - 1) * sizeof growth->rates[0]);
    growth->rates[0] = rate;
    growth->rate_count += growth->rate_count < kept;
    return is_steady;
}

// Of the windows that are kept; at least that of the last one.
static double mean_rate(const struct lane_growth *growth) {
    double sum = 0;
    for (unsigned i = 0; i < growth->rate_count; i++) {
        sum += growth->rates[i];
    }
    double mean = sum / growth->rate_count;
    return mean > growth->rates[0] ? mean : growth->rates[0];
}

// A window has ended in which so much was answered.
static enum lane_growth_step judge(struct lane_growth *growth, unsigned connections, uint64_t now_ns, unsigned *left) {
    uint64_t span_ns = now_ns - growth->begun_ns;
    double rate = (double)growth->done / (double)span_ns;
    bool is_answered = growth->rounds > 0 && growth->answered_ns > growth->begun_ns;
    growth->interval_ns = is_answered ? (growth->answered_ns - growth->begun_ns) / growth->rounds : 0;
    bool is_trial = growth->before > 0 && growth->connections > growth->before;
    if (is_trial && !has_gained(growth, rate)) {
        *left = growth->before;
        growth->before = 0;
        growth->rate_count = 0;
        hold(growth, now_ns);
        begin_window(growth, *left, now_ns);
        return LANE_SHRINK;
    }
    if (is_trial) {
        growth->failures = 0;
        growth->rate_count = 0;
    }
    growth->before = 0;
    bool is_steady = note_rate(growth, rate);
    if (now_ns < growth->held_until_ns || !is_steady) {
        begin_window(growth, connections, now_ns);
        return LANE_STAY;
    }
    begin_window(growth, connections, now_ns);
    growth->before = connections;
    growth->rate_before = mean_rate(growth);
    return LANE_GROW;
}

static void note_answers(struct lane_growth *growth, uint64_t now_ns) {
    if (growth->done != growth->done_seen) {
        growth->done_seen = growth->done;
        growth->rounds_seen = growth->rounds;
        growth->answered_ns = now_ns;
    }
}

static bool is_held_up(const struct lane_growth *growth, uint64_t now_ns) {
    uint64_t silence_ns = now_ns - growth->answered_ns;
    return silence_ns >= HELD_UP_MAX_MS * NS_PER_MS ||
           (growth->interval_ns > 0 && silence_ns >= HELD_UP_MIN_MS * NS_PER_MS &&
               silence_ns >= HELD_UP_ROUNDS * growth->interval_ns);
}

static enum lane_growth_step grow_held_up(
    struct lane_growth *growth, unsigned connections, uint64_t now_ns, unsigned *left) {
    if (growth->held_up_at == 0) {
        growth->held_up_at = growth->before > 0 ? growth->before : connections;
        growth->held_up_ns = now_ns;
    }
    growth->before = 0;
    if (growth->rounds - growth->rounds_seen >= connections) { // all that came were errors
        *left = growth->held_up_at;
        return connections > *left ? LANE_SHRINK : LANE_STAY;
    }
    uint64_t doublings = 1 + (now_ns - growth->held_up_ns) / (DOUBLE_S * NS_PER_S);
    uint64_t most = (uint64_t)growth->held_up_at << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
    return connections < most ? LANE_GROW : LANE_STAY;
}

// Answers come again. Whether what was opened meanwhile gains anything is seen in the next window; without a rate to compare with, it is
// given back. How often rounds come has to be found out again.
static enum lane_growth_step end_hold_up(
    struct lane_growth *growth, unsigned connections, uint64_t now_ns, unsigned *left) {
    unsigned before = growth->held_up_at;
    growth->held_up_at = 0;
    growth->interval_ns = 0;
    bool has_grown = connections > before;
    bool is_known = growth->rate_count > 0;
    begin_window(growth, has_grown && !is_known ? before : connections, now_ns);
    if (has_grown && !is_known) {
        *left = before;
        return LANE_SHRINK;
    }
    growth->before = has_grown ? before : 0;
    growth->rate_before = is_known ? mean_rate(growth) : 0;
    return LANE_STAY;
}

// A trial's connections are being opened. Returns whether that goes on.
static bool is_opening(struct lane_growth *growth, unsigned connections, uint64_t now_ns) {
    bool is_late = now_ns - growth->begun_ns > OPENING_MS * NS_PER_MS;
    if (connections < target(growth) && !is_late) {
        return true;
    }
    if (connections <= growth->before) { // none could be had
        growth->before = 0;
        growth->rate_count = 0;
        hold(growth, now_ns);
    }
    begin_window(growth, connections, now_ns);
    return false;
}

enum lane_growth_step lane_growth_ask(
    struct lane_growth *growth, unsigned connections, uint64_t now_ns, unsigned *left) {
    bool has_paused = now_ns - growth->asked_ns > PAUSE_MS * NS_PER_MS;
    growth->asked_ns = now_ns;
    note_answers(growth, now_ns);
    if (has_paused || connections == 0) {
        growth->before = 0;
        growth->held_up_at = 0;
        growth->rate_count = 0;
        growth->answered_ns = now_ns;
        begin_window(growth, connections, now_ns);
        return connections == 0 ? LANE_GROW : LANE_STAY;
    }
    if (growth->before > 0 && growth->connections == growth->before && is_opening(growth, connections, now_ns)) {
        return LANE_GROW;
    }
    if (is_held_up(growth, now_ns)) {
        return grow_held_up(growth, connections, now_ns, left);
    }
    if (growth->held_up_at > 0) {
        return end_hold_up(growth, connections, now_ns, left);
    }
    uint64_t span_ns = now_ns - growth->begun_ns;
    bool tells_little = growth->rounds < WINDOW_ROUNDS && span_ns < WINDOW_MAX_MS * NS_PER_MS;
    return tells_little || span_ns < WINDOW_MS * NS_PER_MS ? LANE_STAY : judge(growth, connections, now_ns, left);
}
