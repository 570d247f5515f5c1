"""POST /reviews/{product_id}: what is taken, how it comes back, and that the next read shows it."""

import json
import re

import pytest

from api import Api, add_path, check_json, check_review, expected_photos, review_body


def test_the_review_comes_back_as_it_will_be_read(api, product):
    urls = ["https://images.example/1.jpg", "http://images.example/2.jpg?size=big&x=%20"]
    review = api.add(
        product,
        rating=3,
        recommend=False,
        summary="Well",
        body="It fits.",
        name="ann",
        photos=urls,
        date="2024-12-26T10:12:05.740Z",
    )
    assert review == {
        "review_id": review["review_id"],
        "rating": 3,
        "summary": "Well",
        "recommend": 0,
        "response": None,
        "body": "It fits.",
        "date": "2024-12-26T10:12:05.740Z",
        "reviewer_name": "ann",
        "helpfulness": 0,
        "photos": expected_photos(urls),
    }
    assert api.review(review["review_id"]) == review
    assert api.list(product)["results"] == [review]


def test_optional_members_may_be_absent(api, product):
    review = api.add(product)
    assert (review["summary"], review["photos"], review["response"], review["helpfulness"]) == ("", [], None, 0)


def test_without_a_date_it_is_now(api, product, seeded_database):
    before = seeded_database.value("SELECT date_trunc('milliseconds', now())")
    date = api.add(product)["date"]
    assert seeded_database.value("SELECT %s::timestamptz BETWEEN %s AND now()", (date, before))


def test_ids_of_a_product_count_up(api, product):
    ids = [api.add(product)["review_id"] for _ in range(5)]
    assert ids == [(product << 20) + n for n in range(1, 6)]


def test_each_review_is_seen_by_the_next_read_on_any_connection(server, product):
    for n in range(1, 21):
        with server.connect() as writing, server.connect() as reading:
            review = Api(writing).add(product)
            assert Api(reading).list(product, "sort=newest&count=1")["results"] == [review]
            assert sum(Api(reading).meta(product)["ratings"].values()) == n


@pytest.mark.parametrize("recommend, stored", [(True, 1), (False, 0), (1, 1), (0, 0)])
def test_recommend_is_a_boolean_or_a_number(api, product, recommend, stored):
    assert api.add(product, recommend=recommend)["recommend"] == stored


@pytest.mark.parametrize(
    "characteristics, counted",
    [
        ({}, {}),
        ({"Fit": 1, "Length": 2, "Comfort": 3, "Quality": 4, "Width": 5, "Size": 1}, [1, 2, 3, 4, 5, 1]),
        ({"0": 5, "1": 4, "2": 3, "3": 2, "4": 1, "5": 5}, [5, 4, 3, 2, 1, 5]),
        ({"Quality": 2, "5": 4}, {"Quality": 2, "Size": 4}),
        ({"Fit": 3, "6": 1, "135231": 2}, {"Fit": 3}),
    ],
)
def test_characteristics_go_by_name_or_id(api, product, characteristics, counted):
    api.add(product, characteristics=characteristics)
    means = {name: float(found["value"]) for name, found in api.meta(product)["characteristics"].items()}
    assert (list(means.values()) if isinstance(counted, list) else means) == counted


