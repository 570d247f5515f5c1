"""Requests that PostgreSQL does not answer in time: 504 at their deadline, 503 when too many wait."""

import os
import re
import signal
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from api import Api, add_path, check_json, check_problem, list_path, meta_path, report_path, review_body, vote_path
from http_client import build_json_request, build_request
from prometheus import Metrics
from slow import locked, make_posts_slow, waiting_for_locks
from waiting import IS_SLOW, scaled, wait_until

REAL_DEADLINE = {"deadline.request_ms": 1000, "deadline.queue_ms": 500}


def lock_table(table):
    return f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"


@pytest.fixture
def server(start_server, empty_database):
    """A server in which whoever waits, for a lock or because the machine is busy, does so until its deadline."""
    return start_server(empty_database, {"deadline.request_ms": 2000, "deadline.queue_ms": 2000})


def recovered(client, method, target, **options):
    """The first answer that is not about the lock of before."""

    def answer():
        reply = client.request(method, target, **options)
        return reply if reply.status not in (503, 504) else None

    return wait_until(answer, "the server to answer again")


def test_a_read_that_waits_is_answered_504(client, empty_database, product):
    with locked(empty_database, lock_table("product_meta")):
        for _ in range(2):
            check_problem(client.request("GET", meta_path(product)), 504)
    assert recovered(client, "GET", meta_path(product)).status == 200


def test_nobody_waits_behind_a_read_that_was_answered(start_server, empty_database, product):
    """A read that could not be prepared waits for the segments to be read again, and is answered 504 meanwhile. They come with the next
    one, which is not behind it."""
    server = start_server(empty_database, {"deadline.request_ms": 2000, "deadline.queue_ms": 2000, "actors.placement": "shared"})
    with server.connect() as client, locked(empty_database, lock_table("product_meta")):
        client.send(build_request("GET", meta_path(product)))
        pids = wait_until(lambda: waiting_for_locks(empty_database), "the statement to be prepared")
        with locked(empty_database, "ALTER VIEW segment SET (security_barrier = true)"):
            empty_database.rows("SELECT pg_cancel_backend(pid) FROM unnest(%s) AS pid", (pids,))
            check_problem(client.read_reply(), 504)
            wait_until(lambda: waiting_for_locks(empty_database), "the segments to be asked for")
            os.kill(server.process.pid, signal.SIGSTOP)
        try:
            wait_until(lambda: not waiting_for_locks(empty_database), "the segments")
            client.send(build_request("GET", list_path(product)))
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
        assert client.read_reply().status == 200


def test_a_list_that_waits_is_answered_504(client, empty_database, product):
    with locked(empty_database, lock_table("review")):
        check_problem(client.request("GET", list_path(product)), 504)
    assert recovered(client, "GET", list_path(product)).status == 200


def test_a_write_that_waits_is_answered_504_and_done_once_or_not_at_all(client, api, empty_database, product):
    review_id = api.add(product)["review_id"]
    with locked(empty_database, f"SELECT FROM review WHERE review_id = {review_id} FOR UPDATE"):
        for path in (vote_path, report_path):
            check_problem(client.request("PUT", path(review_id)), 504)
        assert Api(client).review(review_id)["helpfulness"] == 0
    assert recovered(client, "PUT", vote_path(review_id)).status == 204
    (votes,) = empty_database.rows("SELECT helpfulness FROM review WHERE review_id = %s", (review_id,))
    assert 1 <= votes[0] <= 2


def test_an_addition_that_waits_is_answered_504_and_the_totals_stay_right(client, api, empty_database, product):
    api.add(product)
    with locked(empty_database, f"SELECT FROM product_meta WHERE product_id = {product} FOR UPDATE"):
        check_problem(client.request_json("POST", add_path(product), review_body()), 504)
    body = [("Content-Type", "application/json")]
    reply = recovered(
        client,
        "POST",
        add_path(product),
        fields=body,
        body=b'{"rating":5,"recommend":1,"body":"b","name":"n","email":"a@b"}',
    )
    check_json(reply, 201)
    count = len(api.ids(product))
    assert 2 <= count <= 3
    assert sum(api.meta(product)["ratings"].values()) == count


def test_replies_behind_a_late_one_keep_their_order(client, empty_database, product):
    with locked(empty_database, lock_table("product_meta")):
        get = [("GET", build_request("GET", path)) for path in (meta_path(product), "/nowhere")]
        statuses = [reply.status for reply in client.pipeline(get * 3)]
    assert [status for status in statuses[::2] if status not in (503, 504)] == []
    assert statuses[1::2] == [404] * 3


def test_of_too_many_requests_each_is_answered_503_or_504(start_server, empty_database, product):
    server = start_server(empty_database, REAL_DEADLINE)
    with locked(empty_database, lock_table("product_meta")):
        request = build_request("GET", meta_path(product))
        connections = [server.connect() for _ in range(scaled(100))]
        try:
            for connection in connections:
                connection.send(request * 40)
            for connection in connections:
                for _ in range(40):
                    reply = connection.read_reply()
                    check_problem(reply, 504 if reply.status == 504 else 503)
        finally:
            for connection in connections:
                connection.close()
    with server.connect() as client:
        assert recovered(client, "GET", meta_path(product)).status == 200


