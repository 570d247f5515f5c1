"""What holds for every route: paths, methods, HEAD, OPTIONS, CORS, one review by its id."""

import pytest

import expected
from api import (
    MAX_PRODUCT_ID,
    add_path,
    check_common,
    check_json,
    check_problem,
    list_path,
    meta_path,
    report_path,
    review_body,
    review_path,
    vote_path,
)

REVIEW_ID = (5 << 20) + 1

# Each resource and its methods in the order of Allow.
RESOURCES = [
    (list_path(5), "GET, HEAD, OPTIONS"),
    (meta_path(5), "GET, HEAD, OPTIONS"),
    (review_path(REVIEW_ID), "GET, HEAD, OPTIONS"),
    (add_path(5), "POST, OPTIONS"),
    (vote_path(REVIEW_ID), "PUT, OPTIONS"),
    (report_path(REVIEW_ID), "PUT, OPTIONS"),
]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]


def test_one_review(api, seeded_database):
    for product in expected.popular_products(seeded_database, 5):
        for review in expected.reviews(seeded_database, product, "newest")[:5]:
            assert api.review(review["review_id"]) == review


def test_no_such_review(client, product):
    check_problem(client.request("GET", review_path((product << 20) + 1)), 404)


def test_a_review_is_not_found_under_another_product(client, api, product, other_product):
    review_id = api.add(product)["review_id"]
    api.add(other_product)
    check_problem(client.request("GET", f"/reviews/{other_product}/{review_id}"), 404)


@pytest.mark.parametrize(
    "bad", ["abc", "0", "-1", "+5", "1e3", "1.5", "5x", "0x5", MAX_PRODUCT_ID + 1, 2**32 + 5, 2**64 + 5, "%20"]
)
def test_bad_product_id(client, bad):
    for rest in ("list", "meta", REVIEW_ID):
        check_problem(client.request("GET", f"/reviews/{bad}/{rest}"), 400, "product_id")
    check_problem(client.request_json("POST", f"/reviews/{bad}", review_body()), 400, "product_id")


@pytest.mark.parametrize("bad", ["0", "-1", "+5", "1e3", "1.5", "5x", 2**53, 2**64])
def test_bad_review_id(client, bad):
    check_problem(client.request("GET", f"/reviews/5/{bad}"), 400, "review_id")


@pytest.mark.parametrize(
    "path",
    [
        "/", "/reviews", "/review/5/list", "/Reviews/5/list", "/reviews/5/list/", "/reviews/5/list/x",
        "//reviews/5/list", "/reviews/helpful/5/6", "/reviews/5/meta/", "/reviews/5/lists", "/reviews/5/LIST",
        "/reviews/5/list;x/y", "/metrics", "/ready", "/live", "/..", "/index.html",
    ],
)  # fmt: skip
def test_unknown_path(client, path):
    check_problem(client.request("GET", path), 404)


@pytest.mark.parametrize("path", ["/reviews/", "/reviews//list", "/reviews/5/", "/reviews/../list", "/reviews/5/.."])
def test_a_path_with_a_missing_number_is_refused(client, path):
    reply = client.request("GET", path)
    check_problem(reply, 404 if reply.status == 404 else 400)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path, allow", RESOURCES)
def test_methods_that_a_resource_does_not_have(client, path, allow, method):
    if method in allow.split(", "):
        return
    reply = client.request(method, path)
    assert reply.field("Allow") == allow
    if method == "HEAD":
        assert (reply.status, reply.body) == (405, b"")
    else:
        check_problem(reply, 405)


@pytest.mark.parametrize("path", [list_path(5), meta_path(5), list_path(5, "count=0"), "/nowhere", review_path(2**40)])
def test_head_is_get_without_the_body(client, path):
    get, head = client.request("GET", path), client.request("HEAD", path)
    assert (head.status, head.body) == (get.status, b"")
    assert [field for field in head.fields if field[0] != "Date"] == [
        field for field in get.fields if field[0] != "Date"
    ]
    assert int(head.field("Content-Length")) == len(get.body) > 0


@pytest.mark.parametrize("path, allow", RESOURCES)
def test_options_names_the_methods(client, path, allow):
    reply = client.request("OPTIONS", path)
    assert (reply.status, reply.field("Allow")) == (204, allow)
    check_common(reply)


@pytest.mark.parametrize("path, allow", RESOURCES)
def test_preflight(client, path, allow):
    fields = [
        ("Origin", "https://shop.example"),
        ("Access-Control-Request-Method", allow.split(", ")[0]),
        ("Access-Control-Request-Headers", "content-type"),
    ]
    reply = client.request("OPTIONS", path, fields=fields)
    assert reply.status == 204
    assert reply.field("Access-Control-Allow-Origin") == "*"
    assert reply.field("Access-Control-Allow-Methods") == allow
    assert "content-type" in reply.field("Access-Control-Allow-Headers").lower().replace(" ", "").split(",")


def test_options_of_the_server(client):
    reply = check_common(client.request("OPTIONS", "*"))
    assert (reply.status, reply.field("Allow")) == (204, "GET, HEAD, POST, PUT, OPTIONS")


def test_the_origin_is_configurable(start_server, seeded_database):
    origin = "https://shop.example"
    with start_server(seeded_database, {"server.cors_origin": origin}).connect() as connection:
        for method, path in (("GET", list_path(5)), ("GET", "/nowhere"), ("OPTIONS", add_path(5))):
            assert connection.request(method, path).field("Access-Control-Allow-Origin") == origin


def test_without_an_origin_there_is_no_cors(start_server, seeded_database):
    with start_server(seeded_database, {"server.cors_origin": ""}).connect() as connection:
        for method, path in (("GET", list_path(5)), ("GET", "/nowhere"), ("OPTIONS", add_path(5))):
            fields = connection.request(method, path).fields
            assert not [name for name, _ in fields if name.startswith("Access-Control-")]


def test_no_email_of_the_seed_is_in_any_answer(client, seeded_database):
    for product in expected.popular_products(seeded_database, 5):
        emails = seeded_database.rows("SELECT email FROM review WHERE product_id = %s", (product,))
        body = client.request("GET", list_path(product, "count=100")).body.decode()
        assert emails and not any(email in body for (email,) in emails)


def test_every_answer_says_when_and_what(client):
    reply = client.request("GET", list_path(5))
    check_json(reply)
    assert reply.field("X-Content-Type-Options") == "nosniff"
    assert reply.field("Server") is None
