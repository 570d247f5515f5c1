"""Runs the service of a unit file as the service manager would, as far as that goes without one: its command, as its user, with
its limit of files, under a notification socket. Checks that it says READY when it serves, that it serves, and that it drains.
What it calls is compared with the unit's SystemCallFilter. The sandbox itself (namespaces, capabilities) takes a systemd."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

BASE = "http://127.0.0.1:8080"
ADMIN = "http://127.0.0.1:9090"


def read_unit(path):
    """The [Service] section; of an option that is given repeatedly, a list."""
    options = {}
    section = None
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            options.setdefault(key, []).append(value)
    return options


def allowed_calls(filters):
    """The system calls that a list of SystemCallFilter= lets through, in the words of systemd-analyze."""

    def expand(names):
        found = set()
        for name in names:
            if name.startswith("@"):
                text = subprocess.run(
                    ["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True
                ).stdout
                words = [line.strip() for line in text.splitlines()[1:] if not line.strip().startswith("#")]
                found |= expand(word for word in words if word)
            else:
                found.add(name)
        return found

    calls = set()
    for filter in filters:
        if filter.startswith("~"):
            calls -= expand(filter[1:].split())
        else:
            calls |= expand(filter.split())
    return calls | expand(["@default"])


def request(method, url, body=None):
    headers = {"Content-Type": "application/json"} if body else {}
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=10) as reply:
        return reply.status, reply.read().decode()


def wait_ready():
    for _ in range(100):
        try:
            if request("GET", ADMIN + "/ready")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("it does not get ready")


def use():
    body = {"rating": 5, "recommend": True, "name": "Ada", "email": "ada@example.com", "summary": "Fits", "body": "Warm."}
    assert request("POST", BASE + "/reviews/777", body)[0] == 201
    listed = json.loads(request("GET", BASE + "/reviews/777/list")[1])
    assert [review["summary"] for review in listed["results"]] == ["Fits"], listed
    assert "reviewd_requests_total" in request("GET", ADMIN + "/metrics")[1]


def main():
    unit = read_unit(sys.argv[1])
    user, files = unit["User"][0], int(unit["LimitNOFILE"][0])
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o711)
    address = f"{folder}/notify"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(address)
    os.chmod(address, 0o666)
    manager.settimeout(20)
    trace = f"{folder}/calls"
    environment = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "400000"}
    command = ["strace", "-f", "-qq", "-o", trace, "-u", user, *unit["ExecStart"][0].split()]
    process = subprocess.Popen(
        command, env=environment, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    )
    try:
        heard = manager.recv(4096).decode().split("\n")
        assert "READY=1" in heard, heard
        request("GET", ADMIN + "/live")  # at once
        wait_ready()
        server = next(int(line.split()[0]) for line in open(trace, encoding="utf-8", errors="replace"))
        owner = os.stat(f"/proc/{server}").st_uid
        assert owner == int(subprocess.check_output(["id", "-u", user])), owner
        use()
        while "WATCHDOG=1" not in heard:
            heard = manager.recv(4096).decode().split("\n")
        os.kill(server, signal.SIGTERM)
        while "STOPPING=1" not in heard:
            heard = manager.recv(4096).decode().split("\n")
        assert process.wait(30) == 0, process.returncode
    finally:
        process.kill()
    called = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", open(trace, encoding="utf-8", errors="replace").read(), re.M))
    assert len(called) > 20, called
    refused = called - allowed_calls(unit["SystemCallFilter"])
    assert not refused, f"the unit's SystemCallFilter refuses {sorted(refused)}"
    print(f"  READY, WATCHDOG and STOPPING heard; {len(called)} system calls, all of them in the unit's filter")


main()
