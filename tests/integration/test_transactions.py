"""Writes that share a transaction: when one fails, the others are done, each once."""

from contextlib import closing

import pytest
from api import add_path, review_body, vote_path
from http_client import build_json_request, build_request
from prometheus import Metrics
from waiting import wait_until
from whole import segments

# A single connection for writes, so that what waits for it shares its next transaction.
OPTIONS = {"actors.db": 1, "db.connections": 2, "db.read_connections": 1, "db.write_connections": 1}


def waiting_backends(database):
    return database.value("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
                          (database.name,))


def taken(server, operation):
    with server.connect_admin() as admin:
        metrics = Metrics(admin.request("GET", "/metrics").body.decode())
        return metrics.value("reviewd_requests_total", operation=operation)


@pytest.mark.parametrize("full_leaf", [0, 1, 3])
def test_a_review_beside_a_failing_one_is_added_once(start_server, own_seeded_database, full_leaf):
    database = own_seeded_database
    leaves = segments(database)
    full = leaves[full_leaf][1] + 2
    # A product that has had as many reviews as can be told apart.
    database.execute("UPDATE product_meta SET next_n = 1048575 WHERE product_id = %s", (full,))
    others = [first + 1 for _, first, _ in leaves[:-1]]
    count = "SELECT count(*) FROM review WHERE product_id = ANY (%s)"
    before = database.value(count, (others,))
    server = start_server(database, OPTIONS)
    with server.connect() as first, server.connect() as second, closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_meta IN ACCESS EXCLUSIVE MODE")
        first.send(build_json_request("POST", add_path(others[0]), review_body()))
        wait_until(lambda: waiting_backends(database) == 1, "the first write to wait for the lock")
        # These wait for the connection, in one queue; no statement for their segments has been prepared.
        for product in (*others, full):
            second.send(build_json_request("POST", add_path(product), review_body()))
        wait_until(lambda: taken(server, "add") == len(others) + 2, "all requests to be taken")
        holder.rollback()
        assert first.read_reply().status == 201
        assert [second.read_reply().status for _ in others] == [201] * len(others)
        assert second.read_reply().status == 422
    assert database.value(count, (others,)) == before + len(others) + 1


def test_votes_beside_one_for_an_unknown_review_count_once(start_server, own_seeded_database):
    database = own_seeded_database
    reviews = [database.value(f"SELECT min(review_id) FROM {leaf}") for leaf, _, _ in segments(database)[:-1]]
    server = start_server(database, OPTIONS)
    votes = "SELECT sum(helpfulness) FROM review WHERE review_id = ANY (%s)"
    before = database.value(votes, (reviews,))
    with server.connect() as client:
        for _ in range(5):
            for review_id in (*reviews, reviews[0] + 1048000):
                client.send(build_request("PUT", vote_path(review_id)))
        statuses = [client.read_reply().status for _ in range(5 * (len(reviews) + 1))]
    assert statuses == ([204] * len(reviews) + [404]) * 5
    assert database.value(votes, (reviews,)) == before + 5 * len(reviews)


def test_a_vote_that_cannot_be_counted_fails_alone(start_server, own_seeded_database):
    database = own_seeded_database
    leaf, first, _ = segments(database)[0]
    reviews = [row[0] for row in database.rows(f"SELECT min(review_id) FROM {leaf} GROUP BY product_id ORDER BY 1 LIMIT 12")]
    full = reviews[5]
    database.execute("UPDATE review SET helpfulness = 2147483647 WHERE review_id = %s", (full,))
    others = [review_id for review_id in reviews if review_id != full]
    votes = "SELECT sum(helpfulness) FROM review WHERE review_id = ANY (%s)"
    before = database.value(votes, (others,))
    server = start_server(database, OPTIONS)
    with server.connect() as holding, server.connect() as client, closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_version IN ACCESS EXCLUSIVE MODE")
        holding.send(build_request("PUT", vote_path(others[-1])))
        wait_until(lambda: waiting_backends(database) == 1, "the first vote to wait for the lock")
        for review_id in reviews * 2:  # these wait for the connection and are joined
            client.send(build_request("PUT", vote_path(review_id)))
        wait_until(lambda: taken(server, "helpful") == 2 * len(reviews) + 1, "all votes to be taken")
        holder.rollback()
        assert holding.read_reply().status == 204
        statuses = [client.read_reply().status for _ in range(2 * len(reviews))]
    assert statuses == [422 if review_id == full else 204 for review_id in reviews * 2]
    assert database.value(votes, (others,)) == before + 2 * len(others) + 1
    assert database.value("SELECT helpfulness FROM review WHERE review_id = %s", (full,)) == 2147483647
