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
