"""What docs/scaling.md rests on: the fit of the scalability law, and statements that name the product."""

import itertools
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "loadtest" / "measure"))
from cache import hit_rate  # noqa: E402 (after the line above)
from law import Law, fit  # noqa: E402 (after the line above)

NODES = (1, 2, 3, 4, 6, 8, 12)
# Housekeeping, which one server does now and then and no request waits for.
WITHOUT_PRODUCT = {"KEEP_AHEAD", "BUDGET"}


@pytest.mark.parametrize("contention, coherency", [(0.05, 0.002), (0.1, 0.0), (0.0, 0.003), (0.0, 0.0)])
def test_law_is_found_again(contention, coherency):
    law = Law(1700, contention, coherency)
    found = fit([(nodes, law.rate(nodes)) for nodes in NODES])
    assert found.rate_of_one == pytest.approx(1700)
    assert found.contention == pytest.approx(contention, abs=1e-9)
    assert found.coherency == pytest.approx(coherency, abs=1e-9)


def test_law_fits_noise_without_negative_terms():
    # More than linear, as noise can make it: that is linear.
    found = fit([(nodes, 1000 * nodes * (1 + 0.002 * nodes)) for nodes in NODES])
    assert found.contention == 0 and found.coherency == 0
    noisy = [(nodes, Law(1000, 0.05, 0.001).rate(nodes) * (1.02 if nodes % 2 else 0.98)) for nodes in NODES]
    assert fit(noisy).worst_error(noisy) < 0.04


def unbound(text):
    """The parts of a statement that find rows of a table otherwise than by their product: $1, one of the keys k or votes v, or 0, which
    stands for all products."""
    table = r"(?:\{leaf\}|product_meta|product_version|product_page)"
    parts = re.findall(rf"(?:UPDATE|FROM|JOIN) {table}(?: AS \w+)?(.*?)(?=(?:UPDATE|FROM|JOIN) {table}|$)", text)
    found = [part for part in parts if not re.search(r"product_id = (\$1|0 ?\)|[kv]\.product_id)", part)]
    return found + [columns for columns in re.findall(r"INSERT INTO [^(]*\(([^)]*)\)", text) if "product_id" not in columns]


def test_every_statement_names_the_product(binaries):
    """The key by which tables are distributed: a statement that finds its rows by another would ask every shard."""
    done = subprocess.run([binaries.reviewd, "--statements"], capture_output=True, text=True, check=True)
    statements = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert {"ADD", "HELPFUL", "META", "REPORT"} <= set(statements)
    assert {name: unbound(text) for name, text in statements.items() if unbound(text) and name not in WITHOUT_PRODUCT} == {}


@pytest.mark.parametrize("text", [
    "UPDATE {leaf} SET helpfulness = helpfulness + 1 WHERE review_id = $1::int8",
    "SELECT review_id FROM {leaf} ORDER BY created_at DESC LIMIT 10",
    "WITH m AS (SELECT 1 FROM product_meta WHERE product_id = $1) UPDATE {leaf} SET reported = true WHERE review_id = $2",
    "INSERT INTO {leaf} (review_id, rating) VALUES ($1, $2)",
])
def test_statement_without_the_product_is_noticed(text):
    assert unbound(text)


def test_hit_rate_is_that_of_a_simulated_cache():
    products, rate, ttl = 200, 50, 4
    source, kept, hits, now = random.Random(1), {}, 0, 0.0
    popularity = list(itertools.accumulate(1 / rank for rank in range(1, products + 1)))
    asked = 100_000
    for product in source.choices(range(products), cum_weights=popularity, k=asked):
        now += source.expovariate(rate)
        if kept.get(product, -ttl) > now - ttl:
            hits += 1
        else:
            kept[product] = now
    assert hit_rate(products, rate, ttl) == pytest.approx(hits / asked, abs=0.01)
