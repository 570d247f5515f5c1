"""Connections to PostgreSQL: few while they suffice, more while requests wait, never more than configured."""

from contextlib import closing

from api import meta_path, vote_path
from http_client import build_request
from prometheus import Metrics
from waiting import wait_until

LIMIT = 9
OPTIONS = {
    "actors.db": 1,
    "db.connections": LIMIT,
    "db.read_connections": 1,
    "db.write_connections": 1,
    "db.pipeline": 1,
    "db.batch": 1,
    "db.connect_interval_ms": 1,
    "db.idle_timeout_s": 1,
    "deadline.request_ms": 20000,
    "deadline.queue_ms": 20000,
}


def ready_connections(server):
    with server.connect_admin() as admin:
        return Metrics(admin.request("GET", "/metrics").body.decode()).value("reviewd_db_connections", state="ready")


def unanswered(server):
    with server.connect_admin() as admin:
        return Metrics(admin.request("GET", "/metrics").body.decode()).value("reviewd_db_unanswered")


def test_a_lane_grows_while_requests_wait_and_shrinks_afterwards(start_server, empty_database, product):
    server = start_server(empty_database, OPTIONS)
    wait_until(lambda: ready_connections(server) == 2, "the connections that are kept")
    with server.connect() as client, closing(empty_database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_meta IN ACCESS EXCLUSIVE MODE")
        client.send(b"".join(build_request("GET", meta_path(product + i)) for i in range(30)))
        wait_until(lambda: ready_connections(server) == LIMIT, "connections up to the limit")
        holder.rollback()
        assert [client.read_reply().status for _ in range(30)] == [200] * 30
        client.send(build_request("PUT", vote_path(product << 20 | 1)))  # the lane of writes was not starved
        assert client.read_reply().status == 404
    wait_until(lambda: ready_connections(server) == 2, "idle connections to be closed")


def batches(server):
    """Batches and requests that went to PostgreSQL in the lane of reads."""
    with server.connect_admin() as admin:
        metrics = Metrics(admin.request("GET", "/metrics").body.decode())
    return [metrics.value(name, lane="read") for name in ("reviewd_batches_total", "reviewd_batch_keys_total")]


def test_reads_that_find_all_connections_at_work_become_one_batch(start_server, empty_database, product):
    options = OPTIONS | {"db.connections": 2, "db.pipeline": 8, "db.batch": 16}
    server = start_server(empty_database, options)
    wait_until(lambda: ready_connections(server) == 2, "the connections that are kept")
    with server.connect() as client, closing(empty_database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_meta IN ACCESS EXCLUSIVE MODE")
        before = batches(server)
        client.send(build_request("GET", meta_path(product)))
        wait_until(lambda: batches(server) == [before[0] + 1, before[1] + 1], "the first read to be sent")
        for i in range(1, 16):  # one by one, each in a turn of its own
            client.send(build_request("GET", meta_path(product + i)))
            wait_until(lambda: unanswered(server) == i + 1, "the read to wait")
        assert batches(server) == [before[0] + 1, before[1] + 1]
        client.send(build_request("GET", meta_path(product + 16)))
        wait_until(lambda: batches(server) == [before[0] + 2, before[1] + 17], "the whole batch to be sent")
        client.send(build_request("GET", meta_path(product + 17)))
        holder.rollback()
        assert [client.read_reply().status for _ in range(18)] == [200] * 18
    assert batches(server) == [before[0] + 3, before[1] + 18]
