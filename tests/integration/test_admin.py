"""The operators' port: /live, /ready, /metrics, /actors, the console's files, and nothing of it on the clients' port."""

import ctypes
import json
import os
import re
import resource
import signal
import time
from pathlib import Path

import pytest

from api import list_path, meta_path
from prometheus import Metrics
from waiting import IS_SLOW, wait_until


@pytest.fixture
def admin(server):
    with server.connect_admin() as connection:
        yield connection


def read_metrics(admin):
    reply = admin.request("GET", "/metrics")
    assert reply.status == 200
    assert reply.field("Content-Type").startswith("text/plain; version=0.0.4")
    return Metrics(reply.body.decode())


@pytest.mark.parametrize("path", ["/live", "/ready"])
def test_live_and_ready(admin, path):
    assert admin.request("GET", path).status == 200


def test_metrics_are_well_formed(admin):
    families = read_metrics(admin).families
    assert len(families) > 10
    assert all(name.startswith(("reviewd_", "process_")) for name in families)
    assert all(name.endswith("_total") == (family.type == "counter") for name, family in families.items())


def test_counters_grow_with_requests(admin, client, product):
    before = read_metrics(admin)
    for _ in range(10):
        client.request("GET", list_path(product))
    for _ in range(5):
        client.request("GET", meta_path(product))
    client.request("GET", list_path(product, "count=0"))

    def growth(name, **labels):
        return read_metrics(admin).value(name, **labels) - before.value(name, **labels)

    # Actors count after they have answered, perhaps.
    wait_until(
        lambda: growth("reviewd_responses_total", operation="list", status="4xx") == 1,
        "the last response to be counted",
    )
    assert growth("reviewd_requests_total", operation="list") == 11
    assert growth("reviewd_requests_total", operation="meta") == 5
    assert growth("reviewd_responses_total", operation="list", status="2xx") == 10
    assert growth("reviewd_request_duration_seconds_count", operation="meta") == 5
    assert growth("reviewd_bytes_received_total") > 16 * 50
    assert growth("reviewd_bytes_sent_total") > 16 * 100


def test_counters_never_fall(admin, client, product):
    before = read_metrics(admin).counters()
    client.request("GET", list_path(product))
    after = read_metrics(admin).counters()
    assert all(after[series] >= value for series, value in before.items())


def test_clients_are_counted(server, admin):
    before = read_metrics(admin).value("reviewd_clients_opened_total")
    connections = [server.connect() for _ in range(10)]
    try:
        wait_until(lambda: read_metrics(admin).value("reviewd_clients_opened_total") == before + 10, "10 clients more")
        assert read_metrics(admin).value("reviewd_clients") >= 10
    finally:
        for connection in connections:
            connection.close()
    wait_until(lambda: read_metrics(admin).value("reviewd_clients") == 0, "the clients to be gone")


