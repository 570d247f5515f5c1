"""The service manager's view: readiness, watchdog and stopping, told by datagrams (sd_notify)."""

import ctypes
import os
import signal
import socket
import subprocess

import pytest

from conftest import PLACEMENTS
from server import environment, free_port
from waiting import wait_until

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long

NOWHERE = "host=/nonexistent dbname=none user=none"


class Manager:
    """A socket as systemd's, and one reviewd without a database under it."""

    def __init__(self, binaries, address, variables, options):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(60)
        self.port = free_port()
        options = options | {"server.port": self.port, "admin.port": free_port(), "db.dsn": NOWHERE}
        name = address.replace("\0", "@")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", str(binaries.reviewd)],
            env=environment(options) | {"NOTIFY_SOCKET": name} | variables,
            stderr=subprocess.PIPE,
            text=True,
        )

    def hear(self):
        return self.socket.recv(4096).decode().split("\n")

    def hear_until(self, line):
        while line not in self.hear():
            pass

    def end(self):
        self.process.kill()
        self.process.communicate()
        self.socket.close()


class Halted:
    """One thread of a process, halted as a debugger does it (ptrace); the others go on."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
    WALL = 0x40000000

    def __init__(self, thread):
        self.thread = thread

    def _trace(self, request):
        if libc.ptrace(request, self.thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")

    def __enter__(self):
        self._trace(self.SEIZE)
        self._trace(self.INTERRUPT)
        os.waitpid(self.thread, self.WALL)

    def __exit__(self, *_):
        self._trace(self.DETACH)


@pytest.fixture
def manage(binaries):
    managers = []

    def start(address, variables=None, options=None):
        managers.append(Manager(binaries, address, variables or {}, options or {}))
        return managers[-1]

    yield start
    for manager in managers:
        manager.end()


def thread_called(process, name):
    for task in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{task}/comm") as file:
            if file.read().strip() == name:
                return int(task)
    return None


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_tells_that_it_serves_and_that_it_stops(manage, tmp_path, placement, kind):
    address = str(tmp_path / "notify") if kind == "path" else f"\0reviewd-test-{os.getpid()}-{placement}"
    options = PLACEMENTS[placement] | {"server.drain_timeout_s": 7}
    manager = manage(address, options=options)
    assert "READY=1" in manager.hear()
    socket.create_connection(("127.0.0.1", manager.port)).close()  # it was true
    manager.process.send_signal(signal.SIGTERM)
    assert {"STOPPING=1", "EXTEND_TIMEOUT_USEC=12000000"} <= set(manager.hear())
    assert manager.process.wait(60) == 0


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_beats_for_the_watchdog(manage, tmp_path, placement):
    manager = manage(str(tmp_path / "notify"), {"WATCHDOG_USEC": "200000"}, PLACEMENTS[placement])
    for _ in range(3):
        manager.hear_until("WATCHDOG=1")


def test_a_watchdog_of_another_process_is_left_alone(manage, tmp_path):
    manager = manage(str(tmp_path / "notify"), {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
    assert "READY=1" in manager.hear()
    manager.socket.settimeout(1)
    with pytest.raises(TimeoutError):
        manager.hear()


def test_does_not_beat_while_one_loop_hangs(manage, tmp_path):
    manager = manage(str(tmp_path / "notify"), {"WATCHDOG_USEC": "200000"}, PLACEMENTS["own"])
    manager.hear_until("WATCHDOG=1")
    with Halted(thread_called(manager.process, "loop-3")):
        manager.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            for _ in range(3):  # what was on its way when the thread was halted
                manager.hear_until("WATCHDOG=1")
    manager.socket.settimeout(60)
    manager.hear_until("WATCHDOG=1")


def test_serves_without_a_reachable_manager(manage, tmp_path):
    manager = manage(str(tmp_path / "notify"), {"NOTIFY_SOCKET": str(tmp_path / "nobody")}, PLACEMENTS["own"])
    wait_until(lambda: thread_called(manager.process, "loop-1") is not None, "the loops")
    manager.process.send_signal(signal.SIGTERM)
    _, log = manager.process.communicate(timeout=60)
    assert manager.process.returncode == 0
    assert "the service manager cannot be told" in log
