"""Results as a part of docs/performance.md, with its plots beside it."""

import os
import platform
import re
import subprocess
from pathlib import Path

import paths
import plots
from bench import PIPELINE, median

WHAT = {
    "list": "`/list?count=10`, 64 clients",
    "list-256": "`/list?count=10`, 256 clients",
    "list-600": "`/list?count=10`, 600 clients",
    "list-zipf": "`/list?count=10`, Zipf 0.99, 64 clients",
    "list-rows": "the same without stored pages (`db.pages = off`), 64 clients",
    "list-rows-256": "the same without stored pages, 256 clients",
    "meta": "`/meta`, 64 clients",
    "post": "POST, 64 clients",
    "vote": "PUT helpful, 64 clients",
    "vote-zipf": "PUT helpful, Zipf 0.99, 64 clients",
    "mixed": "95 % reads (9 list to 1 meta), 5 % writes (4 votes to 1 POST), 64 clients",
    "mixed-zipf": "the same, Zipf 0.99, 64 clients",
}
SIDES = {
    "reviewd": "reviewd",
    "pgbench": "pgbench",
    "pgbench-pipeline": f"pgbench, {PIPELINE} a pipeline",
    "fastify": "Fastify + pg",
    "fasthttp": "Go fasthttp + pgx",
}
STOLEN = "CPU that the host took away, %"


def _first(pattern, text, default="unknown"):
    found = re.search(pattern, text, re.M)
    return found.group(1).strip() if found else default


