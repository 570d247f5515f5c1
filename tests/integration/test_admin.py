"""The operators' port: /live, /ready, /metrics, and nothing of it on the clients' port."""

import pytest

from api import list_path, meta_path
from prometheus import Metrics
from waiting import wait_until


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
    assert all(name.startswith("reviewd_") for name in families)
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


@pytest.mark.parametrize("path", ["/live", "/ready", "/metrics"])
def test_pages_have_get_and_head(admin, path):
    head = admin.request("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    for method in ("POST", "PUT", "DELETE"):
        reply = admin.request(method, path)
        assert (reply.status, reply.field("Allow")) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/nowhere", "/live/", "/reviews/5/list"])
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


def test_every_loop_tells_its_cpu_time(admin):
    used = read_metrics(admin).families["reviewd_loop_cpu_nanoseconds_total"].samples
    assert used and all(value > 0 for value in used.values()), used
