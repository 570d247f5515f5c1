#include "actors/lane_growth.h"

#include "core/clock.h"

enum {
    WINDOW_MS = 250,    // in which answers are counted; longer,
    WINDOW_ROUNDS = 64, // until so many rounds have come,
    WINDOW_MAX_MS = 4000,
    HELD_UP_ROUNDS = 8, // so many rounds must be missing as well before a lane without answers is held up
    OPENING_MS = 1000,  // for a trial's connections; then it goes on with those that there are
    PAUSE_MS = 100,     // who was not asked for so long has waited no more
    HOLD_MIN_S = 2,     // after a trial that failed
    HOLD_MAX_S = 64,
    STEP_DIVISOR = 4, // a trial adds this part of the connections,
    // A trial begins when the rate has not risen by more than this part of itself in some windows,
    STEADY_DIVISOR = 10,
    GAIN_DIVISOR = 2 // and has to gain at least this part of what as many more would gain if each did as much as before
};

static void begin_window(struct lane_growth *growth, unsigned connections, uint64_t now_ns) {
    growth->begun_ns = now_ns;
    growth->done = 0;
    growth->rounds = 0;
    growth->connections = connections;
}

static unsigned target(const struct lane_growth *growth) {
    return growth->before + (growth->before < STEP_DIVISOR ? 1 : growth->before / STEP_DIVISOR);
}

static bool has_gained(const struct lane_growth *growth, double rate) {
    double more = (double)(growth->connections - growth->before) / growth->before;
    return rate >= growth->rate_before * (1 + more / GAIN_DIVISOR);
}

static void hold(struct lane_growth *growth, uint64_t now_ns) {
    uint64_t hold_s = (uint64_t)HOLD_MIN_S << growth->failures;
    growth->held_until_ns = now_ns + (hold_s < HOLD_MAX_S ? hold_s : HOLD_MAX_S) * NS_PER_S;
    growth->failures += hold_s < HOLD_MAX_S;
}

// Keeps the rate of a window. Returns whether it rises no more: what rises by itself, as after a start, would be taken for a gain.
static bool note_rate(struct lane_growth *growth, double rate) {
    const unsigned kept = COUNT_OF(growth->rates);
    bool is_steady = growth->rate_count == kept && rate <= growth->rates[kept - 1] * (1 + 1.0 / STEADY_DIVISOR);
    memmove(growth->rates + 1, growth->rates, (kept - 1) * sizeof growth->rates[0]);
    growth->rates[0] = rate;
    growth->rate_count += growth->rate_count < kept;
    return is_steady;
}

// A window has ended in which so much was answered.
static enum lane_growth_step judge(struct lane_growth *growth, unsigned connections, uint64_t now_ns, unsigned *left) {
    uint64_t span_ns = now_ns - growth->begun_ns;
    double rate = (double)growth->done / (double)span_ns;
    growth->interval_ns = growth->rounds > 0 ? span_ns / growth->rounds : 0;
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
    growth->rate_before = rate;
    return LANE_GROW;
}

static enum lane_growth_step grow_held_up(struct lane_growth *growth, unsigned connections) {
    if (growth->held_up_at == 0) {
        growth->held_up_at = growth->before > 0 ? growth->before : connections;
    }
    growth->before = 0;
    return LANE_GROW;
}

// Answers come again: whether what was opened meanwhile gains anything is seen in the next window, if there is a rate to compare with.
static void end_hold_up(struct lane_growth *growth, unsigned connections, uint64_t now_ns) {
    begin_window(growth, connections, now_ns);
    if (connections > growth->held_up_at && growth->rate_count > 0) {
        growth->before = growth->held_up_at;
        growth->rate_before = growth->rates[0];
    }
    growth->held_up_at = 0;
}

enum lane_growth_step lane_growth_ask(
    struct lane_growth *growth, unsigned connections, uint64_t now_ns, unsigned *left) {
    bool has_paused = now_ns - growth->asked_ns > PAUSE_MS * NS_PER_MS;
    growth->asked_ns = now_ns;
    if (has_paused || connections == 0) {
        growth->before = 0;
        growth->held_up_at = 0;
        growth->rate_count = 0;
        begin_window(growth, connections, now_ns);
        return connections == 0 ? LANE_GROW : LANE_STAY;
    }
    if (growth->before > 0 && growth->connections == growth->before) { // the trial's connections are being opened
        bool is_slow = connections > growth->before && now_ns - growth->begun_ns > OPENING_MS * NS_PER_MS;
        if (connections < target(growth) && !is_slow) {
            return LANE_GROW;
        }
        begin_window(growth, connections, now_ns);
    }
    uint64_t span_ns = now_ns - growth->begun_ns;
    if (span_ns < WINDOW_MS * NS_PER_MS) {
        return LANE_STAY;
    }
    if (growth->done == 0) {
        return span_ns < HELD_UP_ROUNDS * growth->interval_ns ? LANE_STAY : grow_held_up(growth, connections);
    }
    if (growth->held_up_at > 0) {
        end_hold_up(growth, connections, now_ns);
        return LANE_STAY;
    }
    bool tells_little = growth->rounds < WINDOW_ROUNDS && span_ns < WINDOW_MAX_MS * NS_PER_MS;
    return tells_little ? LANE_STAY : judge(growth, connections, now_ns, left);
}
