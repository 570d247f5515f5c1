"""reviewd-seed generate: the distributions of what it makes, against what the comments beside them in seed/ say.

The run is the same every time, so a figure outside its band means that a distribution has changed, not that the dice fell
badly. The bands are far wider than what another seed would do, and far narrower than what a broken distribution does.
"""

import csv
import hashlib
import math
import re
import resource
import subprocess
import zlib
from collections import Counter
from statistics import NormalDist

import pytest

RECORDS = 200000
PRODUCTS = 8000
# Of seed/plan.c.
SIGMA = 1.6


@pytest.fixture(scope="module")
def reviews(binaries, tmp_path_factory):
    """The rows of one run."""
    folder = tmp_path_factory.mktemp("reviews")
    subprocess.run(
        [str(binaries.reviewd_seed), "generate", "--out", str(folder), "--records", str(RECORDS), "--products", str(PRODUCTS),
         "--until", "2025-01-01"],
        check=True, capture_output=True, timeout=300)
    rows = []
    for path in sorted(folder.iterdir()):
        with open(path, newline="", encoding="utf-8") as file:
            rows.extend(csv.DictReader(file, strict=True))
        path.unlink()
    assert len(rows) == RECORDS
    return rows


def share(rows, condition):
    """Of how many rows the condition holds, from 0 to 1."""
    return sum(map(condition, rows)) / len(rows)


def quantile(values, fraction):
    """The value that so many of the values do not exceed."""
    return sorted(values)[min(int(len(values) * fraction), len(values) - 1)]


