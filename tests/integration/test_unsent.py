"""Answers that are not read: what they take is bounded, and who reads slowly gets all of them."""

import socket
import time
from contextlib import ExitStack

import pytest
from api import list_path, review_body
from http_client import Connection, build_json_request, build_request
from waiting import IS_SLOW, wait_until

PIPELINED = 64
LONG = build_request("GET", list_path(5, "count=100&sort=newest"))


@pytest.fixture
def long_reviews(empty_database, start_server):
    """The largest reviews that may be posted: 100 of them are a list of 2.9 MB."""
    body = review_body(body="\U0001f600" * 2000, photos=["http://a/" + "p" * 2030] * 5)
    with start_server(empty_database).connect() as client:
        replies = client.pipeline([("POST", build_json_request("POST", "/reviews/5", body))] * 100)
        assert {reply.status for reply in replies} == {201}
    return empty_database


@pytest.mark.parametrize("options, clients, most_mib", [
    ({}, 4, 100),  # each 4 MiB and an answer; without the limit 180 MB
    ({"mailbox.reply_mib": 16, "actors.acceptors": 1}, 30, 100),  # all of them 16 MiB and an answer
])  # fmt: skip
def test_clients_that_read_nothing_take_little(start_server, long_reviews, options, clients, most_mib):
    server = start_server(long_reviews, options)
    with ExitStack() as stack:
        silent = [stack.enter_context(server.connect()) for _ in range(clients)]
        for connection in silent:
            connection.send(LONG * PIPELINED)
        taken = server.settled_mib()
        assert IS_SLOW or taken < most_mib  # sanitizers keep what is freed
        # What was asked is answered once it is read.
        replies = [silent[0].read_reply() for _ in range(PIPELINED)] if not options else []
        assert {(reply.status, len(reply.body)) for reply in replies} <= {(200, len(replies[0].body) if replies else 0)}
    with server.connect() as client:
        # Until the server has seen that they are gone, there may be no memory for another answer.
        wait_until(lambda: client.request("GET", list_path(5, "count=1")).status == 200, "an answer for others")


def test_a_slow_reader_gets_everything_in_order(start_server, long_reviews):
    """It reads less in `write_timeout_s` than the kernel wants to have free before it takes more."""
    server = start_server(long_reviews, {"server.write_timeout_s": 1})
    paths = [list_path(5, f"count={count}&sort=newest") for count in (100, 1, 100, 2)]
    with Connection(server.port) as client:
        client.socket.close()
        client.socket = socket.socket()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        client.socket.connect(("127.0.0.1", server.port))
        client.send(b"".join(build_request("GET", path) for path in paths))
        receive = client._receive

        def receive_slowly():
            time.sleep(0.02)
            return client.socket.recv(16384)

        client._receive = receive_slowly
        lists = [client.read_reply().json() for _ in paths]
        client._receive = receive
    assert [len(page["results"]) for page in lists] == [100, 1, 100, 2]


def test_who_reads_nothing_is_cut_in_time(start_server, long_reviews):
    server = start_server(long_reviews, {"server.write_timeout_s": 1})
    with server.connect() as client:
        client.send(LONG * PIPELINED)
        time.sleep(4)
        assert len(client.read_to_end()) < 20_000_000
