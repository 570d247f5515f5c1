"""HTTP connections: keep-alive, pipelining, HTTP/1.0, 100 (Continue), slow readers, half-closed and broken ones."""

import os
import signal
import socket
import struct
import threading

import pytest

import expected
from api import (
    Api,
    add_path,
    check_done,
    check_json,
    check_list,
    check_meta,
    check_problem,
    check_review,
    check_wrong_fields,
    list_path,
    meta_path,
    review_body,
    review_path,
    vote_path,
)
from http_client import JSON_FIELDS, ConnectionClosed, build_json_request, build_request
from prometheus import Metrics
from waiting import scaled, wait_until


def get(path):
    return "GET", build_request("GET", path)


def still_serves(server, product):
    with server.connect() as connection:
        assert Api(connection).list(product)["product"] == product


def is_closed(connection):
    """Whether the server closes the connection, with nothing more on it."""
    return connection.read_to_end() == b""


# Keep-alive


def test_a_connection_serves_many_requests(client, product):
    for n in range(200):
        reply = client.request("GET", list_path(product, f"count={n % 100 + 1}"))
        assert check_json(reply)["count"] == n % 100 + 1
        assert reply.field("Connection") is None


@pytest.mark.parametrize("value", ["close", "Close", "foo, close"])
def test_close_is_honoured(client, product, value):
    reply = client.request("GET", list_path(product), fields=[("Connection", value)])
    check_json(reply)
    assert reply.closes and is_closed(client)


def test_nothing_is_answered_behind_a_request_that_closes(client, product):
    last = build_request("GET", list_path(product), fields=[("Connection", "close")])
    client.send(last + get(meta_path(product))[1])
    check_list(check_json(client.read_reply()), product)
    assert is_closed(client)


def test_http_1_0_closes(client, product):
    reply = client.request("GET", list_path(product), version="HTTP/1.0")
    check_json(reply)
    assert reply.closes and is_closed(client)


def test_http_1_0_needs_no_host(client, product):
    check_json(client.request("GET", list_path(product), version="HTTP/1.0", host=None))


def test_http_1_0_keeps_alive_when_asked(client, product):
    for _ in range(5):
        reply = client.request("GET", list_path(product), version="HTTP/1.0", fields=[("Connection", "keep-alive")])
        check_json(reply)
        assert reply.field("Connection") == "keep-alive"


def test_an_idle_connection_is_closed_in_time(start_server, seeded_database):
    with start_server(seeded_database, {"server.keepalive_timeout_s": 1}).connect() as connection:
        check_json(connection.request("GET", list_path(5)))
        assert is_closed(connection)


def test_a_request_that_does_not_arrive_is_answered_408(start_server, seeded_database):
    server = start_server(seeded_database, {"server.request_timeout_s": 1})
    for part in (b"GET /reviews/5/li", build_request("PUT", vote_path(5), body=b"12345")[:-1]):
        with server.connect() as connection:
            check_problem(connection.exchange(part), 408)
            assert is_closed(connection)


# Pipelining


def test_replies_come_in_the_order_of_the_requests(client, seeded_database):
    products = [1 + n * 7 % 1000 for n in range(scaled(1000))]
    paths = [list_path if n % 3 else meta_path for n in range(len(products))]
    replies = client.pipeline([get(path(product)) for path, product in zip(paths, products)])
    for path, product, reply in zip(paths, products, replies):
        if path == list_path:
            check_list(check_json(reply), product)
        else:
            check_meta(check_json(reply), product)


