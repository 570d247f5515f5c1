"""How many answers a second each path gives, by each side, in turns."""

from bench import PIPELINE, median, tell
from mix import MIXED

# By name: what HTTP clients ask; what pgbench runs, if it can; whether the peers can answer it. pgbench runs the statements of the
# server: for lists it reads stored pages, and for those "-rows" the reviews.
READS = {
    "list": (dict(requests={"list": 1}), dict(kind="list"), True),
    "list-256": (dict(requests={"list": 1}, clients=256), None, True),
    "list-600": (dict(requests={"list": 1}, clients=600), None, False),
    "list-zipf": (dict(requests={"list": 1}, zipf=True), dict(kind="list", zipf=True), False),
    "list-rows": (dict(requests={"list": 1}), dict(kind="list-rows"), False),
    "list-rows-256": (dict(requests={"list": 1}, clients=256), None, False),
    "meta": (dict(requests={"meta": 1}), dict(kind="meta"), True),
}
WRITES = {
    "post": (dict(requests={"post": 1}), dict(kind="post", clients=64), False),
    "vote": (dict(requests={"vote": 1}), dict(kind="vote", clients=64), False),
    "vote-zipf": (dict(requests={"vote": 1}, zipf=True), dict(kind="vote", clients=64, zipf=True), False),
    "mixed": (dict(requests=MIXED), dict(kind=MIXED, clients=64), False),
    "mixed-zipf": (dict(requests=MIXED, zipf=True), dict(kind=MIXED, clients=64, zipf=True), False),
}
NAMES = [*READS, *WRITES]


def _sides(bench, servers, others, name, path):
    """{side: what measures it}"""
    request, statement, for_peers = path
    asked = {**servers, **(others if for_peers else {})}
    if "-rows" in name:
        asked["reviewd"] = bench.server_without_pages()
    sides = {side: lambda seed, server=server: bench.ask(server, seed, **request) for side, server in asked.items()}
    if statement:
        sides["pgbench"] = lambda seed: bench.measure_pgbench(seed, **statement)
        if for_peers or "-rows" in name:
            sides["pgbench-pipeline"] = lambda seed: bench.measure_pgbench(seed, pipeline=PIPELINE, **statement)
    return sides


def measure(bench, names):
    """Returns {name: {side: [result of each round]}}."""
    servers = {"reviewd": bench.server()}
    if bench.arguments.against:
        servers["against"] = bench.server("against", bench.arguments.against)
    others = {}
    if any(READS.get(name, (0, 0, False))[2] for name in names):
        others = bench.peers(servers["reviewd"])
    results = {name: {} for name in names}
    # Writes come last: what they leave to do would slow the reads.
    for paths in (READS, WRITES):
        chosen = [name for name in names if name in paths]
        for number in range(bench.rounds if chosen else 0):
            for name in chosen:
                sides = _sides(bench, servers, others, name, paths[name])
                # What comes first in one round comes last in the next.
                for side, run in list(sides.items())[:: -1 if number % 2 else 1]:
                    if "mixed" in name and side == "reviewd":
                        bench.settle(servers["reviewd"])  # the other side has made pages void
                    if paths is WRITES:
                        bench.database.checkpoint()
                    result = run(number + 1)
                    tell(name, side, result)
                    results[name].setdefault(side, []).append(result)
    bench.stop()
    bench.is_settled = False
    return results


def rates(results):
    """{name: {side: median}}"""
    return {name: {side: median(runs, "rate") for side, runs in sides.items()} for name, sides in results.items()}
