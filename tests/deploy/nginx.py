"""The nginx of deploy/nginx, as it ships, but for ports, nodes and the folders that it may write."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from http_client import Connection
from server import free_port
from waiting import wait_until

TOP = Path(__file__).resolve().parents[2]
CONF = TOP / "deploy/nginx"


class Nginx:
    """In front of these servers; `options` {name in conf.d: text} switch more on, `web` is what is served beside the API."""

    def __init__(self, folder, servers, options=None, web=None):
        self.folder = Path(folder)
        self.port = free_port()
        shutil.copytree(CONF, self.folder)
        for name, text in (options or {}).items():
            (self.folder / "conf.d" / name).write_text(text)
        for file in self.folder.rglob("*.conf"):
            text = file.read_text().replace("/tmp/", f"{self.folder}/").replace("/dev/stdout", str(self.log))
            file.write_text(text.replace("listen 8080", f"listen 127.0.0.1:{self.port}").replace("flush=1s", "flush=100ms"))
        upstream = (self.folder / "upstream.conf").read_text().splitlines()
        nodes = [line for line in upstream if "server node" in line]
        kept = "\n".join(line for line in upstream if line not in nodes)
        parameters = nodes[0].split("node1:8080", 1)[1]
        lines = "\n".join(f"    server 127.0.0.1:{server.port}{parameters}" for server in servers)
        (self.folder / "upstream.conf").write_text(kept.replace("    include keepalive", f"{lines}\n    include keepalive"))
        site = self.folder / "site.conf"
        site.write_text(site.read_text().replace("/usr/share/reviewd/web", str(web or self.folder)))
        if os.geteuid() == 0:
            main = self.folder / "nginx.conf"
            main.write_text("user root;\n" + main.read_text())
        self.command = ["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]
        self.process = None

    @property
    def log(self):
        return self.folder / "access.log"

    def check(self):
        """nginx -t: the configuration as such. Returns what it says against it."""
        done = subprocess.run([*self.command, "-t"], capture_output=True, text=True)
        return "" if done.returncode == 0 and "[warn]" not in done.stderr else done.stderr

    def start(self):
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", *self.command, "-g", "daemon off;"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._lives, "nginx to serve")

    def _lives(self):
        try:
            with self.connect() as connection:
                return connection.request("GET", "/nginx/live").status == 200
        except ConnectionRefusedError:
            return False

    def connect(self):
        return Connection(self.port)

    def logged(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=30)
            self.process = None
