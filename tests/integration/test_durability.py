"""What was acknowledged survives the death of the server and of PostgreSQL."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import Api, add_path, check_json, review_body
from http_client import ConnectionClosed
from waiting import scaled, wait_until

CLIENTS = 8


def add_until_the_end(server, product, acknowledged):
    """Adds reviews until the server does not answer 201 any more; remembers each as soon as it is acknowledged."""
    try:
        with server.connect() as connection:
            while True:
                reply = connection.request_json("POST", add_path(product), review_body())
                if reply.status == 503:
                    return
                acknowledged.append(check_json(reply, 201))
    except (ConnectionClosed, ConnectionError):
        return


@pytest.mark.parametrize("victims", ["server", "database", "both"])
def test_acknowledged_reviews_survive_a_crash(own_cluster, crashable_database, start_server, victims):
    server = start_server(crashable_database)
    acknowledged = [[] for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        runs = [clients.submit(add_until_the_end, server, 1 + n, acknowledged[n]) for n in range(CLIENTS)]
        enough = scaled(50)
        wait_until(
            lambda: all(len(found) >= enough for found in acknowledged) or any(run.done() for run in runs), "the load"
        )
        if victims != "server":
            own_cluster.stop(signal.SIGQUIT)
        if victims != "database":
            server.kill()
        for run in runs:
            run.result()
    server.kill()
    own_cluster.stop(signal.SIGQUIT)
    own_cluster.start()
    reborn = start_server(crashable_database)
    with reborn.connect() as connection:
        api = Api(connection)
        for n, reviews in enumerate(acknowledged):
            assert len(reviews) >= enough
            assert [api.review(review["review_id"]) for review in reviews] == reviews
            assert sum(api.meta(1 + n)["ratings"].values()) >= len(reviews)
