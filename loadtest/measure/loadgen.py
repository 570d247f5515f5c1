"""Runs reviewd-loadgen, the HTTP clients of all measurements."""

import json
import subprocess


class Failed(Exception):
    """The figures of a run are worth nothing."""


def run(program, port, requests, *, products, clients=64, rate=0, zipf=False, warm_s=1.0, seconds=5.0, wait_s=5.0, seed=1,
        cpus=None, refusals=False, drop=False, in_turn=False):
    """requests: {kind: weight}. Returns what it prints. Every request must have been answered well, but for refusals (503) where
    they are wanted, and votes for the few products that have no review (404), which do not count as answers."""
    command = [str(program), "--server", f"127.0.0.1:{port}", "--products", str(products),
               "--clients", str(clients), "--rate", str(rate), "--warm", str(warm_s), "--seconds", str(seconds),
               "--wait", str(wait_s), "--seed", str(seed)]
    for kind, weight in requests.items():
        command += ["--request", f"{kind}={weight}"]
    if drop:
        command.append("--drop")
    if zipf:
        command.append("--zipf")
    if in_turn:
        command.append("--in-turn")
    if cpus:
        command = ["taskset", "-c", cpus, *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(done.stderr.strip())
    result = json.loads(done.stdout)
    good = {"200", "201", "204"} | ({"503", "504"} if refusals else set()) | ({"404"} if "vote" in requests else set())
    if set(result["statuses"]) - good or result["broken"] or result["unanswered"] and not refusals:
        raise Failed(f"answers were {result['statuses']}, {result['broken']} connections broke, "
                     f"{result['unanswered']} requests were not answered")
    return result
