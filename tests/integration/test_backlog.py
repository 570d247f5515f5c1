"""Who would wait too long is refused at once: 503 as soon as it is known how fast those before it leave."""

import time
from collections import Counter
from contextlib import ExitStack

from api import add_path, check_problem, list_path, review_body
from http_client import build_json_request, build_request
from prometheus import Metrics
from slow import locked, make_lists_slow, make_posts_slow
from waiting import wait_until
from workers import Workers

# One connection for reads and one for writes, which there cannot be more of.
ONE_CONNECTION = {"actors.acceptors": 1, "actors.db": 1, "db.connections": 2, "db.read_connections": 1, "db.write_connections": 1}


def shed(admin, reason):
    return Metrics(admin.request("GET", "/metrics").body.decode()).value("reviewd_shed_total", reason=reason)


def post(product):
    return build_json_request("POST", add_path(product), review_body())


def ask_for_list(product):
    return build_request("GET", list_path(product, "count=1"))


class Insistent(Workers):
    """Each asks for a product of its own, again and again, and at once when it is refused."""

    def __init__(self, server, product, count, request):
        super().__init__(count)
        self.server, self.product, self.request, self.statuses = server, product, request, Counter()

    def work(self, number):
        request = self.request(self.product + number)
        with self.server.connect() as client:
            while not self.stopping.is_set():
                client.send(request)
                self.statuses[client.read_reply().status] += 1


def test_posts(start_server, empty_database, product):
    """One connection does 50 posts a second, so more than 25 cannot wait for half a second."""
    make_posts_slow(empty_database)
    server = start_server(empty_database, ONE_CONNECTION | {"deadline.request_ms": 1000, "deadline.queue_ms": 500})
    with server.connect_admin() as admin, Insistent(server, product, 60, post) as posters:
        wait_until(lambda: shed(admin, "backlog") > 1000, "posts to be refused at once")
        done = posters.statuses[201]
        wait_until(lambda: posters.statuses[201] > done + 50, "others to be done meanwhile")
    assert set(posters.statuses) <= {201, 503, 504}


def test_the_pace_at_which_writes_come_is_not_that_at_which_they_could_be_done(start_server, empty_database, product):
    """While a product is held up and others come now and then, many that come at a time are not taken for a backlog."""
    server = start_server(empty_database, {"deadline.request_ms": 60000, "deadline.queue_ms": 500, "actors.db": 1})
    with ExitStack() as stack:
        held_up = stack.enter_context(server.connect())
        client = stack.enter_context(server.connect())
        assert client.request_json("POST", add_path(product), review_body()).status == 201
        with locked(empty_database, f"SELECT FROM product_meta WHERE product_id = {product} FOR UPDATE"):
            held_up.send(build_json_request("POST", add_path(product), review_body()))
            wait_until(lambda: empty_database.rows("SELECT FROM pg_locks WHERE NOT granted"), "it to be held up")  # and those behind it
            for _ in range(6):
                held_up.send(build_json_request("POST", add_path(product), review_body()))
                assert client.request_json("POST", add_path(product + 1), review_body()).status == 201
                time.sleep(0.3)
            held_up.send(build_json_request("POST", add_path(product), review_body()))
            client.send(b"".join(build_json_request("POST", add_path(product + other), review_body()) for other in range(2, 22)))
            assert [client.read_reply().status for _ in range(20)] == [201] * 20


def add_one_to_each(server, products):
    with server.connect() as client:
        for product in products:
            assert client.request_json("POST", add_path(product), review_body()).status == 201


def test_lists_that_take_long_are_sent_fewer_at_a_time(start_server, empty_database, product):
    """64 at a time take more than three seconds, by when nobody waits for them."""
    server = start_server(empty_database, ONE_CONNECTION | {"deadline.request_ms": 2000, "deadline.queue_ms": 1000, "db.batch": 1,
                                                            "db.pipeline": 64, "db.pages": "off"})
    add_one_to_each(server, range(product, product + 100))
    make_lists_slow(empty_database)
    with Insistent(server, product, 100, ask_for_list) as readers:
        wait_until(lambda: readers.statuses[200] > 100, "lists to be done in time", 60)
    assert set(readers.statuses) <= {200, 503, 504}


def ask_each(stack, server, products, query):
    """A client for each product, whose list it has asked for."""
    clients = [stack.enter_context(server.connect()) for _ in products]
    for client, product in zip(clients, products):
        client.send(build_request("GET", list_path(product, query)))
    return clients


def test_lists_that_wait_for_a_connection(start_server, empty_database, product):
    """Twenty are done in a second, so 80 cannot be in two; but one that joins another takes nobody's time."""
    server = start_server(empty_database, ONE_CONNECTION | {"deadline.request_ms": 10000, "deadline.queue_ms": 2000, "db.batch": 1,
                                                            "db.pages": "off"})
    products = range(product, product + 100)
    add_one_to_each(server, products)
    make_lists_slow(empty_database)
    with ExitStack() as stack:
        clients = ask_each(stack, server, products, "count=1")
        assert [client.read_reply().status for client in clients[:8]] == [200] * 8  # by which the pace is known
        joining, last = (stack.enter_context(server.connect()) for _ in range(2))
        joining.send(build_request("GET", list_path(products[24], "count=1")))
        check_problem(last.request("GET", list_path(products[0], "count=1")), 503)
        with server.connect_admin() as admin:
            assert (shed(admin, "backlog"), shed(admin, "queue")) == (1, 0)  # nobody has waited for two seconds yet
        assert joining.read_reply().status == clients[24].read_reply().status == 200


def test_lists_that_wait_for_memory(start_server, empty_database, product):
    """Four or five lists of a hundred are in work at a time, 20 are done in a second: 200 cannot be in half of 20 seconds."""
    server = start_server(empty_database, ONE_CONNECTION | {"deadline.request_ms": 20000, "deadline.queue_ms": 20000,
                                                            "mailbox.reply_mib": 16})
    products = range(product, product + 220)
    add_one_to_each(server, products)
    make_lists_slow(empty_database)
    with ExitStack() as stack:
        clients = ask_each(stack, server, products, "count=100")
        assert [client.read_reply().status for client in clients[:12]] == [200] * 12
        last = stack.enter_context(server.connect())
        check_problem(last.request("GET", list_path(product, "count=100")), 503)
        with server.connect_admin() as admin:
            assert shed(admin, "replies") == 1  # nobody before it, though they have waited for longer
