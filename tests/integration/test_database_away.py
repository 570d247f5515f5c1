"""Without its database the server lives, says 503 with Retry-After, and recovers by itself."""

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest

from api import (
    Api,
    add_path,
    check_json,
    check_problem,
    list_path,
    meta_path,
    report_path,
    review_body,
    review_path,
    vote_path,
)
from cluster import SERVER_ROLE
from conftest import PLACEMENTS
from http_client import build_json_request, build_request
from waiting import wait_until

REVIEW_ID = (5 << 20) + 1

# One request of each route that needs the database.
REQUESTS = [
    ("GET", build_request("GET", list_path(5))),
    ("GET", build_request("GET", meta_path(5))),
    ("GET", build_request("GET", review_path(REVIEW_ID))),
    ("POST", build_json_request("POST", add_path(5), review_body())),
    ("PUT", build_request("PUT", vote_path(REVIEW_ID))),
    ("PUT", build_request("PUT", report_path(REVIEW_ID))),
]


def admin_status(server, path):
    with server.connect_admin() as admin:
        return admin.request("GET", path).status


def wait_until_away(server):
    wait_until(lambda: admin_status(server, "/ready") == 503, "/ready to say 503")


def check_refuses_everything(connection):
    for method, data in REQUESTS:
        check_problem(connection.exchange(data, method), 503)
    check_problem(connection.request("GET", "/nowhere"), 404)
    check_problem(connection.request_json("POST", add_path(5), b"{"), 400)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_restart_of_the_database_is_survived(own_cluster, crashable_database, start_server, placement):
    server = start_server(crashable_database, PLACEMENTS[placement])
    with server.connect() as connection:
        review = Api(connection).add(5)
        for how in (signal.SIGQUIT, signal.SIGINT):
            own_cluster.stop(how)
            wait_until_away(server)
            assert admin_status(server, "/live") == 200
            check_refuses_everything(connection)
            own_cluster.start()
            wait_until(server.is_ready, "the server to recover")
            assert Api(connection).review(review["review_id"]) == review
        Api(connection).add(5)
        Api(connection).vote(review["review_id"])


def test_a_server_may_start_before_its_database(own_cluster, crashable_database, make_server):
    own_cluster.stop()
    server = make_server(crashable_database)
    try:
        server.launch()
        assert admin_status(server, "/ready") == 503
        with server.connect() as connection:
            check_refuses_everything(connection)
            own_cluster.start()
            wait_until(server.is_ready, "the server to find its database")
            Api(connection).add(5)
        server.stop()
    finally:
        server.kill()


def test_a_server_whose_schema_is_missing_is_not_ready_and_tells_nothing(cluster, make_server):
    server = make_server(cluster.create_database())
    try:
        server.launch()
        assert admin_status(server, "/ready") == 503
        with server.connect() as connection:
            for method, data in REQUESTS:
                check_problem(connection.exchange(data, method), 503)
        server.stop()
    finally:
        server.kill()


def test_under_load_every_request_is_answered_while_the_database_goes_and_comes(
    own_cluster, crashable_database, start_server
):
    server = start_server(crashable_database)
    finished = Event()
    acknowledged = []

    def work(n):
        """Statuses of requests on one connection, none of which may break."""
        statuses = set()
        with server.connect() as connection:
            while not finished.is_set():
                reply = connection.request_json("POST", add_path(100 + n), review_body())
                if reply.status == 201:
                    acknowledged.append(check_json(reply, 201)["review_id"])
                else:
                    check_problem(reply, 503)
                statuses.add(reply.status)
                reply = connection.request("GET", list_path(100 + n))
                statuses.add(reply.status)
                if reply.status != 200:
                    check_problem(reply, 503)
        return statuses

    with ThreadPoolExecutor(8) as clients:
        runs = [clients.submit(work, n) for n in range(8)]
        try:
            wait_until(lambda: len(acknowledged) > 20, "the load")
            own_cluster.stop(signal.SIGQUIT)
            wait_until_away(server)
            own_cluster.start()
            wait_until(server.is_ready, "the server to recover")
            count = len(acknowledged)
            wait_until(
                lambda: len(acknowledged) > count + 20 or any(run.done() for run in runs), "writes after the recovery"
            )
        finally:
            finished.set()
        statuses = set().union(*(run.result() for run in runs))
    assert statuses == {200, 201, 503}
    stored = {review_id for (review_id,) in crashable_database.rows("SELECT review_id FROM review")}
    assert len(set(acknowledged)) == len(acknowledged) and set(acknowledged) <= stored