def machine(arguments, database, bench, before):
    settings = database.query("SHOW server_version", "SHOW shared_buffers", "SHOW huge_pages")
    version = subprocess.run([arguments.build / "reviewd", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    commit = subprocess.run(["git", "-C", arguments.build, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "cpu": _first(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text()), "cpus": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": _first(r'^PRETTY_NAME="(.*)"$', Path("/etc/os-release").read_text()), "kernel": platform.release(),
        "postgresql": settings[0][0].split()[0], "shared_buffers": settings[1][0], "huge_pages": settings[2][0],
        "reviewd": version + (f" ({commit.stdout.strip()})" if commit.returncode == 0 else ""),
        "records": arguments.records or before.get("records", 0), "products": database.products,
        "segments": len(database.segments), "seconds": arguments.seconds,
        "peers": {**before.get("peers", {}), **bench.versions}}


def _number(value):
    return f"{value:,.0f}"


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def _rates(results):
    rates = paths.rates(results["paths"])
    sides = [side for side in SIDES if any(side in by_side for by_side in rates.values())]
    rows = []
    uniform, rows_alone = rates.get("list", {}), rates.get("list-rows", {})
    for name in [name for name in WHAT if name in rates]:
        row = [WHAT[name], f"**{_number(rates[name]['reviewd'])}**"]
        for side in sides[1:]:
            rate = rates[name].get(side)
            row.append(f"{_number(rate)} ({rates[name]['reviewd'] / rate:.2f} ×)" if rate else "")
        rows.append(row)
    lines = _table(["a second", *(SIDES[side] for side in sides)], rows)
    notes = []
    for name, beside in (("list", rows_alone), ("list-256", uniform), ("list-256", rows_alone), ("list-zipf", uniform),
                         ("list-zipf", rows_alone), ("list-rows-256", rows_alone)):
        if name in rates and "pgbench" in beside:
            read = "the reviews" if beside is rows_alone else "stored pages"
            notes.append(f"{WHAT[name]}: {rates[name]['reviewd'] / beside['pgbench']:.2f} × the rate at which pgbench reads {read} of "
                         "evenly drawn products.")
    if "list-600" in rates and uniform:
        notes.append(f"600 clients get {rates['list-600']['reviewd'] / uniform['reviewd']:.2f} of the rate of 64.")
    return lines + [f"- {note}" for note in notes] + [""]


def _costs(results):
    rows = []
    for name in [name for name in WHAT if name in results["paths"]]:
        for side in [side for side in SIDES if side in results["paths"][name]]:
            runs = results["paths"][name][side]
            if "answers" in runs[0]:
                parts = [median([{"us": 1e6 * run[part] / run["answers"]} for run in runs], "us")
                         for part in ("server_cpu_s", "database_cpu_s", "load_cpu_s", "other_cpu_s")]
                stolen = f"{median(runs, 'stolen_percent'):.0f}"
                share = [f"{100 * median([{'share': run[key] / run['answers']} for run in runs], 'share'):.1f}" if side == "reviewd" else ""
                         for key in ("pages", "joined")]
                rows.append([WHAT[name], SIDES[side], *(f"{part:.1f}" for part in parts), stolen,
                             *(f"{median(runs, 'latency_ms', percent):.2f}" for percent in ("50", "99", "99.9")), *share])
    return _table(["CPU, µs an answer", "", "server", "PostgreSQL", "load generator", "others", STOLEN, "p50, ms", "p99", "p99.9",
                   "stored pages, %", "shared queries, %"], rows)


def _half(runs_by_side):
    percents = ("50", "90", "99", "99.9", "99.99", "100")
    rows = []
    for side, runs in runs_by_side.items():
        rows.append([SIDES[side], _number(median(runs, "rate_asked")), *(f"{median(runs, 'latency_ms', percent):.2f}" for percent in percents),
                     f"{median(runs, 'stolen_percent'):.0f} ({min(run['stolen_percent'] for run in runs):.0f} to "
                     f"{max(run['stolen_percent'] for run in runs):.0f})"])
        if calm := [run for run in runs if run.get("undisturbed_share", 0) > 0]:
            rows.append([f"{SIDES[side]}, undisturbed", f"{100 * median(calm, 'undisturbed_share'):.0f} % of these",
                         *(f"{median(calm, 'undisturbed_latency_ms', percent):.2f}" for percent in percents), "0"])
    return ["Open loop, lists at half of each one's own maximum; latency from when a request was due. Undisturbed are those due in tenths of a "
            "second near to which the host took no CPU time away:", "",
            *_table(["", "a second", "p50, ms", "p90", "p99", "p99.9", "p99.99", "most", STOLEN], rows)]


def _overload(runs_by_load):
    def column(runs):
        def share(status):
            return 100 * median([{"share": run["statuses"].get(status, 0) / run["due"]} for run in runs], "share")

        goodput = median([{"share": run["rate"] / run["maximum"]} for run in runs], "share")
        return [f"{runs[0]['postgres_percent']} %", f"{median(runs, 'maximum'):,.0f}", f"{median(runs, 'offered'):.2f}", f"{goodput:.2f}",
                f"{share('503'):.0f} % of those offered", f"{share('504'):.1f} %",
                *(f"{median(runs, latency, '50'):.0f} ms and {median(runs, latency, '99'):.0f} ms"
                  for latency in ("latency_ms", "refused_latency_ms"))]

    rows = ["PostgreSQL's share of a CPU", "the maximum, a second", "requests offered, of the maximum", "done, of the maximum",
            "refused with 503", "too late, 504", "done: p50 and p99", "503: p50 and p99"]
    return ["Three times the maximum, open loop, over 8,192 connections, PostgreSQL limited to a small share of a CPU (with more, the load "
            "generator on the same CPUs could not offer as much):", "",
            *_table(["", *(f"{load}s" for load in runs_by_load)], [list(row) for row in zip(rows, *map(column, runs_by_load.values()))])]


def _one_cpu(runs_by_load):
    sides = {"micro": "`micro.ini`: all actors on one loop", "own": "one loop an actor, scheduled as by default",
             "own-batch": "one loop an actor, otherwise `micro.ini`"}
    rows = []
    for load, runs in runs_by_load.items():
        costs = {side: 1e6 / median(runs[side], "per_cpu_s") for side in sides}
        rows += [[_number(median(runs[side], "rate")), text, f"{costs[side]:.1f}",
                  "" if side == "micro" else f"{costs[side] / costs['micro']:.2f} ×"] for side, text in sides.items()]
    return ["The server confined to one CPU, the load generator to the other, PostgreSQL wherever there is room; 64 clients as fast as "
            "answers come, and an open loop:", "",
            *_table(["lists a second", "the server's loops", "its CPU, µs a list", "`micro.ini` does more for a CPU second by"], rows)]


def _memory(result):
    return _table(["greatest resident memory of reviewd", "MiB"], [
        [f"{result['connections']:.0f} connections to PostgreSQL open", f"{result['connections_mib']:.1f}"],
        [f"{_number(result['clients'])} clients that take turns, {_number(result['clients_rate'])} lists a second",
         f"{result['clients_mib']:.1f}"]])


def _connections(results):
    rows = [[count, f"{median(runs, 'ready'):.0f}", _number(median(runs, "rate")), f"{median(runs, 'latency_ms', '99'):.1f}"]
            for count, runs in results.items()]
    return _table(["`db.read_connections`", "connections open", "lists a second, 256 clients", "p99, ms"], rows)


def _wrk(results):
    ours, wrk = median(results["reviewd-loadgen"], "rate"), median(results["wrk"], "rate")
    return [f"wrk (with `loadtest/wrk/products.lua`) instead of `reviewd-loadgen` gets {_number(wrk)} lists a second, {wrk / ours:.2f} "
            f"of {_number(ours)} in the same minutes: its own share of the CPUs is larger.", ""]


SECTIONS = {"half": _half, "overload": _overload, "one-cpu": _one_cpu, "memory": _memory, "connections": _connections, "wrk": _wrk}


def _rounds(measured):
    """How many rounds a measurement had, which is how many results each of its lists has; 0 if it has no lists."""
    if isinstance(measured, list):
        return len(measured)
    return _rounds(next(iter(measured.values()))) if isinstance(measured, dict) else 0


def _head(results):
    about = results["machine"]
    rounds = {name: _rounds(results[name]) for name in ("paths", *SECTIONS) if results.get(name)}
    rounds_text = ", ".join(f"{count} of {'the rates' if name == 'paths' else name}" for name, count in rounds.items() if count)
    peers_text = "".join(f"; {SIDES[name]} on {version}" for name, version in about["peers"].items())
    return [f"{about['cpu']}, {about['cpus']} CPUs, {about['memory_gib']} GiB; {about['system']}, Linux {about['kernel']}; PostgreSQL "
            f"{about['postgresql']}, shared_buffers {about['shared_buffers']}, huge_pages {about['huge_pages']}; {about['reviewd']}"
            f"{peers_text}. {_number(about['records'])} reviews of {_number(about['products'])} products in {about['segments']} segments. "
            f"Medians of interleaved rounds of {about['seconds']:g} s each: {rounds_text}.", ""]


def write(page, results):
    """Puts the results into the page: into the place of those for the same number of reviews, or at its end."""
    about = results["machine"]
    records = about["records"]
    lines = [f"### {_number(records)} reviews", "", *_head(results)]
    if results.get("paths"):
        lines += _rates(results)
    for name, text in plots.draw(page.parent / "performance", records, results).items():
        lines += [f"![{text}](performance/{name})", ""]
    for name, section in SECTIONS.items():
        if results.get(name):
            lines += section(results[name])
    if results.get("paths"):
        lines += _costs(results)
    begin, end = f"<!-- bench {records}: begin -->", f"<!-- bench {records}: end -->"
    block = "\n".join([begin, *lines]).rstrip() + f"\n{end}"
    text = page.read_text()
    if begin in text:
        text = text[:text.index(begin)] + block + text[text.index(end) + len(end):]
    else:
        text = text.rstrip() + f"\n\n{block}\n"
    page.write_text(text)