def test_fast_and_slow_replies_come_in_order(client, api, product, seeded_database):
    (popular,) = expected.popular_products(seeded_database, 1)
    review_id = api.add(product)["review_id"]
    added = build_json_request("POST", add_path(product), review_body())
    for _ in range(10):
        replies = client.pipeline(
            [
                get(list_path(popular, "count=100")),
                ("OPTIONS", build_request("OPTIONS", "*")),
                ("POST", added),
                get("/nowhere"),
                ("PUT", build_request("PUT", vote_path(review_id))),
                get(list_path(popular, "count=0")),
                ("HEAD", build_request("HEAD", meta_path(popular))),
                ("POST", build_json_request("POST", add_path(product), {})),
                get(meta_path(popular)),
                ("DELETE", build_request("DELETE", add_path(5))),
                get(review_path(review_id)),
            ]
        )
        assert [reply.status for reply in replies] == [200, 204, 201, 404, 204, 400, 200, 422, 200, 405, 200]
        check_list(check_json(replies[0]), popular)
        check_wrong_fields(replies[7], ["rating", "recommend", "body", "name", "email"])
        check_meta(check_json(replies[8]), popular)
        assert check_review(check_json(replies[10]))["review_id"] == review_id


def test_a_bad_request_is_answered_after_those_before_it(client, product):
    client.send(get(list_path(product))[1] * 3 + b"BAD\r\n\r\n" + get(list_path(product))[1])
    for _ in range(3):
        check_json(client.read_reply())
    check_problem(client.read_reply(), 400)
    assert is_closed(client)


def test_a_client_that_reads_late_gets_everything(server, seeded_database):
    """More than socket buffers hold: the server has to wait, and meanwhile serve others."""
    (popular,) = expected.popular_products(seeded_database, 1)
    count = scaled(600)
    with server.connect() as connection:
        data = get(list_path(popular, "count=100"))[1] * count
        sender = threading.Thread(target=connection.send_if_wanted, args=(data,))
        sender.start()
        for _ in range(20):
            still_serves(server, popular)
        first = connection.read_reply()
        assert len(check_json(first)["results"]) > 50
        for _ in range(count - 1):
            assert connection.read_reply().body == first.body
        sender.join()


# How requests arrive


def test_a_request_may_come_byte_by_byte(client, product):
    for byte in build_json_request("POST", add_path(product), review_body()):
        client.send(bytes([byte]))
    check_json(client.read_reply(), 201)


def test_two_requests_may_be_cut_anywhere(server, product):
    requests = [get(list_path(product)), ("PUT", build_request("PUT", vote_path((product << 20) + 1), body=b"ignored"))]
    data = b"".join(request for _, request in requests)
    for cut in range(1, len(data)):
        with server.connect() as connection:
            connection.send(data[:cut])
            connection.send(data[cut:])
            check_list(check_json(connection.read_reply()), product)
            check_problem(connection.read_reply(), 404)


def test_empty_lines_before_a_request_are_skipped(client, product):
    """RFC 9112, section 2.2."""
    check_json(client.exchange(b"\r\n" + get(list_path(product))[1]))


@pytest.mark.parametrize("authority", ["reviews.test", "reviews.test:8080", "[::1]:80"])
def test_a_target_may_be_absolute(client, product, authority):
    for scheme in ("http", "HTTP"):
        target = f"{scheme}://{authority}{list_path(product, 'count=3')}"
        assert check_json(client.request("GET", target, host=authority))["count"] == 3


def test_field_names_have_no_case(client, product):
    lines = f"GET {list_path(product)} HTTP/1.1\r\nhOsT:reviews.test\r\nCONNECTION: \t close \r\n\r\n"
    reply = client.exchange(lines.encode())
    check_json(reply)
    assert reply.closes


# 100 (Continue)


def expecting_request(product, body):
    return build_request("POST", add_path(product), body=body, fields=[*JSON_FIELDS, ("Expect", "100-continue")])


def test_a_client_that_waits_is_told_to_go_on(client, product):
    document = review_body()
    whole = build_json_request("POST", add_path(product), document)
    body = whole[whole.index(b"\r\n\r\n") + 4 :]
    for _ in range(3):
        request = expecting_request(product, body)
        interim = client.exchange(request[: -len(body)])
        assert (interim.status, interim.fields) == (100, [])
        check_json(client.exchange(body, "POST"), 201)


def test_a_client_that_does_not_wait_gets_one_answer(client, product):
    client.send(expecting_request(product, b"{}") + get(list_path(product))[1])
    reply = client.read_reply("POST")
    if reply.status == 100:
        reply = client.read_reply("POST")
    check_wrong_fields(reply, ["rating", "recommend", "body", "name", "email"])
    check_list(check_json(client.read_reply()), product)


