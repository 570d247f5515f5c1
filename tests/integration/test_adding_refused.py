"""POST /reviews/{product_id}: what is refused, and that all wrong fields are named at once."""

import json

import pytest

from api import add_path, check_json, check_problem, check_wrong_fields, review_body


def post(client, product, document):
    return client.request_json("POST", add_path(product), document)


@pytest.fixture(autouse=True)
def nothing_is_added(api, product):
    yield
    assert api.list(product)["results"] == []


WRONG = [
    ("rating", [0, 6, -1, 3.5, "5", None, True, [], {}, 2**31, 2**64, -(2**64), ...]),
    ("recommend", [2, -1, "true", "1", 0.5, None, [], {}, ...]),
    ("body", ["", "x" * 2001, "😀" * 2001, "nul \0 in it", 5, None, [], {}, ...]),
    ("name", ["", "x" * 101, "好" * 101, "nul \0 in it", 5, None, True, ...]),
    ("email", ["", "nobody", "a@b@c", "@", "x" * 250 + "@a.bc", "nul\0@a.bc", 5, None, [], ...]),
    ("summary", ["x" * 151, "😀" * 151, "nul \0 in it", 5, [], False]),
    ("characteristics", [5, "Fit", [], [1], True]),
    (
        "date",
        [
            "yesterday",
            "2024-02-30",
            "2024-13-01",
            "2024-12-26T25:00:00Z",
            "26.12.2024",
            "2024-12-26 and more",
            "",
            5,
            [],
        ],
    ),
    ("photos", ["https://images.example/1.jpg", {}, 5, ["https://images.example/1.jpg"] * 6]),
]


@pytest.mark.parametrize(
    "field, value",
    [pytest.param(field, value, id=f"{field}={str(value)[:20]!r}") for field, values in WRONG for value in values],
)
def test_one_wrong_member(client, product, field, value):
    check_wrong_fields(post(client, product, review_body(**{field: value})), [field])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://images.example/1.jpg",
        "images.example",
        "",
        "https://",
        "javascript:alert(1)",
        "https://a.example/" + "x" * 2048,
        5,
        None,
    ],
)
def test_the_wrong_photo_is_named(client, product, url):
    photos = ["https://images.example/0.jpg", url]
    check_wrong_fields(post(client, product, review_body(photos=photos)), ["photos[1]"])


@pytest.mark.parametrize(
    "key, value",
    [
        ("Fit", 0),
        ("Fit", 6),
        ("Size", "5"),
        ("Length", 1.5),
        ("3", 9),
        ("Quality", True),
        ("Colour", 3),
        ("fit", 3),
        ("-1", 3),
    ],
)
def test_the_wrong_characteristic_is_named(client, product, key, value):
    check_wrong_fields(
        post(client, product, review_body(characteristics={"Comfort": 3, key: value})), [f"characteristics.{key}"]
    )


def test_all_wrong_fields_are_named_at_once(client, product):
    document = {
        "rating": 9,
        "recommend": "yes",
        "body": "",
        "email": "nobody",
        "summary": "x" * 151,
        "photos": ["https://images.example/0.jpg", "x", "y"],
        "characteristics": {"Fit": 7, "Colour": 1},
        "date": "soon",
    }
    wrong = ["rating", "recommend", "body", "name", "email", "summary", "photos[1]", "photos[2]"]
    check_wrong_fields(
        post(client, product, document), wrong + ["characteristics.Fit", "characteristics.Colour", "date"]
    )


def test_an_empty_object_lacks_every_required_field(client, product):
    check_wrong_fields(post(client, product, {}), ["rating", "recommend", "body", "name", "email"])


def with_member(text):
    """The JSON text of a good review with one member more."""
    return json.dumps(review_body()).encode()[:-1] + b", " + text + b"}"


NOT_JSON = {
    "nothing": b"",
    "white space": b"  \r\n",
    "no JSON": b"rating=5&recommend=1",
    "cut short": json.dumps(review_body()).encode()[:-1],
    "something behind it": json.dumps(review_body()).encode() + b"x",
    "two documents": json.dumps(review_body()).encode() * 2,
    "an array": b"[]",
    "a number": b"5",
    "null": b"null",
    "single quotes": b"{'rating': 5}",
    "a comma too many": with_member(b'"x": [1,]'),
    "a missing comma": with_member(b'"x": [1 2]'),
    "a comment": with_member(b'"x": 1 /* one */'),
    "NaN": with_member(b'"x": NaN'),
    "a leading zero": with_member(b'"x": 01'),
    "a bare control character": with_member(b'"x": "a\nb"'),
    "a NUL byte": with_member(b'"x": "a\0b"'),
    "a NUL behind it": json.dumps(review_body()).encode() + b"\0",
    "an unknown escape": with_member(rb'"x": "\q"'),
    "half a surrogate pair": with_member(rb'"x": "\ud83d"'),
    "the other half": with_member(rb'"x": "\ude00 "'),
    "a cut escape": with_member(rb'"x": "\u12"'),
    "a repeated member": with_member(b'"rating": 5'),
    "a repeated member further down": with_member(b'"x": {"a": 1, "a": 2}'),
    "a lone continuation byte": with_member(b'"x": "\x80"'),
    "a cut character": with_member(b'"x": "\xf0\x9f\x98"'),
    "an overlong slash": with_member(b'"x": "\xc0\xaf"'),
    "a surrogate in UTF-8": with_member(b'"x": "\xed\xa0\x80"'),
    "beyond Unicode": with_member(b'"x": "\xf4\x90\x80\x80"'),
    "Latin-1": with_member(b'"x": "caf\xe9"'),
    "UTF-16": json.dumps(review_body()).encode("utf-16"),
    "nested 200 deep": with_member(b'"x": ' + b"[" * 200 + b"]" * 200),
    "nested 20,000 deep": with_member(b'"x": ' + b"[" * 20000 + b"]" * 20000),
    "open 30,000 deep": with_member(b'"x": ' + b'{"a":' * 12000),
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_a_body_that_is_not_json(client, product, body):
    check_problem(post(client, product, body), 400, "body")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json-patch+json",
        "json",
        "",
        None,
    ],
)
def test_a_media_type_that_is_not_json(client, product, content_type):
    fields = [("Content-Type", content_type)] if content_type is not None else []
    body = json.dumps(review_body()).encode()
    check_problem(client.request("POST", add_path(product), fields=fields, body=body), 415, "json")


def test_no_body_at_all(client, product):
    check_problem(client.request("POST", add_path(product), fields=[("Content-Type", "application/json")]), 400)


def test_the_connection_goes_on_after_a_refusal(client, product, other_product):
    check_wrong_fields(post(client, product, {}), ["rating", "recommend", "body", "name", "email"])
    check_problem(post(client, product, b"{"), 400)
    check_json(post(client, other_product, review_body()), 201)
