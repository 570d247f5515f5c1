"""The totals of /meta after many writes at once: they equal a recount for every product."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

import expected
from api import CHARACTERISTICS, Api, check_json, check_meta, meta_path
from conftest import PLACEMENTS, SEEDED_PRODUCTS
from http_client import build_request
from waiting import scaled

CLIENTS = 16
WRITES_A_CLIENT = 150


def write_at_random(server, random, review_ids, count):
    """Adds, votes and reports, often on the same few products; returns what was done to which review."""
    done = []
    with server.connect() as connection:
        api = Api(connection)
        for _ in range(count):
            action = random.choices(["add", "vote", "report"], [5, 3, 2])[0]
            if action == "add":
                product = random.choice([random.randrange(1, 11), random.randrange(1, SEEDED_PRODUCTS + 1)])
                rated = random.sample(CHARACTERISTICS, random.randrange(len(CHARACTERISTICS) + 1))
                review = api.add(
                    product,
                    rating=random.randrange(1, 6),
                    recommend=random.random() < 0.5,
                    characteristics={name: random.randrange(1, 6) for name in rated},
                )
                done.append((action, review["review_id"]))
            else:
                # Popular ones are chosen by several clients at once.
                review_id = random.choice([random.choice(review_ids), random.choice(review_ids[:20])])
                (api.vote if action == "vote" else api.report)(review_id)
                done.append((action, review_id))
    return done


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_meta_equals_a_recount_after_random_writes_of_many_clients(start_server, own_seeded_database, placement):
    database = own_seeded_database
    server = start_server(database, PLACEMENTS[placement])
    votes_before = dict(database.rows("SELECT review_id, helpfulness FROM review"))
    review_ids = sorted(votes_before)
    Random(1).shuffle(review_ids)
    with ThreadPoolExecutor(CLIENTS) as clients:
        done = clients.map(
            lambda n: write_at_random(server, Random(n), review_ids, scaled(WRITES_A_CLIENT)), range(CLIENTS)
        )
        done = [write for writes in done for write in writes]

    # Every acknowledged write is there, once.
    added = [review_id for action, review_id in done if action == "add"]
    votes = Counter(review_id for action, review_id in done if action == "vote")
    reported = {review_id for action, review_id in done if action == "report"}
    assert len(set(added)) == len(added)
    rows = {row[0]: row[1:] for row in database.rows("SELECT review_id, helpfulness, reported FROM review")}
    assert set(rows) == set(votes_before) | set(added)
    assert all(rows[review_id][0] == votes_before.get(review_id, 0) + votes[review_id] for review_id in rows)
    assert all(rows[review_id][1] for review_id in reported)

    # And /meta says so.
    products = range(1, SEEDED_PRODUCTS + 1)
    with server.connect() as connection:
        replies = connection.pipeline([("GET", build_request("GET", meta_path(product))) for product in products])
    metas = {product: check_meta(check_json(reply), product) for product, reply in zip(products, replies)}
    assert metas == expected.metas(database, 1, SEEDED_PRODUCTS)