def test_connections_that_are_cut_are_replaced(start_server, empty_database):
    server = start_server(empty_database)
    with server.connect() as connection:
        for _ in range(3):
            Api(connection).add(5)
            empty_database.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reviewd_server'"
            )
            wait_until(lambda: connection.exchange(REQUESTS[0][1]).status == 200, "a list")
            wait_until(server.is_ready, "the server to recover")


def test_a_server_that_takes_no_writes_is_left(own_cluster, crashable_database, start_server):
    """As after a failover: the sessions of the old primary stay read-only for as long as they last."""
    database = crashable_database
    server = start_server(database, {"actors.db": 1, "db.connections": 2, "db.read_connections": 1, "db.write_connections": 1})
    role = f"ALTER ROLE {SERVER_ROLE} IN DATABASE {database.name}"
    with server.connect() as client:
        review_id = Api(client).add(5)["review_id"]

    def vote():
        with server.connect() as client:
            return client.request("PUT", vote_path(review_id)).status

    assert vote() == 204

    def of_the_server(count):
        """Its sessions, if there are so many."""
        pids = {pid for (pid,) in database.rows("SELECT pid FROM pg_stat_activity WHERE usename = %s AND datname = %s",
                                                (SERVER_ROLE, database.name))}
        return pids if len(pids) == count else None

    before = wait_until(lambda: of_the_server(2), "both connections")
    database.execute(f"{role} SET default_transaction_read_only = on")
    for pid in before:
        database.execute("SELECT pg_terminate_backend(%s)", (pid,))

    def all_are_new():
        now = of_the_server(2)
        return now and not now & before and admin_status(server, "/ready") == 200

    wait_until(all_are_new, "sessions that are read-only")
    assert vote() == 503
    database.execute(f"{role} RESET default_transaction_read_only")
    wait_until(lambda: vote() == 204, "votes to be taken again")


def test_a_read_whose_connection_is_ended_is_asked_again(own_cluster, crashable_database, start_server):
    database = crashable_database
    server = start_server(database, {"actors.db": 1, "db.connections": 2, "db.read_connections": 1, "db.write_connections": 1})
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND datname = %s AND wait_event_type = 'Client'"
    waiting = "SELECT max(pid) FROM pg_stat_activity WHERE usename = %s AND datname = %s AND wait_event_type = 'Lock' AND pid <> %s"

    def read_and_end(client, times):
        """Ends each connection that the read is tried on, so many times."""
        wait_until(lambda: database.value(sessions, (SERVER_ROLE, database.name)) == 2 and admin_status(server, "/ready") == 200,
                   "both connections")
        client.send(build_request("GET", meta_path(5)))
        pid = 0
        for _ in range(times):
            pid = wait_until(lambda last=pid: database.value(waiting, (SERVER_ROLE, database.name, last)), "the read to wait for a lock")
            database.execute("SELECT pg_terminate_backend(%s)", (pid,))
        return pid

    with server.connect() as client, closing(database.connect()) as holder:
        Api(client).add(5)
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_meta IN ACCESS EXCLUSIVE MODE")
        read_and_end(client, times=2)  # what it asks may be what ends them
        check_problem(client.read_reply(), 503)
        ended = read_and_end(client, times=1)
        wait_until(lambda: database.value(waiting, (SERVER_ROLE, database.name, ended)), "the second try")
        holder.rollback()
        assert client.read_reply().status == 200