@pytest.mark.parametrize("path", ["/", "/live", "/ready", "/metrics", "/actors"])
def test_pages_have_get_and_head(admin, path):
    head = admin.request("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    for method in ("POST", "PUT", "DELETE"):
        reply = admin.request(method, path)
        assert (reply.status, reply.field("Allow")) == (405, "GET, HEAD")


def read_status(admin):
    reply = admin.request("GET", "/actors")
    assert (reply.status, reply.field("Content-Type")) == (200, "application/json")
    return json.loads(reply.body)


def growth_of(before, after, family, cell):
    """How much a counter grew between two samples of /actors."""

    def total(status):
        return sum(actor["metrics"].get(family, {cell: 0})[cell] for actor in status["sample"]["actors"])

    return total(after) - total(before)


def test_actors_tells_what_metrics_does(admin):
    """One table of metrics stands behind both: the same families, in the same order, with the same cells."""
    families = read_metrics(admin).families
    about = read_status(admin)["about"]["metrics"]
    assert list(about) == [name for name in families if name in about]
    missing = set(families) - set(about)
    assert all(name.startswith(("reviewd_mailbox", "reviewd_messages", "reviewd_wakeups", "reviewd_loop", "reviewd_log",
                                "process_")) for name in missing), missing
    for name, metric in about.items():
        family = families[name]
        assert (metric["type"], metric["help"]) == (family.type, family.help)
        labels = {tuple(pair for pair in labels if pair[0] != "le") for _, labels in family.samples}
        assert labels == {tuple(sorted(cell.items())) for cell in metric["cells"]}


def test_actors_counts_requests_by_phase(admin, client, product):
    before = read_status(admin)
    for _ in range(20):
        client.request("GET", list_path(product))
    operations = [cell["operation"] for cell in before["about"]["metrics"]["reviewd_requests_total"]["cells"]]
    place = operations.index("list")
    wait_until(
        lambda: growth_of(before, read_status(admin), "reviewd_requests_total", place) == 20,
        "a sample with the requests",
    )
    after = read_status(admin)

    def growth(phase):
        name = f"reviewd_{phase}_duration_seconds"
        new, old = after["sample"]["histograms"][name][place], before["sample"]["histograms"][name][place]
        old = old or {"counts": [], "sum_ns": 0}
        return sum(new["counts"]) - sum(old["counts"]), new["sum_ns"] - old["sum_ns"]

    assert [growth(phase)[0] for phase in ("request", "queue", "database", "render")] == [20, 20, 20, 20]
    whole = growth("request")[1]
    parts = sum(growth(phase)[1] for phase in ("queue", "database", "render"))
    assert abs(whole - parts) <= whole / 100, "the phases make up the whole"


def test_actors_names_actors_and_segments(admin):
    status = read_status(admin)
    actors = status["about"]["actors"]
    assert len(actors) == len(status["sample"]["actors"])
    assert {actor["kind"] for actor in actors} == {"supervisor", "admin", "acceptor", "db", "writer"}
    assert all(actor["loop"] in status["about"]["loops"] for actor in actors)
    assert all(
        sample["depth"] <= actor["mailbox_capacity"] for actor, sample in zip(actors, status["sample"]["actors"])
    )
    assert status["sample"]["process"]["resident_bytes"] > 1 << 20
    assert 10 < status["sample"]["process"]["descriptors"] < status["sample"]["process"]["descriptors_max"]
    wait_until(lambda: read_status(admin)["segments"], "the segments to be known")
    segments = read_status(admin)["segments"]
    assert segments == sorted(segments, key=lambda segment: segment["first_product"])
    assert all(segment["first_product"] < segment["end_product"] for segment in segments)


def test_actors_is_sampled_twice_a_second_at_most(admin):
    clocks = set()
    begin = time.monotonic()
    while time.monotonic() - begin < 1.2:
        clocks.add(read_status(admin)["sample"]["clock_us"])
    steps = sorted(clocks)
    assert 2 <= len(steps) <= 4
    assert all(after - before >= 440_000 for before, after in zip(steps, steps[1:]))


def test_actors_stream(server):
    """A stream: what is constant once, then samples, each with a later clock, until the reader leaves."""
    with server.connect_admin() as connection:
        connection.send(b"GET /actors?stream HTTP/1.1\r\nHost: a\r\n\r\n")
        text = b""
        while text.count(b"event: sample") < 4 or not text.endswith(b"\n\n"):
            text += connection.socket.recv(65536)
    head, _, body = text.decode().partition("\r\n\r\n")
    assert "Content-Type: text/event-stream" in head
    events = [event.split("\ndata: ") for event in body.split("\n\n") if event.startswith("event: ")]
    names = [name for name, _ in events]
    assert names[0] == "event: about" and names.count("event: about") == 1
    clocks = [json.loads(data)["clock_us"] for name, data in events if name == "event: sample"]
    assert clocks == sorted(set(clocks))


def test_streams_leave_room_for_probes(server):
    """No more than some watch at a time; those beyond hear 503, and probes are answered."""
    streams = [server.connect_admin() for _ in range(16)]
    try:
        for stream in streams:
            stream.send(b"GET /actors?stream HTTP/1.1\r\nHost: a\r\n\r\n")
            assert stream.socket.recv(12) == b"HTTP/1.1 200"
        with server.connect_admin() as another:
            assert another.request("GET", "/actors?stream").status == 503
            assert another.request("GET", "/live").status == 200
    finally:
        for stream in streams:
            stream.close()

    def is_let_in():
        with server.connect_admin() as another:
            another.send(b"GET /actors?stream HTTP/1.1\r\nHost: a\r\n\r\n")
            return another.socket.recv(12) == b"HTTP/1.1 200"

    wait_until(is_let_in, "room for a stream again")


def test_console_is_self_contained(admin):
    page = admin.request("GET", "/")
    assert page.field("Content-Type") == "text/html; charset=utf-8"
    policy = page.field("Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    named = set(re.findall(r'(?:href|src)="([a-z]+\.[a-z]+)"', page.body.decode()))
    seen = set()
    while named - seen:
        name = (named - seen).pop()
        seen.add(name)
        file = admin.request("GET", f"/{name}")
        assert file.status == 200, name
        named |= set(re.findall(r'from "\./([a-z]+\.js)"', file.body.decode()))
        if not name.endswith(".svg"):
            assert b"://" not in file.body.replace(b"http://www.w3.org/2000/svg", b""), name
    assert len(seen) > 10


@pytest.mark.parametrize("path", ["/nowhere", "/live/", "/index.html", "/reviews/5/list"])
def test_other_paths_are_unknown(admin, path):
    assert admin.request("GET", path).status == 404


@pytest.mark.parametrize("data", [b"BAD\r\n\r\n", b"\0\1\2\r\n\r\n", b"GET /live HTTP/1.1\r\n\r\n"])
def test_malformed_requests_are_refused(server, admin, data):
    with server.connect_admin() as connection:
        assert connection.exchange(data).status == 400
        assert connection.read_to_end() == b""
    assert admin.request("GET", "/live").status == 200


def test_pages_can_be_pipelined(admin):
    requests = [("GET", f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()) for path in ("/live", "/ready", "/nowhere")]
    assert [reply.status for reply in admin.pipeline(requests * 5)] == [200, 200, 404] * 5


def test_visitors_that_stay_do_not_keep_others_out(server):
    connections = [server.connect_admin() for _ in range(20)]
    try:
        for connection in reversed(connections):
            assert connection.request("GET", "/live").status == 200
    finally:
        for connection in connections:
            connection.close()


def test_process_tells_what_it_uses(admin, client, product):
    before = read_metrics(admin)
    assert 1 << 20 < before.value("process_resident_memory_bytes") < 1 << 34
    for _ in range(200):
        client.request("GET", list_path(product))
    used = read_metrics(admin).value("process_cpu_seconds_total") - before.value("process_cpu_seconds_total")
    assert 0 < used < 60


def test_every_loop_tells_its_cpu_time(admin):
    used = read_metrics(admin).families["reviewd_loop_cpu_nanoseconds_total"].samples
    assert used and all(value > 0 for value in used.values()), used


def test_a_visitor_that_reads_nothing_takes_little(start_server, empty_database):
    """Its answers are made one by one as it takes them; in the end it has all of them."""
    server = start_server(empty_database)
    before = server.settled_mib()
    request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
    with server.connect_admin() as connection:
        connection.socket.settimeout(1)
        sent = 0
        try:
            while sent < 6000 * len(request):
                sent += connection.socket.send((request * 100)[sent % len(request) :])
        except TimeoutError:
            pass  # it is not read from any more
        assert IS_SLOW or server.settled_mib() - before < 30
        connection.socket.settimeout(120)
        for _ in range(200):
            assert connection.read_reply().status == 200
    with server.connect_admin() as another:
        assert another.request("GET", "/live").status == 200


def test_a_visitor_waits_for_a_descriptor(start_server, empty_database):
    """Without a free one the server tries again now and then, and does not spin."""
    server = start_server(empty_database)
    pid = server.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))  # all that are open stay
    with server.connect_admin() as waiting:
        waiting.send(b"GET /live HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        ticks = [sum(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))]
        time.sleep(1)
        ticks.append(sum(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])))
        assert ticks[1] - ticks[0] < os.sysconf("SC_CLK_TCK") / 2
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        assert waiting.read_reply().status == 200


