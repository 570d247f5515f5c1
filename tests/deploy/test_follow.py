"""nginx follows the Pods behind a name (deploy/k8s/base/follow.sh), with real nginx and two real servers.

What the name resolves to is said by a stand-in for getent: the cluster's DNS is all that is not real here.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from http_client import Connection
from prometheus import Metrics
from server import free_port
from waiting import wait_until

TOP = Path(__file__).resolve().parents[2]
FOLLOW = TOP / "deploy/k8s/base/follow.sh"
CONF = TOP / "deploy/nginx"


def follow(mode, port, folder, names):
    """Starts follow.sh with a getent that prints the addresses in the file `names`."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(exist_ok=True)
    getent = bin_folder / "getent"
    getent.write_text(f'#!/bin/sh\n[ "$1 $2" = "ahosts reviewd" ] && [ -s {names} ] && sed "s/$/ STREAM/" {names}\n')
    getent.chmod(0o755)
    environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "FOLLOW_SECONDS": "0.2"}
    return subprocess.Popen(["/bin/sh", FOLLOW, mode, "reviewd", str(port), str(folder)], env=environment, text=True)


def test_real_names_are_resolved(tmp_path):
    subprocess.run(["/bin/sh", FOLLOW, "--once", "localhost", "8080", tmp_path], check=True, timeout=20)
    assert "127.0.0.1:8080 " in (tmp_path / "servers.conf").read_text() or "[::1]:8080 " in (tmp_path / "servers.conf").read_text()


def test_wrong_use_is_an_error(tmp_path):
    assert subprocess.run(["/bin/sh", FOLLOW, "--never", "localhost", "8080", tmp_path], capture_output=True).returncode == 2


@pytest.fixture
def folder(workspace):
    folder = workspace / "follow"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def count(server):
    with server.connect_admin() as connection:
        return Metrics(connection.request("GET", "/metrics").body.decode()).value("reviewd_requests_total", operation="meta")


def start_nginx(folder, port, options=None):
    """nginx as in Kubernetes, but for the port and the folder that it may write; options are files for conf.d, {name: text}."""
    shutil.copytree(CONF, folder / "nginx")
    for name, content in (options or {}).items():
        (folder / "nginx/conf.d" / name).write_text(content)
    text = (TOP / "deploy/k8s/base/kubernetes.conf").read_text()
    text = text.replace("/run/nginx", str(folder)).replace("listen 8080", f"listen 127.0.0.1:{port}")
    if os.geteuid() == 0:
        text = "user root;\n" + text
    (folder / "nginx/kubernetes.conf").write_text(text)
    command = ["/usr/sbin/nginx", "-c", str(folder / "nginx/kubernetes.conf"), "-e", str(folder / "error.log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    return subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask(port, path):
    """Status and body, or None where nobody listens."""
    try:
        with Connection(port) as connection:
            reply = connection.request("GET", path)
            return reply.status, reply.body
    except ConnectionRefusedError:
        return None


def test_nginx_follows_the_pods(start_server, seeded_database, folder):
    port, front = free_port(), free_port()
    servers = [start_server(seeded_database, {"server.address": address, "server.port": port, "server.keepalive_timeout_s": 75})
               for address in ("127.0.0.1", "127.0.0.2")]
    names = folder / "names"
    names.write_text("127.0.0.1\n127.0.0.1\n")
    assert follow("--once", port, folder, names).wait(timeout=20) == 0
    nginx = start_nginx(folder, front)
    follower = follow("--always", port, folder, names)

    def shares():
        """How many of 20 requests each server gets."""
        before = [count(server) for server in servers]
        for _ in range(20):
            with Connection(front) as connection:
                assert connection.request("GET", "/reviews/7/meta").status == 200
        return [count(server) - earlier for server, earlier in zip(servers, before)]

    try:
        wait_until(lambda: ask(front, "/nginx/live"), "nginx to serve")
        assert shares() == [20, 0]
        names.write_text("127.0.0.1\n127.0.0.2\n")
        wait_until(lambda: min(shares()) > 0, "the second Pod to get requests")
        names.write_text("127.0.0.2\n")
        wait_until(lambda: shares() == [0, 20], "the first Pod to get none")
        names.write_text("")
        assert shares() == [0, 20]
    finally:
        for process, number in ((follower, signal.SIGTERM), (nginx, signal.SIGQUIT)):
            process.send_signal(number)
            process.wait(timeout=20)


def test_loader_io_is_answered_its_own_token_only(folder):
    front, token = free_port(), "loaderio-0123456789abcdef0123456789abcdef"
    text = (CONF / "options/site-loader-io.inc.example").read_text().replace("loaderio-" + "0" * 32, token)
    (folder / "servers.conf").write_text("server 127.0.0.1:9;\n")
    nginx = start_nginx(folder, front, {"site-loader-io.inc": text})
    try:
        wait_until(lambda: ask(front, "/nginx/live"), "nginx to serve")
        for end in ("", "/", ".txt", ".html"):
            assert ask(front, f"/{token}{end}") == (200, token.encode())
        assert ask(front, f"/loaderio-{'f' * 32}.txt")[0] == 404
        assert ask(front, f"/{token}.txt.txt")[0] == 404
    finally:
        nginx.send_signal(signal.SIGQUIT)
        nginx.wait(timeout=20)
