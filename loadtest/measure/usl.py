"""The measurement of loadtest/usl.sh, which makes the database and calls this."""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

import loadgen
from database import Database
from groups import Share
from law import fit
from proxy import Proxy
from server import Server

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from plot import Series, chart  # noqa: E402 (after the line above)

MIX = {"list": 60, "meta": 35, "post": 2, "vote": 3}
CLIENTS_A_NODE = 16
TIERS = ("nginx", "reviewd", "PostgreSQL")


def measure(arguments, database, nodes, folder, seed):
    """One run with so many nodes."""
    servers, shares, proxy = [], [], None
    try:
        for number in range(nodes):
            options = {"db.connections": 20, "db.connect_interval_ms": 10, "deadline.request_ms": 30000, "deadline.queue_ms": 30000}
            server = Server(arguments.build, database, folder / f"node{number}.log", options, arguments.config).start()
            servers.append(server)
        proxy = Proxy(folder, [server.port for server in servers])
        # What is prepared on first use is prepared before anything is limited.
        loadgen.run(arguments.loadgen, proxy.port, MIX, products=database.products, clients=nodes * CLIENTS_A_NODE, seconds=2,
                    seed=seed)
        for number, server in enumerate(servers):
            shares.append(Share(f"reviewd-usl-{os.getpid()}-{number}", arguments.share))
            shares[-1].add(server.process.pid)
        database.checkpoint()
        before = cpu(proxy, servers, database)
        result = loadgen.run(arguments.loadgen, proxy.port, MIX, products=database.products, clients=nodes * CLIENTS_A_NODE,
                             seconds=arguments.seconds, seed=seed + 100)
        used = [after - earlier for after, earlier in zip(cpu(proxy, servers, database), before)]
        answers = result["rate"] * (result["seconds"] + 1)  # with the second of warming up
        result["nodes"] = nodes
        result["cpu_us"] = {tier: 1e6 * seconds / answers for tier, seconds in zip(TIERS, used)}
        result["cpus_used"] = sum(used) / (result["seconds"] + 1) + result["cpu_s"] / result["seconds"]
        return result
    finally:
        for share, server in zip(shares, servers):
            # Unlimited, so that it ends at once.
            (share.folder.parent / "cgroup.procs").write_text(str(server.process.pid))
        if proxy:
            proxy.stop()
        for server in servers:
            server.stop()
        for share in shares:
            share.remove()


def cpu(proxy, servers, database):
    return proxy.cpu_s(), sum(server.cpu_s() for server in servers), database.cpu_s()


def medians(results, counts):
    """A line for each number of nodes: nodes, rate, p99, CPU by tier, CPUs in use."""
    for nodes in counts:
        runs = [result for result in results if result["nodes"] == nodes]
        yield (nodes, statistics.median(run["rate"] for run in runs), statistics.median(run["latency_ms"]["99"] for run in runs),
               {tier: statistics.median(run["cpu_us"][tier] for run in runs) for tier in TIERS},
               statistics.median(run["cpus_used"] for run in runs))


def draw(points, law, share):
    most = max(nodes for nodes, _ in points)
    steps = [1 + (most * 1.25 - 1) * index / 60 for index in range(61)]
    return chart(f"Nodes of {share:g} % of a CPU each, behind one nginx, on one PostgreSQL", "nodes", "requests a second", [
        Series("measured (median)", points, dots=True, line=False),
        Series("fitted law", [(nodes, law.rate(nodes)) for nodes in steps]),
        Series("linear", [(nodes, law.rate_of_one * nodes) for nodes in steps], dashed=True)], height=380, alone=True)


def main():
    parser = argparse.ArgumentParser(prog="loadtest/measure/usl.py")
    for name in ("postgres-bin", "socket", "database"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("build", "loadgen", "config"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--nodes", default="1,2,3,4,6,8,12")
    parser.add_argument("--share", type=float, default=3)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    database = Database(arguments.postgres_bin, arguments.socket, arguments.database)
    counts, results = [int(nodes) for nodes in arguments.nodes.split(",")], []
    with tempfile.TemporaryDirectory(prefix="reviewd-usl-") as folder:
        for turn in range(arguments.rounds):
            for nodes in counts[:: -1 if turn % 2 else 1]:
                results.append(measure(arguments, database, nodes, Path(folder), turn + 1))
                print(f"round {turn + 1}: {nodes} nodes, {results[-1]['rate']:.0f}/s", file=sys.stderr, flush=True)
    lines = list(medians(results, counts))
    points = [(nodes, rate) for nodes, rate, *_ in lines]
    law = fit(points)
    print(f"{'nodes':>5} {'a second':>9} {'law':>9} {'p99 ms':>7}  " + "  ".join(f"{tier + ' us':>13}" for tier in TIERS) + f" {'CPUs':>6}")
    for nodes, rate, p99, tiers, cpus in lines:
        print(f"{nodes:5} {rate:9.0f} {law.rate(nodes):9.0f} {p99:7.1f}  "
              + "  ".join(f"{tiers[tier]:13.1f}" for tier in TIERS) + f" {cpus:6.2f}")
    print(f"one node {law.rate_of_one:.0f}/s, contention {law.contention:.5f}, coherency {law.coherency:.6f}, "
          f"peak at {law.peak():.0f} nodes, worst error {100 * law.worst_error(points):.1f} %")
    if arguments.results:
        arguments.results.write_text(json.dumps(results))
    if arguments.plot:
        arguments.plot.write_text(draw(points, law, arguments.share))


if __name__ == "__main__":
    main()
