"""What an answer must be. Each check takes the question and the answer, and raises Wrong with what is amiss."""

import json
from datetime import datetime

FIELDS = {"review_id", "rating", "summary", "recommend", "response", "body", "date", "reviewer_name", "helpfulness", "photos"}
CHARACTERISTICS = {"Fit": 0, "Length": 1, "Comfort": 2, "Quality": 3, "Width": 4, "Size": 5}
ORDERS = {"newest": "date", "helpfulness": "helpfulness", "helpful": "helpfulness"}


class Wrong(Exception):
    """An answer that is not what the interface promises."""


def insist(right, what):
    if not right:
        raise Wrong(what)


def whole(value, low, high=2**53):
    return type(value) is int and low <= value <= high


def parse(content):
    """The JSON in the bytes of a body."""
    try:
        return json.loads(content)
    except (TypeError, ValueError):
        raise Wrong("the body is not JSON") from None


def review(answer, product):
    """One review of the product."""
    insist(isinstance(answer, dict), "a review is no object")
    insist(set(answer) == FIELDS, f"a review's fields differ: {', '.join(sorted(set(answer) ^ FIELDS))}")
    insist(whole(answer["review_id"], 1), "review_id is no id")
    insist(answer["review_id"] >> 20 == product, "a review of another product")
    insist(whole(answer["rating"], 1, 5), "rating is not 1 to 5")
    insist(whole(answer["recommend"], 0, 1), "recommend is not 0 or 1")
    insist(whole(answer["helpfulness"], 0), "helpfulness is no count")
    insist(all(isinstance(answer[name], str) for name in ("summary", "body", "reviewer_name")), "a text is no string")
    insist(answer["response"] is None or isinstance(answer["response"], str), "response is neither null nor a string")
    insist(isinstance(answer["photos"], list), "photos is no list")
    insist(all(isinstance(photo, dict) and "url" in photo for photo in answer["photos"]), "a photo has no url")
    try:
        datetime.strptime(answer["date"], "%Y-%m-%dT%H:%M:%S.%fZ")
    except (TypeError, ValueError):
        raise Wrong("date is not UTC with milliseconds") from None


def review_list(answer, product, count, page, sort):
    """A page of a product's reviews, in the order that was asked for."""
    insist(isinstance(answer, dict), "a list is no object")
    insist(answer.get("product") == product, "a list of another product")
    insist(answer.get("page") == page and answer.get("count") == count, "another page than was asked for")
    results = answer.get("results")
    insist(isinstance(results, list), "results is no list")
    insist(len(results) <= count, "more reviews than were asked for")
    for one in results:
        review(one, product)
    ids = [one["review_id"] for one in results]
    insist(len(set(ids)) == len(ids), "a review twice on a page")
    if sort in ORDERS:
        keys = [one[ORDERS[sort]] for one in results]
        insist(keys == sorted(keys, reverse=True), f"not in the order of {sort}")


def meta(answer, product):
    """A product's totals."""
    insist(isinstance(answer, dict), "totals are no object")
    insist(answer.get("product_id") == str(product), "totals of another product")
    ratings, recommended = answer.get("ratings"), answer.get("recommended")
    insist(isinstance(ratings, dict) and set(ratings) <= set("12345"), "ratings other than 1 to 5")
    insist(isinstance(recommended, dict) and set(recommended) <= set("01"), "recommended other than 0 and 1")
    counts = [*ratings.values(), *recommended.values()]
    insist(all(whole(count, 0) for count in counts), "a total is no count")
    insist(sum(ratings.values()) == sum(recommended.values()), "as many ratings as recommendations there are not")
    characteristics = answer.get("characteristics")
    insist(isinstance(characteristics, dict), "characteristics is no object")
    for name, one in characteristics.items():
        insist(CHARACTERISTICS.get(name) == one.get("id"), f"characteristic {name} has another id")
        insist(isinstance(one.get("value"), str) and 1 <= float(one["value"]) <= 5, f"the mean of {name} is not 1 to 5")


def added(answer, location, product, sent):
    """The answer to a new review: the review as a list shows it, and where it is."""
    review(answer, product)
    insist(location == f"/reviews/{product}/{answer['review_id']}", "Location does not name the new review")
    for theirs, ours in (("rating", "rating"), ("summary", "summary"), ("body", "body"), ("reviewer_name", "name")):
        insist(answer[theirs] == sent[ours], f"{theirs} is not what was sent")
    insist(answer["recommend"] == int(sent["recommend"]), "recommend is not what was sent")


def same(answer, before):
    """A review read again. Others may have voted for it meanwhile."""
    insist({**answer, "helpfulness": 0} == {**before, "helpfulness": 0}, "a review is not what it was when it was written")
    insist(answer["helpfulness"] >= before["helpfulness"], "a review has lost votes")
