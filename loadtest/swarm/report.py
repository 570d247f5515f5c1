"""The report of a run: one HTML file with plots, which needs no network and no script."""

import time
from html import escape

from plot import STYLE, Series, chart
from swarm.verdict import percentile

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Load on {host}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #8884; }}
th:first-child, td:first-child {{ text-align: left; }}
.kept {{ color: #087f5b; }} .missed {{ color: #d9480f; font-weight: 600; }}
svg.plot {{ max-width: 100%; height: auto; display: block; margin: 1.5rem 0; border-radius: 6px; }}
{style}
</style>
<h1>Load on {host}</h1>
<p>{began}, {seconds:.0f} s, up to {users} users, {requests:,} requests, {failures:,} of them failed.
Response times are those that the swarm saw: its own queueing counts.</p>
{verdict}
{charts}
{routes}
{failures_table}
<details><summary>Every sample</summary>{samples}</details>
</html>
"""


def table(head, rows):
    cells = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join("<tr>" + "".join(f"<td>{one}</td>" for one in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"


def figure(value, pattern=",.0f"):
    return "–" if value is None else format(value, pattern)


def verdict_table(thresholds):
    rows = [(escape(one.what), f"{one.value:,.2f} {one.unit}", f"{one.bound} {one.unit}",
             '<span class="kept">kept</span>' if one.kept else '<span class="missed">missed</span>') for one in thresholds]
    return table(("threshold", "measured", "wanted", ""), rows)


def charts(samples):
    def over_time(value):
        return [(sample.at, value(sample)) for sample in samples]

    few = len(samples) < 10  # a line through one point is nothing
    yield chart("Requests", "seconds", "a second", [
        Series("requests", over_time(lambda sample: sample.requests / sample.seconds), dots=few),
        Series("failures", over_time(lambda sample: sample.failures / sample.seconds), dots=few)])
    yield chart("Response time", "seconds", "ms", [
        Series(f"{name} of 100", over_time(lambda sample, share=share: sample.percentiles[share]), dots=few)
        for name, share in (("50", 0.5), ("95", 0.95), ("99", 0.99))])
    yield chart("Users", "seconds", "users", [Series("users", over_time(lambda sample: sample.users), dots=few)], height=200)


def route_table(stats):
    rows = []
    for (name, method), entry in sorted(stats.entries.items()):
        times = dict(entry.response_times)
        rows.append((f"{escape(str(method))} {escape(name)}", figure(entry.num_requests), figure(entry.num_failures),
                     *(figure(percentile(times, share)) for share in (0.5, 0.95, 0.99)), figure(entry.max_response_time),
                     figure(entry.avg_content_length)))
    return table(("request", "number", "failed", "median ms", "95 % ms", "99 % ms", "slowest ms", "bytes"), rows)


def failure_table(stats):
    rows = [(escape(str(error.error)), f"{escape(str(error.method))} {escape(error.name)}", figure(error.occurrences))
            for error in stats.errors.values()]
    return "<h2>What failed</h2>" + table(("why", "request", "times"), rows) if rows else "<p>Nothing failed.</p>"


def write(path, environment, recorder, thresholds):
    """Writes the report to the path."""
    samples, stats = recorder.samples, environment.stats
    rows = [(f"{one.at:.0f} s", one.users, figure(one.requests / one.seconds), figure(one.failures / one.seconds),
             *(figure(one.percentiles[share]) for share in (0.5, 0.95, 0.99))) for one in samples]
    text = PAGE.format(
        style=STYLE, host=escape(str(environment.host)), began=time.strftime("%Y-%m-%d %H:%M", time.localtime(recorder.began)),
        seconds=samples[-1].at if samples else 0, users=max((one.users for one in samples), default=0),
        requests=stats.total.num_requests, failures=stats.total.num_failures, verdict=verdict_table(thresholds),
        charts="\n".join(charts(samples)), routes="<h2>By request</h2>" + route_table(stats),
        failures_table=failure_table(stats),
        samples=table(("at", "users", "requests/s", "failures/s", "50 % ms", "95 % ms", "99 % ms"), rows))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
