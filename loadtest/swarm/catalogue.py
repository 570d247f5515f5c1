"""Which products visitors look at: a few very often, most of them hardly ever, as in any shop."""

import random

# A prime larger than any product id: rank * PRIME mod n scatters the ranks, so that popular products lie in all segments.
PRIME = 2147483659


class Catalogue:
    """Products 1 to `size`. The n-th most popular one is looked at 1/n as often as the first (Zipf's law, exponent 1)."""

    def __init__(self, size, source=random):
        if size < 1:
            raise ValueError("a catalogue has at least one product")
        self.size = size
        self.source = source

    def choose(self):
        # Ranks whose logarithm is uniform: the continuous form of 1/n.
        rank = int((self.size + 1) ** self.source.random())
        return min(rank, self.size) * PRIME % self.size + 1


def count_products(has_reviews, limit=2**31 - 1, near=24):
    """How many products a shop has, found by asking has_reviews(product) about a hundred times.

    Assumes ids from 1 without large holes: a product counts as there when one of the `near` up to it has reviews. Returns 0
    for an empty shop.
    """

    def there(product):
        return any(has_reviews(other) for other in range(product, max(0, product - near), -1))

    low, high = 0, 1
    while high < limit and there(high):
        low, high = high, min(limit, high * 4)
    if low == 0:
        return 0
    while high - low > max(1, low // 200):
        middle = (low + high) // 2
        if there(middle):
            low = middle
        else:
            high = middle
    return next(product for product in range(low, 0, -1) if has_reviews(product))
