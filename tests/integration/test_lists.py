"""GET /reviews/{product_id}/list: order, paging, bounds, shape."""

import pytest

import expected
from api import ORDERS, Api, check_json, check_list, check_problem, list_path

SORTS = list(ORDERS)


def every_page(api, product, sort, count):
    """All results of a product, page by page, until one is empty."""
    results, page = [], 0
    while found := api.list(product, f"sort={sort}&count={count}&page={page}")["results"]:
        results += found
        page += 1
    return results


@pytest.mark.parametrize("sort", SORTS)
def test_reviews_are_those_of_the_database_in_the_order_of_the_sort(api, seeded_database, sort):
    for product in expected.popular_products(seeded_database, 20):
        wanted = expected.reviews(seeded_database, product, sort)
        assert api.list(product, f"sort={sort}&count=100")["results"] == wanted[:100]


@pytest.mark.parametrize("count", [1, 7, 100])
@pytest.mark.parametrize("sort", SORTS)
def test_paging_shows_each_review_exactly_once(api, seeded_database, sort, count):
    for product in expected.popular_products(seeded_database, 3):
        ids = [review["review_id"] for review in every_page(api, product, sort, count)]
        assert len(ids) > 2 * count or count == 100
        assert ids == [review["review_id"] for review in expected.reviews(seeded_database, product, sort)]


def test_products_with_few_reviews(api, seeded_database):
    counted = "SELECT product_id FROM review GROUP BY product_id HAVING count(*) <= 3 ORDER BY product_id LIMIT 20"
    for (product,) in seeded_database.rows(counted):
        assert api.list(product)["results"] == expected.reviews(seeded_database, product, "relevant")


def test_defaults_are_the_five_most_relevant_of_page_zero(api, seeded_database):
    (product,) = expected.popular_products(seeded_database, 1)
    answer = api.list(product)
    assert (answer["page"], answer["count"], len(answer["results"])) == (0, 5, 5)
    assert answer == api.list(product, "count=5&page=0&sort=relevant")


def test_helpful_is_helpfulness(api, seeded_database):
    (product,) = expected.popular_products(seeded_database, 1)
    assert api.list(product, "sort=helpful") == api.list(product, "sort=helpfulness")


def test_ties_go_to_the_newer_review_and_then_to_the_higher_id(api, product):
    old, new = "2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z"
    ids = [api.add(product, date=date)["review_id"] for date in (old, new, old, new)]
    newest_first = [ids[3], ids[1], ids[2], ids[0]]
    for sort in SORTS:
        assert api.ids(product, f"sort={sort}") == newest_first


def test_a_vote_moves_a_review_up(api, product):
    first = api.add(product, date="2024-05-01")["review_id"]
    second = api.add(product, date="2024-05-02")["review_id"]
    api.vote(first)
    assert api.ids(product, "sort=helpfulness") == [first, second]
    assert api.ids(product, "sort=relevant") == [first, second]
    assert api.ids(product, "sort=newest") == [second, first]


def test_recency_outweighs_few_votes_in_relevance(api, product):
    old = api.add(product, date="2019-05-01")["review_id"]
    new = api.add(product, date="2024-05-01")["review_id"]
    api.vote(old)
    assert api.ids(product, "sort=relevant") == [new, old]


def test_product_without_reviews_has_an_empty_list(api, product):
    assert api.list(product) == {"product": product, "page": 0, "count": 5, "results": []}


def test_page_beyond_the_last_is_empty(api, product):
    api.add(product)
    assert api.list(product, "page=1") == {"product": product, "page": 1, "count": 5, "results": []}


@pytest.mark.parametrize("product_id", [1, 2147483647])
def test_product_ids_at_the_bounds_are_taken(api, product_id):
    assert api.list(product_id)["product"] == product_id


@pytest.mark.parametrize(
    "query", ["count=1", "count=100", "page=0", "count=5&page=1999", "count=100&page=99", "count=1&page=9999"]
)
def test_counts_and_pages_at_the_bounds_are_taken(api, product, query):
    api.list(product, query)


@pytest.mark.parametrize(
    "value", ["0", "101", "-1", "abc", "", "1.0", "1e1", "%2B5", "5x", "0x5", "99999999999999999999"]
)
def test_bad_count(client, product, value):
    check_problem(client.request("GET", list_path(product, f"count={value}")), 400, "count")


@pytest.mark.parametrize("value", ["-1", "abc", "", "1.5", "2000", "4294967296", "99999999999999999999"])
def test_bad_page(client, product, value):
    check_problem(client.request("GET", list_path(product, f"page={value}")), 400, "page")


@pytest.mark.parametrize(
    "query", ["count=100&page=100", "page=100&count=100", "count=1&page=10000", "count=3&page=3333"]
)
def test_pages_beyond_ten_thousand_reviews(client, product, query):
    check_problem(client.request("GET", list_path(product, query)), 400, "page")


@pytest.mark.parametrize("value", ["oldest", "", "newest%20", "newest,helpful", "1"])
def test_bad_sort(client, product, value):
    check_problem(client.request("GET", list_path(product, f"sort={value}")), 400, "sort")


@pytest.mark.parametrize("name, value", [("count", 5), ("page", 0), ("sort", "newest")])
def test_a_parameter_given_twice_is_refused(client, product, name, value):
    check_problem(client.request("GET", list_path(product, f"{name}={value}&{name}={value}")), 400, name)


@pytest.mark.parametrize(
    "query", ["relevance", "&relevance", "relevance=", "a=1&b=2", "Count=7", "counts=0", "x=%20&y=a=b=c", "", "&&"]
)
def test_unknown_parameters_are_ignored(api, product, query):
    assert api.list(product, query)["count"] == 5
    assert api.list(product, f"{query}&count=7")["count"] == 7


def test_percent_encoding_is_decoded(api, product):
    answer = api.list(product, "c%6Funt=%31%30&p%61ge=%33&sort=n%65west")
    assert (answer["count"], answer["page"]) == (10, 3)


def test_a_bare_question_mark_is_an_empty_query(client, product):
    check_list(check_json(client.request("GET", list_path(product) + "?")), product)


def test_lists_from_many_connections_agree(server, seeded_database):
    (product,) = expected.popular_products(seeded_database, 1)
    answers = []
    for _ in range(10):
        with server.connect() as connection:
            answers.append(Api(connection).list(product, "count=50"))
    assert all(answer == answers[0] for answer in answers)