@pytest.mark.parametrize(
    "date, stored",
    [
        ("2024-12-26", "2024-12-26T00:00:00.000Z"),
        ("2024-12-26T10:12:05Z", "2024-12-26T10:12:05.000Z"),
        ("2024-12-26T10:12:05", "2024-12-26T10:12:05.000Z"),
        ("2024-12-26T10:12Z", "2024-12-26T10:12:00.000Z"),
        ("2024-12-26T10:12:05.7Z", "2024-12-26T10:12:05.700Z"),
        ("2024-12-26T10:12:05.740999Z", "2024-12-26T10:12:05.740Z"),
        ("2024-12-26T10:12:05+02:00", "2024-12-26T08:12:05.000Z"),
        ("2024-12-26T23:30:00-01:30", "2024-12-27T01:00:00.000Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
        ("2000-01-01T00:00:00.001Z", "2000-01-01T00:00:00.001Z"),
    ],
)
def test_dates_are_iso_8601(api, product, date, stored):
    review = api.add(product, date=date)
    assert review["date"] == stored
    assert api.review(review["review_id"])["date"] == stored


def test_longest_members_are_taken(api, product):
    url = "https://images.example/" + "a" * (2048 - len("https://images.example/"))
    email = "a" * (254 - len("@mail.example")) + "@mail.example"
    review = api.add(product, summary="s" * 150, body="b" * 2000, name="n" * 100, email=email, photos=[url] * 5)
    assert (len(review["summary"]), len(review["body"]), len(review["reviewer_name"])) == (150, 2000, 100)
    assert review["photos"] == expected_photos([url] * 5)


@pytest.mark.parametrize("escaped", [True, False])
def test_lengths_are_counted_in_characters(client, product, escaped):
    document = review_body(body="😀" * 2000, summary="é" * 150, name="好" * 100)
    text = json.dumps(document, ensure_ascii=escaped).encode()
    review = check_review(check_json(client.request_json("POST", add_path(product), text), 201))
    assert (review["body"], review["summary"], review["reviewer_name"]) == ("😀" * 2000, "é" * 150, "好" * 100)


TEXTS = {
    "quotes and backslashes": 'He said "no" \\ and \\" left / \'so\'',
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f",
    "line and paragraph separators": "a\u2028b\u2029c\u0085d",
    "astral": "😀👩‍👩‍👧‍👦🏳️‍🌈𝒳𐍈",
    "right to left": "مرحبا بالعالم שלום \u202eabc\u202c",
    "combining": "Z̷͑ȧ̴l̶g̷o e\u0301 é",
    "edges of the planes": "\ue000\ufffd\uffff\U00010000\U0010ffff\ufeff",
    "html": "<script>alert('x')</script> &amp; <!--",
    "format strings": "%s %n %d {0} $1 {leaf}",
    "array and copy syntax": '{"a",NULL} \\N \\. (1,2) \t \\x41',
    "sql": "'; DROP TABLE review; --",
    "space around": "  padded\t",
}


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_come_back_unchanged(client, api, product, text, escaped):
    name = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", text)[:100] or "no controls in names"
    document = review_body(body=text, summary=text, name=name)
    sent = json.dumps(document, ensure_ascii=escaped).encode()
    review = check_review(check_json(client.request_json("POST", add_path(product), sent), 201))
    assert (review["body"], review["summary"], review["reviewer_name"]) == (text, text, name)
    assert api.review(review["review_id"]) == review
    assert api.list(product)["results"] == [review]


def test_a_response_of_the_shop_is_shown(api, product, seeded_database):
    review = api.add(product)
    response = 'Thank you \\ "Ann" 😀\n'
    seeded_database.execute("UPDATE review SET response = %s WHERE review_id = %s", (response, review["review_id"]))
    assert api.review(review["review_id"]) == review | {"response": response}


def test_email_is_stored_and_never_told(client, api, product, seeded_database):
    email = "private.person+reviews@mail.example"
    reply = client.request_json("POST", add_path(product), review_body(email=email))
    review_id = check_json(reply, 201)["review_id"]
    assert seeded_database.value("SELECT email FROM review WHERE review_id = %s", (review_id,)) == email
    replies = [reply] + [client.request("GET", f"/reviews/{product}/{rest}") for rest in ("list", "meta", review_id)]
    assert not any(b"mail.example" in reply.body or b"email" in reply.body for reply in replies)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"],
)
def test_media_type_is_compared_without_case_and_parameters(client, product, content_type):
    body = json.dumps(review_body()).encode()
    check_json(client.request("POST", add_path(product), fields=[("Content-Type", content_type)], body=body), 201)


def test_members_that_are_not_known_are_ignored(api, product):
    assert api.add(product, product_id=7, helpfulness=99, reported=True, response="mine")["helpfulness"] == 0
    assert len(api.ids(product)) == 1


def test_optional_members_may_be_null(api, product):
    api.add(product, summary=None, photos=None, characteristics=None, date=None)


@pytest.mark.parametrize("product_id", [1, 2147483647])
def test_products_at_the_bounds_can_be_reviewed(start_server, empty_database, product_id):
    with start_server(empty_database).connect() as connection:
        api = Api(connection)
        review = api.add(product_id)
        assert review["review_id"] == (product_id << 20) + 1
        assert api.list(product_id)["results"] == [review]