def test_a_drain_finds_room_in_a_full_mailbox(start_server, own_seeded_database):
    """The admin actor hears of the segments with every new connection; here it cannot listen for a while."""
    server = start_server(own_seeded_database, {
        "actors.placement": "own", "db.connect_interval_ms": 0, "db.backoff_min_ms": 1, "db.backoff_max_ms": 2,
    })  # fmt: skip
    pid = server.process.pid
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    seize, interrupt, detach = 0x4206, 0x4207, 17
    if ptrace(seize, pid, None, None) != 0:
        pytest.skip("may not stop a thread (ptrace)")
    assert ptrace(interrupt, pid, None, None) == 0  # the main thread alone: supervisor and admin
    os.waitpid(pid, 0x40000000)  # __WALL
    for _ in range(24):
        seen = backends(own_seeded_database)
        own_seeded_database.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {SESSIONS}")
        wait_until(lambda: backends(own_seeded_database) - seen, "another connection")
        time.sleep(0.05)  # for it to ask for the segments
    os.kill(pid, signal.SIGTERM)
    assert ptrace(detach, pid, None, None) == 0
    assert server.process.wait(60) == 0


SESSIONS = "application_name = 'reviewd' AND datname = current_database()"


def backends(database):
    return {pid for (pid,) in database.rows(f"SELECT pid FROM pg_stat_activity WHERE {SESSIONS} AND state = 'idle'")}
