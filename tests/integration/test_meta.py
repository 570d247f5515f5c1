"""GET /reviews/{product_id}/meta: totals, shape, and that writes are in them at once."""

import expected


def test_totals_equal_a_recount(api, seeded_database):
    for product, meta in expected.metas(seeded_database, 1, 100).items():
        assert api.meta(product) == meta


def test_product_without_reviews_counts_nothing(api, product):
    assert api.meta(product) == {
        "product_id": str(product),
        "ratings": {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0},
        "recommended": {"0": 0, "1": 0},
        "characteristics": {},
    }


def test_reviews_are_counted(api, product):
    api.add(product, rating=5, recommend=True)
    api.add(product, rating=5, recommend=False)
    api.add(product, rating=1, recommend=0)
    meta = api.meta(product)
    assert meta["ratings"] == {"1": 1, "2": 0, "3": 0, "4": 0, "5": 2}
    assert meta["recommended"] == {"0": 2, "1": 1}


def test_means_have_four_decimals(api, product):
    for rating in (1, 2, 2):
        api.add(product, characteristics={"Fit": rating, "Size": 5})
    assert api.meta(product)["characteristics"] == {
        "Fit": {"id": 0, "value": "1.6667"},
        "Size": {"id": 5, "value": "5.0000"},
    }


def test_a_characteristic_that_nobody_rated_is_absent(api, product):
    api.add(product)
    api.add(product, characteristics={"Width": 3})
    assert list(api.meta(product)["characteristics"]) == ["Width"]


def test_a_reported_review_is_taken_out(api, product):
    api.add(product, rating=2, recommend=False, characteristics={"Fit": 1})
    before = api.meta(product)
    hidden = api.add(product, rating=5, recommend=True, characteristics={"Fit": 5, "Comfort": 4})
    assert api.meta(product) != before
    api.report(hidden["review_id"])
    assert api.meta(product) == before
