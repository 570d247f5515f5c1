"""Two thousand malformed requests: each is answered by the right 4xx, and the server goes on serving."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import expected
from api import Api, check_problem
from http_client import ConnectionClosed
from malformed import KINDS, corpus
from waiting import scaled

SEED = 20241226
SIZE = 2000
CLIENTS = 4


def send_malformed(server, request):
    """Sends it on a connection of its own; returns the status, None if the connection just closed."""
    with server.connect() as connection:
        connection.send_if_wanted(request.data)
        if request.is_cut:
            connection.finish_sending()
        try:
            reply = connection.read_reply()
        except ConnectionClosed as closed:
            assert request.is_cut and closed.received == b"", (request, closed.received)
            return None
        assert reply.status in request.statuses, (request, reply, reply.body)
        check_problem(reply, reply.status)
        return reply.status


def test_the_corpus_is_the_same_for_the_same_seed():
    first, second = ([request.kind for request in corpus(Random(SEED), 200)] for _ in range(2))
    assert first == second
    assert set(first) == {kind.__name__ for kind in KINDS}


def test_every_malformed_request_is_answered_with_a_4xx_and_the_server_goes_on(server, seeded_database):
    (popular,) = expected.popular_products(seeded_database, 1)
    reviews = "SELECT count(*), sum(helpfulness) FROM review WHERE product_id <= 1000"
    before = seeded_database.rows(reviews)
    requests = list(corpus(Random(SEED), scaled(SIZE)))
    with server.connect() as bystander, ThreadPoolExecutor(CLIENTS) as clients:
        wanted = Api(bystander).list(popular, "count=100")
        for start in range(0, len(requests), 100):
            list(clients.map(lambda request: send_malformed(server, request), requests[start : start + 100]))
            assert Api(bystander).list(popular, "count=100") == wanted
    assert seeded_database.rows(reviews) == before
    assert server.is_running()
