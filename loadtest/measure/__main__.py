"""The measurements of `./dev bench`: see loadtest/paths.sh, which makes the database and calls this."""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import loadgen
from database import Database
from pgbench import Pgbench
from server import Server

# (name, what is asked of HTTP servers, what of pgbench)
PATHS = {
    "list": (dict(requests={"list": 1}), dict(kind="list")),
    "list-256": (dict(requests={"list": 1}, clients=256), None),
    "meta": (dict(requests={"meta": 1}), dict(kind="meta")),
    "list-zipf": (dict(requests={"list": 1}, zipf=True), dict(kind="list", zipf=True)),
    "post": (dict(requests={"post": 1}), dict(kind="post", clients=64)),
    "vote": (dict(requests={"vote": 1}), dict(kind="vote", clients=64)),
    "vote-zipf": (dict(requests={"vote": 1}, zipf=True), dict(kind="vote", clients=64, zipf=True)),
    "mixed": (dict(requests={"list": 60, "meta": 35, "post": 2, "vote": 3}), None),
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def ask(program, server, database, seconds, seed, request):
    before = server.cpu_s(), database.cpu_s()
    result = loadgen.run(program, server.port, products=database.products, seconds=seconds, seed=seed, **request)
    # From before the warming up to the end.
    result["server_cpu_s"], result["database_cpu_s"] = server.cpu_s() - before[0], database.cpu_s() - before[1]
    return result


def tell(name, side, result):
    line = f"  {name:12} {side:10} {result['rate']:9.0f}/s"
    if "latency_ms" in result:
        answers = result["rate"] * (result["seconds"] + 1)
        line += (f"  p50 {result['latency_ms']['50']:6.2f}  p99 {result['latency_ms']['99']:7.2f} ms"
                 f"  CPU us/answer: server {1e6 * result['server_cpu_s'] / answers:5.1f}"
                 f"  database {1e6 * result['database_cpu_s'] / answers:5.1f}"
                 f"  load {1e6 * result['cpu_s'] / result['rate'] / result['seconds']:4.1f}")
    else:
        line += f"  CPU us/statement: database {1e6 * result['database_cpu_s'] / result['rate'] / result['seconds']:5.1f}"
    say(line)


def compare(arguments, database, names, folder):
    """Each path, each side, in turns. Returns {path: {side: [result]}}."""
    builds = {"reviewd": arguments.build, **({"against": arguments.against} if arguments.against else {})}
    pgbench = Pgbench(database, arguments.build, folder / "scripts")
    servers = {side: Server(build, database, folder / f"{side}.log").start() for side, build in builds.items()}
    results = {name: {} for name in names}
    try:
        for round_number in range(arguments.rounds):
            say(f"round {round_number + 1} of {arguments.rounds}")
            for name in names:
                request, statement = PATHS[name]
                runs = {side: lambda server=server: ask(
                    arguments.loadgen, server, database, arguments.seconds, round_number + 1, request)
                        for side, server in servers.items()}
                if statement:
                    runs["pgbench"] = lambda: pgbench.run(seconds=arguments.seconds, seed=round_number + 1, **statement)
                # What comes first in one round comes last in the next.
                for side, run in list(runs.items())[:: -1 if round_number % 2 else 1]:
                    if name in ("post", "vote", "vote-zipf", "mixed"):
                        database.checkpoint()
                    result = run()
                    tell(name, side, result)
                    results[name].setdefault(side, []).append(result)
    finally:
        for server in servers.values():
            server.stop()
    return results


def median_rate(results):
    return statistics.median(result["rate"] for result in results)


def print_table(results):
    print(f"{'':12} {'reviewd':>10} {'against':>10} {'pgbench':>10} {'/ against':>10} {'/ pgbench':>10}")
    for name, sides in results.items():
        rates = {side: median_rate(runs) for side, runs in sides.items()}
        line = f"{name:12} {rates['reviewd']:10.0f}"
        for side in ("against", "pgbench"):
            line += f" {rates[side]:10.0f}" if side in rates else f" {'':10}"
        for side in ("against", "pgbench"):
            line += f" {rates['reviewd'] / rates[side]:10.2f}" if side in rates else f" {'':10}"
        print(line)


def main():
    parser = argparse.ArgumentParser(prog="loadtest/measure")
    parser.add_argument("--postgres-bin", required=True)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--loadgen", type=Path, required=True)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--only", help="names of paths, with commas between")
    parser.add_argument("--results", type=Path, help="a file for all results, as JSON")
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else list(PATHS)
    for name in names:
        if name not in PATHS:
            parser.error(f"there is no path {name}: {', '.join(PATHS)}")
    database = Database(arguments.postgres_bin, arguments.socket, arguments.database)
    with tempfile.TemporaryDirectory(prefix="reviewd-measure-") as folder:
        results = compare(arguments, database, names, Path(folder))
    print_table(results)
    if arguments.results:
        arguments.results.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
