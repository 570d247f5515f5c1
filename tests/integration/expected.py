"""What the API must answer, computed from the rows of the database without the server's own SQL."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

from api import CHARACTERISTICS, ORDERS

_REVIEW_COLUMNS = """review_id, rating, summary, recommend::integer, response, body,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), reviewer_name, helpfulness, photos"""


def reviews(database, product, sort):
    """All visible reviews of a product in the order of a sort."""
    rows = database.rows(
        f"SELECT {_REVIEW_COLUMNS} FROM review WHERE product_id = %s AND NOT reported ORDER BY {ORDERS[sort]}",
        (product,),
    )
    return [_review(row) for row in rows]


def _review(row):
    review_id, rating, summary, recommend, response, body, date, reviewer_name, helpfulness, photos = row
    return {
        "review_id": review_id,
        "rating": rating,
        "summary": summary,
        "recommend": recommend,
        "response": response,
        "body": body,
        "date": date,
        "reviewer_name": reviewer_name,
        "helpfulness": helpfulness,
        "photos": photos or [],
    }


def metas(database, first_product, last_product):
    """What /meta must answer for each of the products, by product."""
    rows = database.rows(
        "SELECT product_id, rating, recommend, characteristics FROM review "
        "WHERE NOT reported AND product_id BETWEEN %s AND %s",
        (first_product, last_product),
    )
    by_product = {product: [] for product in range(first_product, last_product + 1)}
    for product, *row in rows:
        by_product[product].append(row)
    return {product: _meta(product, rows) for product, rows in by_product.items()}


def _meta(product, rows):
    ratings = Counter(rating for rating, _, _ in rows)
    recommended = Counter(recommend for _, recommend, _ in rows)
    characteristics = {}
    for number, name in enumerate(CHARACTERISTICS):
        given = [bits >> 3 * number & 7 for _, _, bits in rows if bits >> 3 * number & 7]
        if given:
            characteristics[name] = {"id": number, "value": mean(given)}
    return {
        "product_id": str(product),
        "ratings": {str(rating): ratings[rating] for rating in range(1, 6)},
        "recommended": {"0": recommended[False], "1": recommended[True]},
        "characteristics": characteristics,
    }


def mean(numbers):
    """The mean to 4 decimals, halves away from zero, as text."""
    return str((Decimal(sum(numbers)) / len(numbers)).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def popular_products(database, count):
    """The products with the most visible reviews."""
    rows = database.rows(
        "SELECT product_id FROM review WHERE NOT reported GROUP BY product_id "
        "ORDER BY count(*) DESC, product_id LIMIT %s",
        (count,),
    )
    return [product for (product,) in rows]
