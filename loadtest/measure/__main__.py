"""The measurements of `./dev bench`: see loadtest/paths.sh, which makes the database and calls this."""

import argparse
import json
import signal
import tempfile
from pathlib import Path

import paths
import report
from bench import Bench, say
from database import Database
from trials import TRIALS


def print_table(rates):
    sides = ["reviewd", "against", "pgbench", "pgbench-pipeline", "fastify", "fasthttp"]
    print(f"{'a second':12}" + "".join(f" {side:>16}" for side in sides))
    for name, by_side in rates.items():
        line = f"{name:12}"
        for side in sides:
            cell = f"{by_side[side]:.0f}" if side in by_side else ""
            if cell and side != "reviewd":
                cell = f"{by_side['reviewd'] / by_side[side]:.2f} x {cell}"
            line += f" {cell:>16}"
        print(line)


def read_arguments():
    parser = argparse.ArgumentParser(prog="loadtest/measure")
    parser.add_argument("--postgres-bin", required=True)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--records", type=int, default=0)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--loadgen", type=Path, required=True)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--only", help="names of paths and trials, with commas between")
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--results", type=Path, help="a file for all results, as JSON; those that it holds are kept")
    parser.add_argument("--write", type=Path, help="a page of documentation that gets the tables")
    arguments = parser.parse_args()
    known = [*paths.NAMES, *TRIALS]
    arguments.names = arguments.only.split(",") if arguments.only else known
    for name in arguments.names:
        if name not in known:
            parser.error(f"there is nothing called {name}: {', '.join(known)}")
    return arguments


def measure(arguments, bench, results):
    chosen = [name for name in arguments.names if name in paths.NAMES]
    if chosen:
        say(f"rates: {', '.join(chosen)}")
        results.setdefault("paths", {}).update(paths.measure(bench, chosen))
    for name in arguments.names:
        if name in TRIALS:
            say(f"{name}: {TRIALS[name].__doc__}")
            results[name] = TRIALS[name](bench)


def main():
    # A signal ends it as Ctrl-C does: every server that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments = read_arguments()
    database = Database(arguments.postgres_bin, arguments.socket, arguments.database)
    results = {}
    if arguments.results and arguments.results.exists():
        results = json.loads(arguments.results.read_text())
    with tempfile.TemporaryDirectory(prefix="reviewd-measure-") as folder:
        bench = Bench(arguments, database, Path(folder))
        try:
            measure(arguments, bench, results)
        finally:
            bench.stop()
            results["machine"] = report.machine(arguments, database, bench, results.get("machine", {}))
            if arguments.results:
                arguments.results.write_text(json.dumps(results))
    print_table(paths.rates(results.get("paths", {})))
    if arguments.write:
        report.write(arguments.write, results)


if __name__ == "__main__":
    main()
