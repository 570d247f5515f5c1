"""How many requests a cache that keeps an answer for a while answers itself. No measurement: a sum.

    python3 loadtest/measure/cache.py --products 1000000 --exponent 1

Requests for the n-th most popular of the products come at random moments, 1 / n ** exponent as often as for the first. An answer is
kept for `ttl` seconds from when it was fetched; so of r requests a second for it, r ttl / (1 + r ttl) are hits.
"""

import argparse


def weights(products, exponent, steps=4000):
    """(how many products, how often each is asked for, not yet normalized): alone at the top, then together in narrow bands."""
    first = 1
    while first <= products:
        last = min(products, first + max(0, first * 8 // steps))
        yield last - first + 1, ((first + last) / 2) ** -exponent
        first = last + 1


def hit_rate(products, rate, ttl, exponent=1.0):
    """The share of hits of one cache that is asked `rate` times a second."""
    bands = list(weights(products, exponent))
    total = sum(count * weight for count, weight in bands)
    hits = 0.0
    for count, weight in bands:
        share = weight / total
        hits += count * share * (rate * share * ttl) / (1 + rate * share * ttl)
    return hits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=1_000_000)
    parser.add_argument("--exponent", type=float, default=1.0)
    arguments = parser.parse_args()
    ttls = (1, 10, 60, 300)
    print("requests/s of one cache " + "".join(f"{ttl:>6} s" for ttl in ttls))
    for rate in (1_000, 10_000, 100_000, 1_000_000):
        print(f"{rate:23,} " + "".join(f"{100 * hit_rate(arguments.products, rate, ttl, arguments.exponent):6.1f} %" for ttl in ttls))


if __name__ == "__main__":
    main()
