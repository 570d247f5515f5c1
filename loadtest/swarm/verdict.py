"""Samples a run from its beginning to its end, and says whether the server was good enough."""

import time

import gevent


class Sample:
    """What happened in one interval, which ended `at` seconds after the start."""

    def __init__(self, at, seconds, users, requests, failures, times):
        self.at = at
        self.seconds = seconds
        self.users = users
        self.requests = requests
        self.failures = failures
        self.percentiles = {share: percentile(times, share) for share in (0.5, 0.95, 0.99)}


def percentile(times, share):
    """The response time in ms that `share` of the requests stayed within; `times` counts requests by ms. None without any."""
    wanted = sum(times.values()) * share
    passed = 0
    for milliseconds in sorted(times):
        passed += times[milliseconds]
        if passed >= wanted and passed > 0:
            return milliseconds
    return None


class Recorder:
    """Takes a sample of Locust's statistics every few seconds; on a master, those of all workers."""

    def __init__(self, environment, seconds):
        self.environment = environment
        self.seconds = seconds
        self.samples = []
        self.started = self.last = time.monotonic()
        self.began = time.time()
        self.before = self.totals()
        self.greenlet = gevent.spawn(self.run)

    def totals(self):
        total = self.environment.stats.total
        return total.num_requests, total.num_failures, dict(total.response_times)

    def run(self):
        while True:
            gevent.sleep(self.seconds)
            self.sample()

    def sample(self):
        now = time.monotonic()
        requests, failures, times = self.totals()
        earlier_requests, earlier_failures, earlier_times = self.before
        if requests < earlier_requests:  # the statistics were reset
            earlier_requests, earlier_failures, earlier_times = 0, 0, {}
        since = {ms: count - earlier_times.get(ms, 0) for ms, count in times.items() if count != earlier_times.get(ms, 0)}
        self.samples.append(Sample(now - self.started, now - self.last, self.environment.runner.user_count,
                                   requests - earlier_requests, failures - earlier_failures, since))
        self.before, self.last = (requests, failures, times), now

    def stop(self):
        self.greenlet.kill()
        if time.monotonic() - self.last > self.seconds / 2:
            self.sample()


def rate_at_full_size(samples):
    """Requests a second while at least 9 of 10 of the largest number of users were there."""
    peak = max((sample.users for sample in samples), default=0)
    full = [sample for sample in samples if peak and sample.users >= 0.9 * peak]
    seconds = sum(sample.seconds for sample in full)
    return sum(sample.requests for sample in full) / seconds if seconds else 0.0


class Threshold:
    """A bound that a run keeps or does not keep."""

    def __init__(self, what, value, bound, kept, unit):
        self.what, self.value, self.bound, self.kept, self.unit = what, value, bound, kept, unit

    def __str__(self):
        return f"{'kept  ' if self.kept else 'MISSED'} {self.what}: {self.value:,.2f} {self.unit} (wanted {self.bound} {self.unit})"


def judge(total, samples, options):
    """The thresholds of --min-rate, --max-errors and --max-p99. A run without requests keeps none."""
    rate = rate_at_full_size(samples)
    errors = 100.0 * total.num_failures / total.num_requests if total.num_requests else 100.0
    p99 = percentile(dict(total.response_times), 0.99)
    slowest = float("inf") if p99 is None else float(p99)
    return [
        Threshold("rate", rate, f"over {options.min_rate:g}", rate > options.min_rate, "requests/s"),
        Threshold("errors", errors, f"under {options.max_errors:g}", errors < options.max_errors, "%"),
        Threshold("99th percentile", slowest, f"under {options.max_p99:g}", slowest < options.max_p99, "ms"),
    ]
