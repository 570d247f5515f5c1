"""reviewd, as it is measured."""

import os
import re
import socket
import subprocess
import time
import urllib.request

import processes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A reviewd of one build. options: {"section.key": value}; cpus: as taskset takes them."""

    def __init__(self, build, database, log, options=None, config=None, cpus=None):
        self.build, self.database, self.log = build, database, log
        self.options, self.config, self.cpus = options or {}, config, cpus
        self.port, self.admin_port, self.process = 0, 0, None

    def start(self):
        self.port, self.admin_port = free_port(), free_port()
        options = {"server.port": self.port, "admin.port": self.admin_port, "db.dsn": self.database.dsn(),
                   "server.address": "127.0.0.1", "log.level": "warning", **self.options}
        environment = dict(os.environ)
        for key, value in options.items():
            environment["REVIEWD_" + key.replace(".", "_").upper()] = str(value)
        command = [str(self.build / "reviewd")] + (["--config", str(self.config)] if self.config else [])
        if self.cpus:
            command = ["taskset", "-c", self.cpus, *command]
        with open(self.log, "a", encoding="utf-8") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(command, env=environment, stderr=log)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/ready", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.build}/reviewd does not get ready: see {self.log}")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def cpu_s(self):
        return processes.cpu_s(self.process.pid)

    def peak_mib(self):
        return processes.peak_mib(self.process.pid)

    def metrics(self):
        """Each metric with its labels: {'name{label="value"}': number}."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return {name: float(value) for name, value in re.findall(r"^(\w+(?:{[^}]*})?) ([-+.\deE]+)$", text, re.M)}

    def counted(self):
        """Lists so far that were answered with a stored page, and reads by an equal one's query."""
        metrics = self.metrics()
        return {"pages": metrics.get("reviewd_pages_served_total", 0), "joined": metrics.get("reviewd_reads_joined_total", 0)}
