"""Who asks for much at once leaves room for the others: reply slots, and connections for writes."""

import time
from contextlib import ExitStack, closing

import pytest

from api import Api, add_path, meta_path, review_body, vote_path
from http_client import build_json_request, build_request
from waiting import wait_until

SLOTS = 64
OPTIONS = {
    "actors.acceptors": 1,
    "actors.writers": 1,
    "mailbox.reply_slots": SLOTS,
    "server.max_pipeline": SLOTS,
    "deadline.request_ms": 300000,
    "deadline.queue_ms": 300000,
}
GREEDY_CLIENTS = 20


def test_greedy_clients_leave_slots_for_others(start_server, empty_database, product):
    server = start_server(empty_database, OPTIONS)
    greedy = [server.connect() for _ in range(GREEDY_CLIENTS)]
    try:
        with closing(empty_database.connect()) as holder:
            holder.autocommit = False
            holder.cursor().execute("LOCK TABLE product_meta IN ACCESS EXCLUSIVE MODE")
            for connection in greedy:
                connection.send(build_request("GET", meta_path(product)) * SLOTS)
            for _ in range(10):
                with server.connect() as fair:
                    assert fair.request("GET", "/nowhere").status == 404
            holder.rollback()
        for connection in greedy:  # and in the end all of them have all their answers
            assert [connection.read_reply().status for _ in range(SLOTS)] == [200] * SLOTS
    finally:
        for connection in greedy:
            connection.close()


def test_who_waited_longest_goes_first(start_server, empty_database, product):
    """Posts beyond the slots, sent by the newest connection first: their ids tell in which order they were taken."""
    server = start_server(empty_database, OPTIONS | {"actors.db": 1, "db.write_connections": 1})
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(4 * SLOTS)]
        with closing(empty_database.connect()) as holder:
            holder.autocommit = False
            holder.cursor().execute("LOCK TABLE product_meta IN ACCESS EXCLUSIVE MODE")
            for connection in clients:  # the server knows them in this order
                assert connection.request("GET", "/nowhere").status == 404
            clients.reverse()
            for connection in clients:
                connection.send(build_json_request("POST", add_path(product), review_body()))
            time.sleep(0.5)  # until all have been read from, or wait to be
            holder.rollback()
        ids = [connection.read_reply().json()["review_id"] for connection in clients]
    first, last = ids[SLOTS : 2 * SLOTS], ids[-SLOTS:]
    assert max(first) < min(last)


@pytest.mark.parametrize("connections", [1, 2])
def test_votes_do_not_wait_for_all_reviews(start_server, empty_database, connections):
    """Behind transactions that are held up, reviews of many products and one vote wait: the vote has its turn early."""
    database, posts = empty_database, range(100, 140)
    server = start_server(database, {"actors.db": 1, "db.connections": 1 + connections, "db.read_connections": 1,
                                     "db.write_connections": connections, "db.write_batch": 1})
    held_up = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with server.connect() as poster, server.connect() as voter, closing(database.connect()) as holder:
        review_id = Api(voter).add(99)["review_id"]
        for product in range(1, 1 + connections):
            Api(poster).add(product)
        holder.autocommit = False
        holder.cursor().execute("SELECT FROM product_meta WHERE product_id <= %s FOR UPDATE", (connections,))
        for product in range(1, 1 + connections):
            poster.send(build_json_request("POST", add_path(product), review_body()))
            wait_until(lambda count=product: database.value(held_up) == count, "a transaction to be held up")
        poster.send(b"".join(build_json_request("POST", add_path(product), review_body()) for product in posts))
        voter.send(build_request("PUT", vote_path(review_id)))
        with server.connect() as last:  # what it is told, the others have sent before
            assert last.request("GET", "/nowhere").status == 404
        holder.rollback()
        assert [poster.read_reply().status for _ in range(connections + len(posts))] == [201] * (connections + len(posts))
        assert voter.read_reply().status == 204
    before_the_vote = database.value("SELECT count(*) FROM product_version WHERE product_id >= 100 AND version < "
                                     "(SELECT version FROM product_version WHERE product_id = 99)")
    assert before_the_vote < len(posts) / 4