def test_reviews_a_product_are_log_normal(reviews):
    counted = Counter(int(row["product_id"]) for row in reviews)
    counts = sorted((counted[product] for product in range(1, PRODUCTS + 1)), reverse=True)
    normal = NormalDist()
    for part, tolerance in ((0.01, 0.04), (0.1, 0.04), (0.5, 0.02)):
        # What the greatest part of the products has of a log-normal distribution (its Lorenz curve).
        expected = normal.cdf(SIGMA - normal.inv_cdf(1 - part))
        assert sum(counts[: int(PRODUCTS * part)]) / RECORDS == pytest.approx(expected, abs=tolerance), part
    median = RECORDS / PRODUCTS * math.exp(-(SIGMA**2) / 2)
    assert counts[PRODUCTS // 2] == pytest.approx(median, abs=1)
    assert 1000 < counts[0] < 10000


def test_dates_fill_five_years_and_get_denser(reviews):
    assert all("2020-01-01T" <= row["created_at"] < "2025-01-01T" for row in reviews)
    years = [share(reviews, lambda row, year=year: row["created_at"].startswith(str(year))) for year in range(2020, 2025)]
    assert 0.02 < years[0] < 0.06
    assert 0.4 < years[4] < 0.55
    for earlier, later in zip(years, years[1:]):
        assert 1.3 < later / earlier < 3


def test_times_of_day_are_those_of_people(reviews):
    def between(first, last):
        return share(reviews, lambda row: first <= row["created_at"][11:16] < last)

    assert between("00:00", "07:00") == pytest.approx(0.08, abs=0.01)
    assert between("07:00", "18:00") == pytest.approx(0.52, abs=0.01)
    assert between("18:00", "22:30") == pytest.approx(0.32, abs=0.01)


def test_ratings_have_the_shape_of_a_j(reviews):
    shares = [share(reviews, lambda row, rating=rating: row["rating"] == str(rating)) for rating in range(1, 6)]
    assert 0.55 < shares[4] < 0.66
    assert 0.08 < shares[0] < 0.14
    assert shares[4] > 3 * shares[3] and shares[3] > 2 * shares[2] and shares[2] > shares[1] and shares[0] > 2 * shares[1]


def test_most_reviews_have_few_votes_and_few_have_many(reviews):
    votes = [int(row["helpfulness"]) for row in reviews]
    # A Pareto tail with exponent 1: at least 2^k - 1 votes in 2^-k of all cases.
    for octave in range(1, 8):
        assert share(votes, lambda count, least=2**octave - 1: count >= least) == pytest.approx(0.5**octave, rel=0.1)
    assert quantile(votes, 0.49) == 0
    assert 2000 < max(votes) < 2**14
    assert 0.0005 < share(votes, lambda count: count >= 1000) < 0.002


def test_languages_have_their_shares(reviews):
    def found(pattern):
        return share(reviews, lambda row: re.search(pattern, row["summary"] + " " + row["body"]) is not None)

    # Of seed/language.def.
    assert found("[\u3040-\u30ff\u4e00-\u9fff]") == pytest.approx(0.04, abs=0.004)
    assert found("[\u0600-\u06ff]") == pytest.approx(0.025, abs=0.003)
    # Long texts hold words that only one of the languages has.
    texts = [f" {row['body'].lower()} " for row in reviews if len(row["body"]) > 300]
    latin = [text for text in texts if re.search("[\u0600-\u06ff\u3040-\u30ff]", text) is None]
    signs = {"english": " (the|with|it) ", "german": " (und|ist|nicht) ", "spanish": " (el|y|los) ", "french": " (et|pour|est) "}
    shares = {name: share(latin, lambda text, sign=sign: len(re.findall(sign, text)) > 1) for name, sign in signs.items()}
    assert 0.5 < shares["english"] < 0.75
    for name in ("german", "spanish", "french"):
        assert 0.05 < shares[name] < 0.2, (name, shares)


def test_texts_are_as_long_as_people_write(reviews):
    lengths = [len(row["body"]) for row in reviews]
    assert min(lengths) >= 1 and 1400 < max(lengths) <= 2000
    assert 20 < quantile(lengths, 0.05) < 60
    assert 150 < quantile(lengths, 0.5) < 230
    assert 800 < quantile(lengths, 0.95) < 1200
    assert max(len(row["summary"]) for row in reviews) <= 150
    assert max(len(row["response"]) for row in reviews) <= 1000
    assert max(len(row["reviewer_name"]) for row in reviews) <= 100
    assert 250 < sum(lengths) / RECORDS < 330


def test_texts_compress_like_real_ones(reviews):
    def ratio(texts):
        whole = "\n".join(texts).encode()
        return len(whole) / len(zlib.compress(whole, 6))

    # English reviews of the well-known collections compress to a factor of about 2.5 to 2.9.
    bodies = [row["body"] for row in reviews[: RECORDS // 2]]
    assert 2.4 < ratio(bodies) < 3.1
    assert 2.4 < ratio([body for body in bodies if re.search(r"\b(the|it|is)\b", body)]) < 3.4


def test_new_words_keep_coming(reviews):
    seen = set()
    sizes = []
    for number, row in enumerate(reviews, 1):
        seen.update(re.findall(r"\w+", row["body"].lower()))
        if number in (RECORDS // 16, RECORDS // 4, RECORDS):
            sizes.append(len(seen))
    assert sizes[0] > 5000
    # Heaps' law: the words grow as a power of the text, with an exponent of about 0.4 to 0.7 in real collections.
    for smaller, larger in zip(sizes, sizes[1:]):
        assert 0.35 < math.log(larger / smaller, 4) < 0.75


def test_hardly_a_text_is_there_twice(reviews):
    bodies = Counter(row["body"] for row in reviews if len(row["body"]) > 100)
    assert len(bodies) > 0.999 * sum(bodies.values())


def test_some_write_carelessly(reviews):
    english = [row["body"] for row in reviews if len(row["body"]) > 100 and " the " in row["body"]]
    assert 0.02 < share(english, lambda body: body[0].islower()) < 0.12
    assert 0.05 < share(english, lambda body: body[-1].isalnum()) < 0.3


# What is made by several threads


@pytest.mark.parametrize("products", [1, 3])
def test_products_larger_than_a_part_are_the_same_on_any_number_of_threads(seed, tmp_path, products):
    digests = set()
    for threads in (1, 2, 5):
        folder = tmp_path / str(threads)
        done = seed("generate", "--out", folder, "--records", 30000, "--products", products, "--threads", threads,
                    "--until", "2025-01-01")
        assert done.returncode == 0, done.stderr
        digests.add(hashlib.sha256((folder / "review_0001.csv").read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("limit", [1 << 20, (1 << 20) + 4096, 1500001])
def test_a_file_that_gets_too_large_ends_all_threads(seed, tmp_path, limit):
    done = seed(
        "generate", "--out", tmp_path, "--records", 400000, "--threads", 3, "--segment-records", 100000,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.returncode == 1
    assert f"cannot write {tmp_path}/review_0001.csv.partial after {limit} bytes: File too large" in done.stderr
    assert not list(tmp_path.iterdir())
