"""The other servers in loadtest/peers: made ready, run, and compared with reviewd answer by answer."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import processes
from server import free_port

FOLDER = Path(__file__).resolve().parents[1] / "peers"
NODE_AT_LEAST = 20


class Missing(Exception):
    """A peer cannot be had here; the text says why."""


def _run(*command, **options):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, **options)
    except FileNotFoundError as error:
        raise Missing(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise Missing(f"{command[0]} takes too long") from error
    if done.returncode != 0:
        raise Missing(f"{' '.join(map(str, command[:2]))} failed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
    return done.stdout


def _fastify(scratch):
    version = _run("node", "--version").strip()
    if int(version.lstrip("v").split(".", maxsplit=1)[0]) < NODE_AT_LEAST:
        raise Missing(f"node is {version}, and {NODE_AT_LEAST} is needed")
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=scratch)
    return ["node", str(scratch / "server.js")], f"Node.js {version}"


def _fasthttp(scratch):
    version = _run("go", "env", "GOVERSION", cwd=scratch).strip()
    _run("go", "build", "-mod=readonly", "-buildvcs=false", "-o", "peer", ".", cwd=scratch)
    return [str(scratch / "peer")], version.replace("go", "Go ")


PEERS = {
    "fastify": (_fastify, {"WORKERS": str(os.cpu_count()), "POOL": "4"}),
    "fasthttp": (_fasthttp, {"POOL": "4"}),
}


class Peer:
    """One that is ready to start; raises Missing otherwise."""

    def __init__(self, name, database, folder):
        scratch = folder / "peers" / name
        shutil.copytree(FOLDER / name, scratch, ignore=shutil.ignore_patterns("node_modules"))
        prepare, self.environment = PEERS[name]
        self.command, self.version = prepare(scratch)
        self.name, self.database, self.log = name, database, folder / f"{name}.log"
        self.port, self.process = 0, None

    def start(self):
        self.port = free_port()
        database = self.database
        environment = dict(os.environ, PORT=str(self.port), PGHOST=database.socket, PGPORT="5432", PGDATABASE=database.name,
                           PGUSER=database.user, DATABASE_URL=database.dsn(database.user), NODE_ENV="production", **self.environment)
        with open(self.log, "a", encoding="utf-8") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(self.command, env=environment, stderr=log)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/reviews/1/meta", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the peer {self.name} does not answer: {self.log.read_text()[-2000:]}")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    @staticmethod
    def counted():
        return {"pages": 0, "joined": 0}

    def cpu_s(self):
        return sum(map(processes.cpu_s, processes.descendants(self.process.pid)))


def _answer(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return json.dumps(json.load(answer), sort_keys=True, ensure_ascii=False)


def compare_answers(ours, peer, products, count=300):
    """The first of the paths that two servers answer differently, or None. Answers are parsed and written anew with sorted keys."""
    step = max(1, products // count)
    for product in [*range(1, products, step), products + 1000]:
        for path in (f"/reviews/{product}/list?count=10", f"/reviews/{product}/list?count=7&page=1", f"/reviews/{product}/meta"):
            if _answer(ours.port, path) != _answer(peer.port, path):
                return path
    return None
