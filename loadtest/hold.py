#!/usr/bin/env python3
"""Does a running reviewd keep its promises under load?

Opens idle keep-alive clients, then runs wrk with random products while a pipelining, an HTTP/1.0 and a HEAD client compare
their answers with those given before the load; at last every idle client asks again. Prints the rate, the server's memory
and what went wrong; exits 1 if anything did.

    ./dev run &                      # or any reviewd on this machine
    loadtest/hold.py --pid "$(pgrep -x reviewd)" --products 33333
"""

import argparse
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent


def read_reply(stream, has_body=True):
    """One reply: its head and body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            raise ConnectionError("closed within a head")
        head += line
    length = int(re.search(rb"Content-Length: *(\d+)", head).group(1))
    body = stream.read(length) if has_body else b""
    if has_body and len(body) != length:
        raise ConnectionError("closed within a body")
    return head, body


class Client:
    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=30)
        self.stream = self.socket.makefile("rb")

    def send(self, *requests):
        self.socket.sendall(b"".join(requests))

    def close(self):
        self.stream.close()
        self.socket.close()


def request(path, method="GET", version="1.1", fields=""):
    return f"{method} {path} HTTP/{version}\r\nHost: localhost\r\n{fields}\r\n".encode()


def ask(address, path):
    client = Client(address)
    client.send(request(path))
    head, body = read_reply(client.stream)
    client.close()
    assert head.startswith(b"HTTP/1.1 200"), head
    return body


def pipelining(address, wanted):
    client = Client(address)
    client.send(*(request(path) for path in wanted))
    answers = [read_reply(client.stream)[1] for _ in wanted]
    client.close()
    return answers == list(wanted.values())


def old_protocol(address, wanted):
    path, body = next(iter(wanted.items()))
    client = Client(address)
    client.send(request(path, version="1.0"))
    right = read_reply(client.stream)[1] == body and client.stream.read() == b""
    client.close()
    return right


def head_only(address, wanted):
    client = Client(address)
    right = True
    for path, body in wanted.items():
        client.send(request(path, method="HEAD"))
        head, _ = read_reply(client.stream, has_body=False)
        right &= int(re.search(rb"Content-Length: *(\d+)", head).group(1)) == len(body)
    client.close()
    return right


def check_until(stop, check, address, wanted, outcome):
    while not stop.is_set():
        try:
            outcome.append(check(address, wanted))
        except (OSError, AttributeError) as error:
            outcome.append(False)
            print(f"{check.__name__}: {error}", file=sys.stderr)
        stop.wait(0.02)


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--pid", type=int, required=True, help="of reviewd, for its memory")
    parser.add_argument("--products", type=int, default=33333)
    parser.add_argument("--idle", type=int, default=10000, help="idle keep-alive clients")
    parser.add_argument("--connections", type=int, default=64, help="of wrk")
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    address = (arguments.host, arguments.port)

    wanted = {}
    for product in range(1, 33):
        for path in (f"/reviews/{product}/list?count=10", f"/reviews/{product}/meta"):
            wanted[path] = ask(address, path)
    print(f"resident at rest: {resident_kib(arguments.pid) / 1024:.1f} MiB")

    def load():
        return subprocess.run(
            ["wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s", "--latency", "-s", HERE / "wrk/products.lua",
             f"http://{arguments.host}:{arguments.port}", "--", str(arguments.products)],
            capture_output=True, text=True, check=True).stdout

    print(load())
    print(f"resident after this load: {resident_kib(arguments.pid) / 1024:.1f} MiB")

    idle = []
    for _ in range(arguments.idle):
        client = Client(address)
        client.send(request("/reviews/1/meta"))
        read_reply(client.stream)
        idle.append(client)
    print(f"idle clients: {len(idle)}; resident: {resident_kib(arguments.pid) / 1024:.1f} MiB")

    stop = threading.Event()
    outcomes = {check: [] for check in (pipelining, old_protocol, head_only)}
    checkers = [threading.Thread(target=check_until, args=(stop, check, address, wanted, outcome))
                for check, outcome in outcomes.items()]
    for checker in checkers:
        checker.start()
    output = load()
    stop.set()
    for checker in checkers:
        checker.join()
    print(f"with the idle clients and the checks:\n{output}")
    print(f"resident: {resident_kib(arguments.pid) / 1024:.1f} MiB")

    held = 0
    for client in idle:
        client.send(request("/reviews/1/meta"))
        held += read_reply(client.stream)[1] == wanted["/reviews/1/meta"]
        client.close()
    print(f"idle clients that were held and answered again: {held} of {len(idle)}")
    failed = held != len(idle) or "Socket errors" in output or "answers other than 200: 0" not in output
    for check, outcome in outcomes.items():
        print(f"{check.__name__}: {sum(outcome)} of {len(outcome)} rounds right")
        failed |= not outcome or not all(outcome)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