def metrics_of(admin):
    return Metrics(admin.request("GET", "/metrics").body.decode())


def test_who_finds_no_memory_for_its_reply_is_refused_in_the_end(start_server, empty_database, product):
    """Lists of a hundred are reckoned at 3.5 MiB: four or five are in work, and the other clients do not wait for all of them in turn."""
    server = start_server(empty_database, REAL_DEADLINE | {"actors.acceptors": 1, "mailbox.reply_mib": 16})
    target = list_path(product, "count=100")
    with ExitStack() as stack:
        admin = stack.enter_context(server.connect_admin())
        clients = [stack.enter_context(server.connect()) for _ in range(40)]
        with locked(empty_database, lock_table("review")):
            for client in clients:
                client.send(build_request("GET", target))
            replies = [client.read_reply() for client in clients]
            for reply in replies:
                check_problem(reply, 504 if reply.status == 504 else 503)
        refused = metrics_of(admin).value("reviewd_shed_total", reason="replies")
        assert refused >= 30 and [reply.status for reply in replies].count(503) >= refused
        for client in clients:  # whose connections are as good as before
            assert recovered(client, "GET", target).status == 200


def fill_reply_memory(server, product, stack):
    """Clients whose lists are in work, and take all the memory that there is for replies."""
    clients = [stack.enter_context(server.connect()) for _ in range(5)]
    for client in clients:
        client.send(build_request("GET", list_path(product, "count=100")))
    admin = stack.enter_context(server.connect_admin())
    wait_until(lambda: metrics_of(admin).value("reviewd_db_unanswered") == len(clients), "all to be in work")
    return clients


def test_who_is_refused_for_memory_is_not_asked_for_its_body(start_server, empty_database, product):
    server = start_server(empty_database, REAL_DEADLINE | {"actors.acceptors": 1, "mailbox.reply_mib": 16})
    fields = [("Content-Type", "application/json"), ("Content-Length", "100"), ("Expect", "100-continue")]
    with ExitStack() as stack, locked(empty_database, lock_table("review")):
        fill_reply_memory(server, product, stack)
        client = stack.enter_context(server.connect())
        reply = client.exchange(build_request("POST", add_path(product), fields=fields), "POST")
        check_problem(reply, 503)
        assert reply.closes  # nobody can tell whether the body comes


def test_what_waits_for_memory_has_waited(start_server, empty_database, product):
    """The time in which a client is not read from counts as the request's."""
    server = start_server(empty_database, {"deadline.request_ms": 60000, "deadline.queue_ms": 60000, "actors.acceptors": 1,
                                           "mailbox.reply_mib": 16})
    with ExitStack() as stack:
        with locked(empty_database, lock_table("review")):
            clients = fill_reply_memory(server, product, stack)
            last = stack.enter_context(server.connect())
            last.send(build_request("GET", list_path(product, "count=100"), fields=[("X-Server-Timing", "1")]))
            time.sleep(2)
        assert {client.read_reply().status for client in clients} == {200}
        reply = last.read_reply()
    total = re.search(r"total;dur=([0-9.]+)", reply.field("Server-Timing"))
    assert float(total[1]) > 1000, "it came while the lock was held"


def test_a_product_that_is_held_up_holds_up_no_other(start_server, empty_database, product):
    server = start_server(empty_database, REAL_DEADLINE | {"actors.db": 1})
    with ExitStack() as stack:
        client = stack.enter_context(server.connect())
        assert client.request_json("POST", add_path(product), review_body()).status == 201
        held_up = [stack.enter_context(server.connect()) for _ in range(10)]
        with locked(empty_database, f"SELECT FROM product_meta WHERE product_id = {product} FOR UPDATE"):
            for connection in held_up:
                connection.send(build_json_request("POST", add_path(product), review_body()) * 30)
            until = time.monotonic() + 3
            statuses = Counter()
            while time.monotonic() < until:
                statuses[client.request_json("POST", add_path(product + 1), review_body()).status] += 1
        # What was held up counts in how long writes take, so a server that is slow by itself, or held up by the machine, may refuse a few.
        assert statuses[201] > 0 and (IS_SLOW or statuses.total() - statuses[201] <= 3), statuses


def test_no_more_writes_are_sent_than_can_be_done_in_time(start_server, empty_database, product):
    """A full transaction of slow posts comes behind the deadline, and is done for nobody."""
    clients_count, full = 300, 64
    make_posts_slow(empty_database)
    server = start_server(empty_database, REAL_DEADLINE | {"actors.db": 1, "db.write_batch": full})
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(clients_count)]

        def post_all():
            for number, client in enumerate(clients):
                client.send(build_json_request("POST", add_path(product + 1 + number), review_body()))
            return Counter(client.read_reply().status for client in clients)

        post_all()  # by which it learns how long they take
        wait_until(lambda: clients[0].request_json("POST", add_path(product), review_body()).status == 201, "the backlog to be done")
        statuses = post_all()
    assert statuses[201] > 0 and statuses[504] < full, statuses
