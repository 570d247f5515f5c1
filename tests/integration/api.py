"""The contract of docs and clients, once: how requests are made, and what answers must look like."""

import itertools
import re

# The members of each answer, in their order.
REVIEW_MEMBERS = [
    "review_id", "rating", "summary", "recommend", "response", "body", "date", "reviewer_name", "helpfulness", "photos",
]  # fmt: skip
LIST_MEMBERS = ["product", "page", "count", "results"]
META_MEMBERS = ["product_id", "ratings", "recommended", "characteristics"]
PROBLEM_MEMBERS = ["type", "title", "status", "detail"]

CHARACTERISTICS = ["Fit", "Length", "Comfort", "Quality", "Width", "Size"]

# How each sort orders a product's reviews.
ORDERS = {
    "relevant": "relevance DESC, created_at DESC, review_id DESC",
    "newest": "created_at DESC, review_id DESC",
    "helpfulness": "helpfulness DESC, created_at DESC, review_id DESC",
}

MAX_PRODUCT_ID = 2**31 - 1
MAX_REVIEW_ID = 2**53 - 1

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

# What no answer may tell: statements, paths, sources, the database.
INTERNALS = re.compile(
    r"SELECT|INSERT|UPDATE |unnest|relation|column|constraint|libpq|postgres|/tmp|\.c\b|0x[0-9a-f]{6}", re.I
)

_numbers = itertools.count(1)


def review_body(**changes):
    """A body that POST accepts, with changes; a member changed to `...` is left out."""
    number = next(_numbers)
    body = {
        "rating": 4,
        "recommend": True,
        "body": f"Review number {number}: fits as it should.",
        "name": f"reviewer{number}",
        "email": f"reviewer{number}@mail.example",
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


def list_path(product, query=""):
    return f"/reviews/{product}/list" + (f"?{query}" if query else "")


def meta_path(product):
    return f"/reviews/{product}/meta"


def add_path(product):
    return f"/reviews/{product}"


def review_path(review_id):
    return f"/reviews/{review_id >> 20}/{review_id}"


def vote_path(review_id):
    return f"/reviews/helpful/{review_id}"


def report_path(review_id):
    return f"/reviews/report/{review_id}"


def expected_photos(urls):
    return [{"url": url, "thumbnail_url": url} for url in urls]


def check_common(reply):
    """What every answer has."""
    assert reply.field("Access-Control-Allow-Origin") == "*"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply.field("Date"))
    return reply


def check_json(reply, status=200):
    """The document of a successful answer."""
    assert reply.status == status, (reply, reply.body)
    assert reply.field("Content-Type") == "application/json"
    return check_common(reply).json()


def check_done(reply):
    assert reply.status == 204, (reply, reply.body)
    return check_common(reply)


def check_problem(reply, status, mentions=""):
    """An RFC 9457 problem that says what is wrong and nothing of how the server works. Returns it."""
    assert reply.status == status, (reply, reply.body)
    assert reply.field("Content-Type") == "application/problem+json"
    problem = check_common(reply).json()
    assert list(problem) == PROBLEM_MEMBERS + (["errors"] if "errors" in problem else [])
    assert problem["status"] == status
    assert all(isinstance(problem[name], str) and problem[name] for name in ("type", "title", "detail"))
    assert mentions.lower() in problem["detail"].lower(), problem
    assert not INTERNALS.search(reply.body.decode()), problem
    assert status != 503 or reply.field("Retry-After").isdigit()
    return problem


def check_wrong_fields(reply, fields):
    """A 422 that names exactly these fields, each once."""
    problem = check_problem(reply, 422)
    assert all(list(error) == ["field", "detail"] and error["detail"] for error in problem["errors"])
    assert sorted(error["field"] for error in problem["errors"]) == sorted(fields)


def check_review(review):
    """The shape of a review."""
    assert list(review) == REVIEW_MEMBERS
    assert type(review["review_id"]) is int and 0 < review["review_id"] <= MAX_REVIEW_ID
    assert type(review["rating"]) is int and 1 <= review["rating"] <= 5
    assert type(review["recommend"]) is int and review["recommend"] in (0, 1)
    assert type(review["helpfulness"]) is int and review["helpfulness"] >= 0
    assert all(isinstance(review[name], str) for name in ("summary", "body", "reviewer_name"))
    assert review["response"] is None or isinstance(review["response"], str)
    assert DATE.fullmatch(review["date"])
    assert all(list(photo) == ["url", "thumbnail_url"] for photo in review["photos"])
    return review


def check_list(page, product):
    assert list(page) == LIST_MEMBERS
    assert page["product"] == product
    for review in page["results"]:
        check_review(review)
        assert review["review_id"] >> 20 == product
    return page


def check_meta(meta, product):
    assert list(meta) == META_MEMBERS
    assert meta["product_id"] == str(product)
    assert list(meta["ratings"]) == ["1", "2", "3", "4", "5"]
    assert list(meta["recommended"]) == ["0", "1"]
    assert sum(meta["ratings"].values()) == sum(meta["recommended"].values())
    assert [name for name in CHARACTERISTICS if name in meta["characteristics"]] == list(meta["characteristics"])
    for name, characteristic in meta["characteristics"].items():
        assert list(characteristic) == ["id", "value"]
        assert characteristic["id"] == CHARACTERISTICS.index(name)
        assert re.fullmatch(r"[1-5]\.\d{4}", characteristic["value"])
    return meta


class Api:
    """The routes on one connection, for requests that must succeed: each checks its answer and returns the document."""

    def __init__(self, connection):
        self.connection = connection

    def list(self, product, query=""):
        return check_list(check_json(self.connection.request("GET", list_path(product, query))), product)

    def ids(self, product, query=""):
        return [review["review_id"] for review in self.list(product, query)["results"]]

    def meta(self, product):
        return check_meta(check_json(self.connection.request("GET", meta_path(product))), product)

    def review(self, review_id):
        return check_review(check_json(self.connection.request("GET", review_path(review_id))))

    def add(self, product, **changes):
        """Adds a review (see review_body) and returns it."""
        reply = self.connection.request_json("POST", add_path(product), review_body(**changes))
        review = check_review(check_json(reply, 201))
        assert reply.field("Location") == review_path(review["review_id"])
        assert review["review_id"] >> 20 == product
        return review

    def vote(self, review_id):
        check_done(self.connection.request("PUT", vote_path(review_id)))

    def report(self, review_id):
        check_done(self.connection.request("PUT", report_path(review_id)))
