"""PUT /reviews/helpful/{review_id} and PUT /reviews/report/{review_id}."""

from pathlib import Path

import pytest

from api import Api, check_done, check_problem, report_path, review_path, vote_path
from http_client import build_request

TOP = Path(__file__).resolve().parents[2]
PATHS = [vote_path, report_path]


@pytest.fixture
def review_id(api, product):
    return api.add(product)["review_id"]


def test_each_vote_adds_one(api, review_id):
    for votes in range(1, 6):
        api.vote(review_id)
        assert api.review(review_id)["helpfulness"] == votes


def test_votes_are_seen_by_the_next_read_on_any_connection(server, product, review_id):
    for votes in range(1, 21):
        with server.connect() as writing, server.connect() as reading:
            Api(writing).vote(review_id)
            assert Api(reading).list(product)["results"][0]["helpfulness"] == votes


def test_pipelined_votes_all_count(client, api, review_id):
    for reply in client.pipeline([("PUT", build_request("PUT", vote_path(review_id)))] * 50):
        check_done(reply)
    assert api.review(review_id)["helpfulness"] == 50


def test_a_vote_changes_nothing_else(api, product, review_id):
    before, meta = api.review(review_id), api.meta(product)
    api.vote(review_id)
    assert api.review(review_id) == before | {"helpfulness": 1}
    assert api.meta(product) == meta


def test_a_report_hides_the_review_everywhere(client, api, product, review_id):
    kept = api.add(product)["review_id"]
    api.report(review_id)
    for sort in ("relevant", "newest", "helpfulness"):
        assert api.ids(product, f"sort={sort}") == [kept]
    check_problem(client.request("GET", review_path(review_id)), 404)
    assert sum(api.meta(product)["ratings"].values()) == 1


def test_a_second_report_changes_nothing(api, product, review_id):
    api.add(product, rating=1)
    api.report(review_id)
    meta = api.meta(product)
    api.report(review_id)
    assert api.meta(product) == meta


def test_a_reported_review_can_still_be_voted_for(api, seeded_database, product, review_id):
    api.report(review_id)
    api.vote(review_id)
    assert api.list(product)["results"] == []
    assert seeded_database.rows("SELECT helpfulness, reported FROM review WHERE review_id = %s", (review_id,)) == [
        (1, True)
    ]


def test_ids_go_on_after_a_report(api, product, review_id):
    api.report(review_id)
    assert api.add(product)["review_id"] == review_id + 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"", b"{}", b'{"helpful": true}', b"not json", b"\0" * 65536])
def test_a_body_is_ignored(client, review_id, path, body):
    for content_type in ("application/json", "text/plain"):
        check_done(client.request("PUT", path(review_id), body=body, fields=[("Content-Type", content_type)]))


@pytest.mark.parametrize("path", PATHS)
def test_no_such_review(client, path, review_id, other_product):
    for missing in (review_id + 1, (other_product << 20) + 1, review_id & ~0xFFFFF, 1, 2**53 - 1):
        check_problem(client.request("PUT", path(missing)), 404)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("bad", ["abc", "-1", "+5", "1e3", "1.5", 2**53, 2**64, "9" * 40])
def test_bad_review_id(client, path, bad):
    target = path(0).replace("/0", f"/{bad}")
    check_problem(client.request("PUT", target), 400, "review_id")


@pytest.mark.parametrize("path", PATHS)
def test_what_does_not_exist_leaves_nothing_behind(start_server, empty_database, product, path):
    """Nothing is stored for votes and reports that are answered 404: one at a time, and many in one transaction."""
    server = start_server(empty_database)
    with server.connect() as client:
        review_id = Api(client).add(product)["review_id"]
        before = empty_database.rows("SELECT * FROM product_version ORDER BY product_id")
        unknown = [(n << 20) + 1 for n in range(1, 65)] + [review_id + 1]
        check_problem(client.request("PUT", path(unknown[0])), 404)
        for reply in client.pipeline([("PUT", build_request("PUT", path(other))) for other in unknown]):
            check_problem(reply, 404)
        after = empty_database.rows("SELECT * FROM product_version ORDER BY product_id")
        assert [number for number, _ in after] == [0, product]
        check_done(client.request("PUT", path(review_id)))
    assert before[0] == after[0]
    assert empty_database.value("SELECT version FROM product_version WHERE product_id = %s", [product]) > before[1][1]


def test_versions_that_were_left_behind_are_taken_away(empty_database, start_server, product):
    with start_server(empty_database).connect() as client:
        Api(client).add(product)
    empty_database.execute("INSERT INTO product_version (product_id) VALUES (1), (2), (%s)", [product - 1])
    migration = (TOP / "pg/schema/0005_versions_of_products.sql").read_text()
    empty_database.execute(f"BEGIN; {migration} COMMIT")
    assert empty_database.rows("SELECT product_id FROM product_version ORDER BY 1") == [(0,), (product,)]
