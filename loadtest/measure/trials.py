"""What rates alone don't tell: latency below the maximum, overload, one CPU, memory, connections."""

import contextlib
import os
import subprocess
from pathlib import Path

import processes
from bench import median, say, tell
from groups import Share

CONFIG = Path(__file__).resolve().parents[2] / "config"
LIST = {"list": 1}
OVERLOAD_CLIENTS = 8192
# Of a CPU, for PostgreSQL: with more, the clients on the same machine could not offer three times the maximum.
OVERLOAD_PERCENT = {"list": 15, "post": 25}
ONE_CPU_LOADS = {"full": {"clients": 64}, "5000/s": {"clients": 256, "rate": 5000}}
ONE_CPU = {  # what differs from micro.ini
    "micro": {},
    "own": {"actors.placement": "own", "actors.scheduling": "normal", "actors.batch": 64},  # as by default where there are more CPUs
    "own-batch": {"actors.placement": "own"},
}


def _maximum(bench, server, **request):
    return median([bench.ask(server, seed, requests=LIST, **request) for seed in range(1, 4)], "rate")


def half(bench):
    """Latency at half of the maximum, open loop; of the peers at half of theirs."""
    ours = bench.server()
    servers = {"reviewd": ours, **bench.peers(ours)}
    rates = {side: _maximum(bench, server) / 2 for side, server in servers.items()}
    results = {side: [] for side in servers}
    for seed in range(1, bench.rounds + 1):
        for side, server in servers.items():
            result = bench.ask(server, seed, requests=LIST, rate=rates[side], clients=256)
            tell("half", side, result)
            results[side].append(result)
    bench.stop()
    return results


@contextlib.contextmanager
def _limited(database, percent):
    """PostgreSQL has a share of one CPU, as where many nodes ask it."""
    share = Share(f"reviewd-bench-{os.getpid()}", percent)
    try:
        for process in (database.postmaster, *processes.children(database.postmaster)):
            share.add(process)
        yield
    finally:
        share.release()
        share.remove()


def overload(bench):
    """Three times the maximum, open loop, of lists and of posts, by which PostgreSQL has a small share of a CPU."""
    results = {}
    bench.stop(bench.server())  # settles, or autovacuum would have to, within that share
    try:
        for name, percent in OVERLOAD_PERCENT.items():  # lists first: posts make pages void
            server = bench.server()
            # Or the share would go to sessions that meet each page of the shared buffers for the first time, and to a server that
            # meets so many clients for the first time.
            bench.ask(server, requests={name: 1}, clients=256, seconds=20)
            bench.ask(server, requests={name: 1}, clients=OVERLOAD_CLIENTS, refusals=True)
            with _limited(bench.database, percent):
                results[name] = [_overload_once(bench, server, name, seed) | {"postgres_percent": percent} for seed in range(1, bench.rounds + 1)]
            bench.stop()
        bench.is_settled = False
    except PermissionError as reason:
        say(f"overload is left out: {reason}")
        return None
    return results


def _overload_once(bench, server, name, seed):
    requests = {name: 1}
    maximum = bench.ask(server, seed, requests=requests, clients=256, warm_s=3, refusals=True)["rate"]
    result = bench.ask(server, seed, requests=requests, rate=3 * maximum, clients=OVERLOAD_CLIENTS, refusals=True, drop=True)
    result["maximum"], result["offered"] = maximum, result["due"] / result["seconds"] / maximum
    say(f"  overload: {name}: maximum {maximum:.0f}, offered {result['offered']:.2f} of it: {result['statuses']}, "
        f"{result['dropped']} not sent; goodput {result['rate'] / maximum:.2f}, p99 {result['latency_ms']['99']:.0f} ms; "
        f"503 p50 {result['refused_latency_ms']['50']:.1f}, p99 {result['refused_latency_ms']['99']:.0f} ms")
    return result


def one_cpu(bench):
    """The server confined to the first CPU, the clients to the second, PostgreSQL wherever it finds room: micro.ini, and its
    actors on a loop each, scheduled as by default or as by micro.ini. Returns {load: {side: [result]}}."""
    if os.cpu_count() < 2:
        say("one_cpu is left out: it takes two CPUs")
        return None
    results = {load: {side: [] for side in ONE_CPU} for load in ONE_CPU_LOADS}
    for seed in range(1, bench.rounds + 1):
        for side, options in ONE_CPU.items():
            server = bench.server(side, config=CONFIG / "micro.ini", options=options, cpus="0")
            for load, request in ONE_CPU_LOADS.items():
                result = bench.ask(server, seed, requests=LIST, cpus="1", **request)
                result["per_cpu_s"] = result["answers"] / result["server_cpu_s"]
                tell("one_cpu", f"{side} {load}", result)
                results[load][side].append(result)
            bench.stop(server)
    return results


def _connections(server):
    """Connections to PostgreSQL that are ready."""
    return sum(value for name, value in server.metrics().items() if name.startswith("reviewd_db_connections") and "ready" in name)


def memory(bench):
    """The greatest resident memory with every database connection open, and with ten thousand clients."""
    writing, wanted = 4, 600
    # A load that every connection sees, spread over all of the lane.
    server = bench.server("memory", options={"actors.db": 1, "db.connections": wanted, "db.read_connections": wanted - writing,
                                             "db.write_connections": writing})
    for _ in range(120):
        bench.ask(server, requests={"list": 60, "meta": 35, "post": 2, "vote": 3}, clients=600, warm_s=0, seconds=1,
                  refusals=True)
        if (count := _connections(server)) >= wanted:
            break
    result = {"connections": count, "connections_mib": server.peak_mib()}
    bench.stop(server)
    server = bench.server("memory")
    clients = bench.ask(server, requests=LIST, rate=5000, clients=10000, seconds=max(5, bench.seconds))
    result |= {"clients": 10000, "clients_mib": server.peak_mib(), "clients_rate": clients["rate"]}
    bench.stop(server)
    say(f"  memory: {result}")
    return result


def connections(bench):
    """The rate of lists, by how many connections carry them. Returns {connections: [result]}."""
    results = {}
    for seed in range(1, bench.rounds + 1):
        for count in (1, 2, 4, 8, 16, 32, 64, 128):
            server = bench.server("connections", options={"actors.db": 1, "db.read_connections": count})
            result = bench.ask(server, seed, requests=LIST, clients=256)
            result["ready"] = _connections(server)
            tell("connections", f"{count} ({result['ready']:.0f} ready)", result)
            results.setdefault(str(count), []).append(result)
            bench.stop(server)
    return results


def wrk(bench):
    """The same lists asked for by wrk, in turns, to see whether both say the same of the server."""
    server = bench.server()
    results = {"reviewd-loadgen": [], "wrk": []}
    script = Path(__file__).resolve().parents[1] / "wrk" / "products.lua"
    for seed in range(1, bench.rounds + 1):
        results["reviewd-loadgen"].append(bench.ask(server, seed, requests=LIST))
        command = ["wrk", "-t1", "-c64", f"-d{bench.seconds:.0f}s", "-s", str(script), f"http://127.0.0.1:{server.port}", "--",
                   str(bench.database.products)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        results["wrk"].append({"rate": float(text.split("Requests/sec:")[1].split()[0])})
        for side, runs in results.items():
            tell("wrk", side, runs[-1])
    bench.stop()
    return results


TRIALS = {"half": half, "overload": overload, "one-cpu": one_cpu, "memory": memory, "connections": connections, "wrk": wrk}