def test_another_expectation_fails(client, product):
    fields = [*JSON_FIELDS, ("Expect", "a-pony")]
    check_problem(client.request("POST", add_path(product), body=b"{}", fields=fields), 417)


# Connections that end


def test_a_half_closed_connection_still_gets_its_replies(client, product):
    requests = [get(list_path(product)), get("/nowhere"), get(meta_path(product))] * 20
    client.send(b"".join(data for _, data in requests))
    client.finish_sending()
    assert [client.read_reply().status for _ in requests] == [200, 404, 200] * 20
    assert is_closed(client)


@pytest.mark.parametrize(("count", "padding"), [(1, 0), (40, 15000)])
def test_what_comes_at_a_time_is_all_read(start_server, seeded_database, count, padding):
    """The server is told once of requests and of the end behind them, and reads for as often as it takes."""
    server = start_server(seeded_database, {"server.keepalive_timeout_s": 3600})
    request = build_request("GET", list_path(1), fields=[("X-Padding", "x" * padding)])
    with server.connect() as client:
        assert client.request("GET", list_path(1)).status == 200
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            client.send(request * count)
            client.finish_sending()
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
        assert [client.read_reply().status for _ in range(count)] == [200] * count
        assert is_closed(client)


def clients_of(admin):
    return Metrics(admin.request("GET", "/metrics").body.decode()).value("reviewd_clients")


def test_a_reset_that_comes_with_half_a_request_is_seen(start_server, seeded_database):
    server = start_server(seeded_database, {"server.request_timeout_s": 3600, "server.keepalive_timeout_s": 3600})
    with server.connect_admin() as admin:
        client = server.connect()
        assert client.request("GET", list_path(1)).status == 200
        assert clients_of(admin) == 1
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            client.send(build_request("GET", list_path(1))[:-5])
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
        wait_until(lambda: clients_of(admin) == 0, "the client to be gone")


@pytest.mark.parametrize("cut", [1, 10, 40, -1])
def test_a_request_that_ends_early_is_dropped(server, product, cut):
    request = build_json_request("POST", add_path(product), review_body())
    with server.connect() as connection:
        connection.send(request[:cut])
        connection.finish_sending()
        try:
            check_problem(connection.read_reply(), 400)
        except ConnectionClosed as closed:
            assert closed.received == b""
    with server.connect() as connection:
        assert Api(connection).list(product)["results"] == []


def test_clients_that_vanish_leave_the_server_serving(server, seeded_database):
    (popular,) = expected.popular_products(seeded_database, 1)
    request = get(list_path(popular, "count=100"))[1]
    reset = b"\1\0\0\0\0\0\0\0"  # struct linger: on, 0 seconds, so that close() resets
    for n in range(scaled(200)):
        connection = server.connect()
        if n % 2:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        connection.send(request * (n % 7) + request[: n % len(request)])
        connection.close()
    still_serves(server, popular)


def test_an_added_review_stays_when_its_client_vanishes(server, product):
    with server.connect() as connection:
        connection.send(build_json_request("POST", add_path(product), review_body()))
    with server.connect() as connection:
        wait_until(lambda: Api(connection).list(product)["results"], "the review to be added")


def test_many_connections_at_once(server, product):
    connections = [server.connect() for _ in range(scaled(500))]
    try:
        for connection in connections:
            connection.send(get(list_path(product))[1])
        for connection in connections:
            check_list(check_json(connection.read_reply()), product)
        for connection in reversed(connections):
            check_done(connection.request("OPTIONS", "*"))
    finally:
        for connection in connections:
            connection.close()


def test_more_clients_than_allowed_wait_for_their_turn(start_server, seeded_database):
    server = start_server(seeded_database, {"server.max_clients": 2, "actors.acceptors": 1})
    first, second, third = (server.connect() for _ in range(3))
    with third:
        with first, second:
            for connection in (first, second):
                check_json(connection.request("GET", list_path(5)))
            third.send(get(list_path(6))[1])
        check_list(check_json(third.read_reply()), 6)
