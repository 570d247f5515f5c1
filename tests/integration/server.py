"""The programs under test: reviewd and reviewd-seed as processes."""

import os
import random
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from cluster import SERVER_PASSWORD, SERVER_ROLE
from http_client import Connection, ConnectionClosed
from waiting import wait_until

# What most tests serve with: nothing is shed or given up because the machine is slow.
PATIENT = {
    "db.connections": 24,
    "deadline.request_ms": 60000,
    "deadline.queue_ms": 60000,
    "server.request_timeout_s": 120,
    "server.drain_timeout_s": 120,
}

SANITIZER_REPORT = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|ON CONFLICT|RETURNING|unnest)\b")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)*")


def _ports():
    """Ports in turn, from a random one on. They are below those that the system gives to clients, so that none takes one before the server
    does, and each of pytest's workers has its own."""
    many = 4000
    first = 12000 + many * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    offset = random.randrange(many)
    while True:
        yield first + offset
        offset = (offset + 1) % many


_next_port = _ports()


def free_port():
    while True:
        port = next(_next_port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass  # somebody else's


def environment(options):
    """Our environment, but of reviewd's variables only those that stand for the options {"section.key": value}."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("REVIEWD_")}
    return inherited | {f"REVIEWD_{key.upper().replace('.', '_')}": str(value) for key, value in options.items()}


@dataclass(frozen=True)
class Binaries:
    folder: Path

    @property
    def reviewd(self):
        return self.folder / "reviewd"

    @property
    def reviewd_seed(self):
        return self.folder / "reviewd-seed"

    def run(self, *arguments, options=None):
        """Runs reviewd to its end."""
        command = [self.reviewd, *arguments]
        return subprocess.run(command, env=environment(options or {}), capture_output=True, text=True)

    def migrate(self, database):
        done = self.run("--migrate", options={"db.dsn": database.dsn()})
        assert done.returncode == 0, done.stderr

    def seed(self, database, records, products):
        command = [self.reviewd_seed, "--dsn", database.dsn(), "--records", records, "--products", products]
        command += ["--segment-records", records // 4]  # several segments, so that the server has to choose
        done = subprocess.run([str(word) for word in command], env=environment({}), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class Server:
    """One reviewd process on free ports. `options` ({"section.key": value}) come on top of PATIENT."""

    def __init__(self, binaries, database, log, options=None):
        self.program = binaries.reviewd
        self.database = database
        self.log = Path(log)
        self.port = free_port()
        self.admin_port = free_port()
        self.options = (
            PATIENT
            | {
                "server.port": self.port,
                "admin.port": self.admin_port,
                "db.dsn": database.dsn(SERVER_ROLE),
            }
            | (options or {})
        )
        self.process = None

    def start(self):
        """Starts it and waits until it serves."""
        self.launch()
        wait_until(self.is_ready, "reviewd to be ready")

    def launch(self):
        """Starts it and waits until it lives, with or without a database."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", str(self.program)],
                env=environment(self.options),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(lambda: self._admin_status("/live") == 200, "reviewd to live")

    def _admin_status(self, path):
        assert self.process.poll() is None, f"reviewd ended with {self.process.returncode}:\n{self.log_text()}"
        try:
            with self.connect_admin() as connection:
                return connection.request("GET", path).status
        except (ConnectionRefusedError, ConnectionClosed):
            return None  # not yet: it tries a port out before it listens there for good

    def is_ready(self):
        return self._admin_status("/ready") == 200

    def connect(self):
        return Connection(self.port)

    def connect_admin(self):
        return Connection(self.admin_port)

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def resident_mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def settled_mib(self):
        """The memory that it takes when it takes no more."""
        seen = []

        def is_settled():
            time.sleep(0.2)
            seen.append(self.resident_mib())
            return len(seen) > 5 and max(seen[-6:]) - min(seen[-6:]) < 1

        wait_until(is_settled, "the memory to settle")
        return seen[-1]

    def terminate(self):
        """Asks it to drain and end."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        if self.is_running():
            self.process.kill()
            self.process.wait()

    def stop(self):
        """Drains it if it runs; it must end in order, and its log must not tell what it should not."""
        if self.is_running():
            self.terminate()
            code = self.process.wait()
            assert code == 0, f"reviewd ended with {code}:\n{self.log_text()[-5000:]}"
        self.check_log()

    def check_log(self):
        log = self.log_text()
        for what, pattern in (("a sanitizer's report", SANITIZER_REPORT), ("SQL", SQL), ("an e-mail address", EMAIL)):
            found = pattern.search(log)
            assert not found, f"the log holds {what}: {log[max(0, found.start() - 200):found.end() + 5000]}"
        assert SERVER_PASSWORD not in log, "the log tells the database password"
