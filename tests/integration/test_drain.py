"""SIGTERM: every request that the server has taken gets its whole answer, and the process ends with 0."""

import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from api import Api, add_path, check_json, check_list, list_path, meta_path, review_body, vote_path
from conftest import PLACEMENTS
from http_client import ConnectionClosed, build_json_request, build_request
from waiting import wait_until

CLIENTS = 16
PIPELINE = 4


class BusyClient:
    """Sends requests, some pipelined, until the server takes no more, and remembers what was acknowledged."""

    def __init__(self, server, number, terminating):
        self.server = server
        self.product = 3_000_000 + number
        self.terminating = terminating
        self.rounds = 0
        self.added = []

    def run(self):
        while self._run_connection():
            pass
        return self

    def _run_connection(self):
        """Works until the server closes the connection; false when it takes no more connections."""
        try:
            connection = self.server.connect()
        except ConnectionError:
            assert self.terminating.is_set()
            return False
        with connection:
            is_new = True
            while True:
                try:
                    if self._work_closes(connection):
                        return True
                except (ConnectionClosed, ConnectionError) as error:
                    # A connection that the server never accepted may end in the kernel's queue; no other may.
                    assert self.terminating.is_set() and is_new and not getattr(error, "received", b""), error
                    return False
                is_new = False

    def _work_closes(self, connection):
        """One round of requests, all of which must be answered up to the one that says it is the last."""
        self.rounds += 1
        requests = [
            ("POST", build_json_request("POST", add_path(self.product), review_body())),
            ("GET", build_request("GET", list_path(self.product, "count=100"))),
            ("PUT", build_request("PUT", vote_path((self.product << 20) + 1))),
            ("GET", build_request("GET", meta_path(self.product))),
        ]
        depth = 1 + self.rounds % PIPELINE
        connection.send(b"".join(data for _, data in requests[:depth]))
        for method, _ in requests[:depth]:
            reply = connection.read_reply(method)
            if method == "POST":
                self.added.append(check_json(reply, 201))
            assert reply.status in (200, 201, 204), reply
            if reply.closes:
                assert self.terminating.is_set()
                assert connection.read_to_end() == b""
                return True
        return False


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_drain_under_load_loses_no_answer(start_server, empty_database, placement, number):
    server = start_server(empty_database, PLACEMENTS[placement])
    terminating = Event()
    clients = [BusyClient(server, n, terminating) for n in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as executor:
        runs = [executor.submit(client.run) for client in clients]
        wait_until(lambda: all(client.rounds > 10 for client in clients) or any(run.done() for run in runs), "the load")
        terminating.set()
        server.process.send_signal(number)
        for run in runs:
            run.result()
    assert server.process.wait() == 0
    added = [review["review_id"] for client in clients for review in client.added]
    stored = {review_id for (review_id,) in empty_database.rows("SELECT review_id FROM review")}
    assert len(added) == len(set(added)) and set(added) <= stored


def test_an_idle_server_ends_though_clients_stay_connected(start_server, empty_database):
    server = start_server(empty_database)
    with server.connect() as silent, server.connect() as connection:
        Api(connection).list(5)
        server.terminate()
        assert server.process.wait() == 0
        assert connection.read_to_end() == b"" and silent.read_to_end() == b""


def test_a_request_under_way_is_answered(start_server, empty_database):
    server = start_server(empty_database)
    request = build_json_request("POST", add_path(5), review_body())
    with server.connect() as connection:
        Api(connection).list(5)
        connection.send(request[:-10])
        server.terminate()
        wait_until(lambda: refuses_connections(server), "the server to stop accepting")
        connection.send(request[-10:])
        reply = connection.read_reply("POST")
        check_json(reply, 201)
        assert reply.closes
    assert server.process.wait() == 0
    assert empty_database.value("SELECT count(*) FROM review") == 1


def refuses_connections(server):
    try:
        server.connect().close()
    except ConnectionError:
        return True
    return False


def test_ready_says_that_the_server_drains(start_server, empty_database):
    server = start_server(empty_database)
    with server.connect() as connection, server.connect_admin() as admin:
        connection.send(build_request("GET", list_path(5))[:-2])
        assert admin.request("GET", "/ready").status == 200
        server.terminate()
        wait_until(lambda: admin.request("GET", "/ready").status == 503, "/ready to say 503")
        connection.send(b"\r\n")
        check_list(check_json(connection.read_reply()), 5)
    assert server.process.wait() == 0
