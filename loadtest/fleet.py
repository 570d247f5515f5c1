#!/usr/bin/env python3
"""What a running fleet (./dev fleet up) bears: nodes that are restarted one by one or killed, and what six cost beside one.

Usage: loadtest/fleet.py [--port P] [--products N] [--clients N] [--rate R] [--engine podman] [--prometheus P] [TRIAL...]

  --port P        where nginx listens on 127.0.0.1 (8080)
  --products N    products to ask for (30000)
  --clients N     clients that read at a time, each a request, in the trials spread to kill (32)
  --rate R        requests a second from 1,000 clients, in the last part of the trial cpu (1400)
  --prometheus P  where Prometheus listens on 127.0.0.1 (9091)
  TRIAL           spread, slow, restart, kill, writes, cpu, watch, show; all but show unless named

  spread    how evenly reads come to the nodes
  slow      how many reads come to a node that has a fiftieth of a CPU, three times in turns with all nodes alike
  restart   ./dev fleet restart under a load of reads
  kill      kill -9 of each node under a load of reads; each is started again
  writes    kill -9 of each node under a load of new reviews: what was acknowledged must be there
  cpu       CPU time a request of the nodes, of nginx and of PostgreSQL, with six nodes and with one, three times in turns: as fast as
            answers come to 32, 64 and 256 clients, and at a rate that both bear
  watch     under reads, what Prometheus says (./dev fleet up --monitoring): each target up, each recording rule with a value
  show      ./dev load with its 1,000 visitors for five minutes, and how much of a CPU each part of the fleet used meanwhile

Needs ./dev build. Exit status: 0 when no trial found a failure.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
NODES = range(1, 7)
UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}


def fleet(*words):
    subprocess.run([TOP / "dev", "fleet", *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Reads:
    """reviewd-loadgen for so many seconds; the result, when the block has ended, in `answered` and `wrong`."""

    def __init__(self, options, seconds, clients=None, rate=0):
        self.command = [TOP / "build/release/reviewd-loadgen", "--server", f"127.0.0.1:{options.port}", "--products", options.products,
                        "--clients", clients or options.clients, "--rate", rate, "--warm", 0, "--seconds", seconds, "--wait", 10]

    def __enter__(self):
        self.process = subprocess.Popen(list(map(str, self.command)), stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        return self

    def __exit__(self, *exception):
        text = self.process.communicate()[0]
        if self.process.returncode:
            sys.exit("fleet.py: the fleet cannot be reached")
        result = json.loads(text)
        statuses = result["statuses"]
        self.answered = sum(statuses.values())
        self.wrong = self.answered - statuses.get("200", 0) + result["broken"] + result["unanswered"]


def cpu_seconds(options):
    """CPU time used so far, by part."""
    text = subprocess.run([options.engine, "stats", "--no-stream", "--format", "json"], check=True, capture_output=True, text=True).stdout
    used = {}
    for part in json.loads(text):
        spans = re.findall(r"([\d.]+)(h|ms|µs|us|ns|m|s)", part["cpu_time"])
        used[part["name"].removeprefix("reviewd-")] = sum(float(number) * UNITS[unit] for number, unit in spans)
    return used


def spread(options):
    before = cpu_seconds(options)
    with Reads(options, 10) as reads:
        pass
    after = cpu_seconds(options)
    used = [after[f"node{n}"] - before[f"node{n}"] for n in NODES]
    mean = sum(used) / len(used)
    print(f"spread: {reads.answered} reads; CPU of the nodes from {100 * min(used) / mean:.0f} % to {100 * max(used) / mean:.0f} % of the mean")
    return reads.wrong


def answers():
    """What each node has answered so far."""
    subnet = os.environ.get("REVIEWD_SUBNET", "10.87.23")
    counts = []
    for node in NODES:
        with urllib.request.urlopen(f"http://{subnet}.{10 + node}:9090/metrics", timeout=20) as reply:
            counts.append(sum(int(count) for count in re.findall(r"^reviewd_responses_total{.*} (\d+)", reply.read().decode(), re.M)))
    return counts


def share_of_first(options):
    """Reads of the first node, where 1 is as many as each other node has on average; and the reads, with those that failed."""
    before = answers()
    with Reads(options, 10) as reads:
        pass
    first, *others = (after - start for after, start in zip(answers(), before))
    return first * len(others) / sum(others), reads


def limit(options, node, cpus):
    subprocess.run([options.engine, "update", "--cpus", str(cpus), f"reviewd-node{node}"], check=True, stdout=subprocess.DEVNULL)


def slow(options):
    shares, wrong = {"alike": [], "slow": []}, 0
    for _ in range(3):
        for which, cpus in (("alike", None), ("slow", 0.02)):
            if cpus:
                limit(options, 1, cpus)
            try:
                share, reads = share_of_first(options)
            finally:
                if cpus:
                    limit(options, 1, os.environ.get("REVIEWD_CPUS", "1"))
            shares[which].append(share)
            wrong += reads.wrong
            print(f"slow: {which}: {reads.answered} reads, {reads.wrong} failed; node1 gets {share:.2f} of what each other gets")
    print("slow: medians " + ", ".join(f"{which} {sorted(found)[1]:.2f}" for which, found in shares.items()))
    return wrong + (sorted(shares["slow"])[1] >= sorted(shares["alike"])[1] / 2)


def restart(options):
    with Reads(options, 45) as reads:
        fleet("restart")
    print(f"restart: {reads.answered} reads, {reads.wrong} failed")
    return reads.wrong


def kill(options):
    with Reads(options, 35) as reads:
        for node in NODES:
            fleet("kill", node)
            time.sleep(1)
            fleet("start", node)
    print(f"kill: {reads.answered} reads, {reads.wrong} failed")
    return reads.wrong


class Writer(threading.Thread):
    """Adds reviews one after the other, and keeps what was acknowledged."""

    def __init__(self, options, number, stopping):
        super().__init__()
        self.options, self.product, self.stopping = options, 6_000_000 + number, stopping
        self.acknowledged, self.refused = [], []

    def run(self):
        body = {"rating": 5, "recommend": True, "body": "Written while nodes die.", "name": "Fleet", "email": "fleet@mail.example"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.options.port}/reviews/{self.product}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method="POST")
        while not self.stopping.is_set():
            try:
                with urllib.request.urlopen(request, timeout=20) as reply:
                    self.acknowledged.append(json.load(reply)["review_id"])
            except urllib.error.HTTPError as error:
                self.refused.append(error.code)

    def missing(self):
        base = f"http://127.0.0.1:{self.options.port}/reviews/{self.product}/"
        lost = 0
        for review_id in self.acknowledged:
            try:
                urllib.request.urlopen(base + str(review_id), timeout=20).close()
            except urllib.error.HTTPError:
                lost += 1
        return lost


def writes(options):
    stopping = threading.Event()
    writers = [Writer(options, number, stopping) for number in range(16)]
    for writer in writers:
        writer.start()
    for node in NODES:
        fleet("kill", node)
        time.sleep(1)
        fleet("start", node)
    stopping.set()
    for writer in writers:
        writer.join()
    refused = [code for writer in writers for code in writer.refused]
    lost = sum(writer.missing() for writer in writers)
    print(f"writes: {sum(len(writer.acknowledged) for writer in writers)} acknowledged, {lost} of them lost; "
          f"{len(refused)} not acknowledged ({', '.join(sorted(set(map(str, refused)))) or 'none'}) while six nodes were killed under 16 writers")
    return lost + sum(code not in (502, 503) for code in refused) + max(0, len(refused) - 6 * 16)


PARTS = ("nodes", "nginx", "postgres")


def cpu_a_request(options, load):
    before = cpu_seconds(options)
    with Reads(options, 15, **load) as reads:
        pass
    after = cpu_seconds(options)
    used = {name: 1e6 * (after[name] - before.get(name, 0)) / reads.answered for name in after}
    nodes = sum(value for name, value in used.items() if name.startswith("node"))
    return {"nodes": nodes, "nginx": used["nginx"], "postgres": used["postgres"], "wrong": reads.wrong}


def cpu(options):
    loads = {f"{clients} clients": {"clients": clients} for clients in (32, 64, 256)}
    loads[f"{options.rate} a second"] = {"clients": 1000, "rate": options.rate}
    rounds = {load: {"six": [], "one": []} for load in loads}
    for _ in range(3):
        for which, others in (("six", "start"), ("one", "kill")):
            for node in NODES[1:]:
                fleet(others, node)
            time.sleep(3)
            for name, load in loads.items():
                rounds[name][which].append(cpu_a_request(options, load))
    for node in NODES[1:]:
        fleet("start", node)
    for name, found in rounds.items():
        tell_cpu(name, found)
    return sum(one["wrong"] for found in rounds.values() for results in found.values() for one in results)


def tell_cpu(load, found):
    for which, results in found.items():
        parts = {part: sorted(one[part] for one in results)[1] for part in PARTS}
        print(f"cpu: {load}: {which:3} " + ", ".join(f"{part} {value:.1f} µs" for part, value in parts.items())
              + f", all {sum(parts.values()):.1f} µs a request")
    ratios = sorted(sum(six[part] for part in PARTS) / sum(one[part] for part in PARTS) for six, one in zip(found["six"], found["one"]))
    print(f"cpu: {load}: six nodes take {ratios[1]:.2f} of the CPU that one takes ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")


def watch(options):
    base = f"http://127.0.0.1:{options.prometheus}/api/v1"

    def ask(path):
        with urllib.request.urlopen(base + path, timeout=20) as reply:
            return json.load(reply)["data"]

    with Reads(options, 50) as reads:
        pass
    targets = ask("/targets?state=active")["activeTargets"]
    down = [target["labels"]["instance"] for target in targets if target["health"] != "up"]
    rules = [rule["name"] for group in ask("/rules?type=record")["groups"] for rule in group["rules"]]
    values = {name: ask("/query?query=" + urllib.parse.quote(name))["result"] for name in rules}
    without = [name for name, found in values.items() if not found]
    print(f"watch: {reads.answered} reads; {len(targets) - len(down)} of {len(targets)} targets are up, "
          f"{len(rules) - len(without)} of {len(rules)} recording rules have values")
    for name in down + without:
        print(f"watch: {name} is missing")
    return reads.wrong + len(down) + len(without) + (len(targets) != len(NODES) + 1)


def show(options):
    before, began = cpu_seconds(options), time.monotonic()
    status = subprocess.run([TOP / "dev", "load", "--host", f"http://127.0.0.1:{options.port}"], check=False).returncode
    seconds, after = time.monotonic() - began, cpu_seconds(options)
    used = {part: 100 * (after[part] - before.get(part, 0)) / seconds for part in after}
    nodes = [used.pop(f"node{n}") for n in NODES]
    print(f"show: of one CPU the six nodes used {sum(nodes):.1f} % together, {min(nodes):.1f} to {max(nodes):.1f} % each; "
          + ", ".join(f"{part} {share:.1f} %" for part, share in sorted(used.items())))
    return status != 0


TRIALS = {trial.__name__: trial for trial in (spread, slow, restart, kill, writes, cpu, watch, show)}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--products", type=int, default=30000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rate", type=int, default=1400)
    parser.add_argument("--engine", default="podman")
    parser.add_argument("--prometheus", type=int, default=9091)
    parser.add_argument("trials", nargs="*", choices=[[], *TRIALS])
    options = parser.parse_args()
    failures = sum(TRIALS[name](options) for name in options.trials or [name for name in TRIALS if name != "show"])
    sys.exit(1 if failures else 0)


main()
