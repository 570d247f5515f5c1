"""The Locust swarm against a real server: it finds nothing wrong there, and it does find what is wrong elsewhere.

Locust is Debian's, or the program that LOCUST names. Nothing here depends on how fast the machine is.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server import free_port

TOP = Path(__file__).resolve().parents[2]
LOCUST = os.environ.get("LOCUST", "/usr/bin/locust")
PATIENT = ["--min-rate", "0", "--max-p99", "60000"]
ROUTES = {
    "/reviews/[product]/list?sort=relevant",
    "/reviews/[product]/list?sort=newest",
    "/reviews/[product]/list?sort=helpfulness",
    "/reviews/[product]/meta",
    "/reviews/[product]/[review] 200",
    "/reviews/[product]/[review] 404",
    "/reviews/[product]",
    "/reviews/helpful/[review]",
    "/reviews/report/[review]",
}

sys.path.insert(0, str(TOP / "loadtest"))
from swarm import answers  # noqa: E402 (after the line above)
from swarm.catalogue import Catalogue, count_products  # noqa: E402
from swarm.verdict import Sample, percentile, rate_at_full_size  # noqa: E402


def start_locust(*arguments, shape=None):
    files = str(TOP / "loadtest/locustfile.py") + (f",{TOP}/loadtest/shapes/{shape}.py" if shape else "")
    return subprocess.Popen([LOCUST, "-f", files, "--headless", *map(str, arguments)],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


def finish(process):
    try:
        output, _ = process.communicate(timeout=90)
    finally:
        process.kill()
    return process.returncode, output


@pytest.fixture
def shop(start_server, own_seeded_database):
    server = start_server(own_seeded_database)
    return f"http://127.0.0.1:{server.port}"


def test_swarm_uses_every_route_and_finds_nothing_wrong(shop, tmp_path):
    report = tmp_path / "report.html"
    code, output = finish(start_locust("-H", shop, "-u", 20, "-r", 20, "-t", "6s", "--pace", "0.05", "--report", report, *PATIENT))
    assert code == 0, output
    text = report.read_text()
    assert "Nothing failed." in text and "missed" not in text.split("</style>")[1]
    assert text.count("<svg") == 3
    assert {route for route in ROUTES if f"{route}</td>" in text} == ROUTES
    assert "visiting products 1 to 1000" in output


def test_workers_report_to_a_master(shop):
    port = free_port()
    master = start_locust("-H", shop, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port,
                          "--expect-workers", 2, "-u", 10, "-r", 10, "-t", "7s", "--pace", "0.2", "--products", 1000, *PATIENT)
    workers = [start_locust("--worker", "--master-host", "127.0.0.1", "--master-port", port) for _ in range(2)]
    code, output = finish(master)
    for worker in workers:
        finish(worker)
    assert code == 0, output
    assert "kept   errors: 0.00 %" in output
    assert "(10 total users)" in output


def test_shape_ends_by_itself(shop):
    code, output = finish(start_locust("-H", shop, "-u", 10, "--minutes", "0.1", "--pace", "0.2", "--read-only", *PATIENT, shape="step"))
    assert code == 0, output


@pytest.mark.parametrize("option, bound", [("--min-rate", "1e9"), ("--max-p99", "0")])
def test_missed_threshold_sets_the_exit_code(shop, option, bound):
    code, output = finish(start_locust("-H", shop, "-u", 2, "-r", 2, "-t", "2s", "--pace", "0.1", *PATIENT, option, bound))
    assert code == 1, output
    assert output.count("MISSED") == 1


def test_wrong_answers_are_errors(start_server, own_seeded_database):
    # The operators' port knows no reviews.
    server = start_server(own_seeded_database)
    code, output = finish(start_locust("-H", f"http://127.0.0.1:{server.admin_port}", "-u", 2, "-r", 2, "-t", "2s",
                                       "--pace", "0.1", *PATIENT))
    assert code == 1, output
    assert "MISSED errors: 100.00 %" in output
    assert "--products N says what to visit" in output


def test_server_that_is_not_there_is_a_failure():
    code, output = finish(start_locust("-H", f"http://127.0.0.1:{free_port()}", "-u", 1, "-r", 1, "-t", "2s", *PATIENT))
    assert code == 1, output


SHAPES = """
import json, sys, types
sys.path.insert(0, sys.argv[1])
import step, spike, soak
ticks = {}
for shape in (step.Step(), spike.Spike(), soak.Soak()):
    options = types.SimpleNamespace(num_users=100, minutes=1)
    shape.runner = types.SimpleNamespace(environment=types.SimpleNamespace(parsed_options=options))
    ticks[type(shape).__name__] = []
    for second in range(0, 61, 5):
        shape.get_run_time = lambda: second + 0.5
        tick = shape.tick()
        ticks[type(shape).__name__].append(tick and tick[0])
print(json.dumps(ticks))
"""


def test_shapes_take_users_and_time():
    python = Path(LOCUST).resolve().parent / "python3"
    done = subprocess.run([python if python.exists() else "/usr/bin/python3", "-B", "-c", SHAPES, TOP / "loadtest/shapes"],
                          capture_output=True, text=True, check=True)
    ticks = json.loads(done.stdout)
    assert ticks["Step"] == [10, 10, 20, 30, 40, 50, 60, 60, 70, 80, 90, 100, None]
    assert ticks["Spike"] == [10, 10, 100, 100, 10, 10, 10, 10, 100, 100, 10, 10, None]
    assert ticks["Soak"] == [100] * 12 + [None]


# The checks of answers, on a server's answers as they are and with one thing changed.


@pytest.fixture
def some(client):
    """The page of three and the totals of a product with so many reviews."""

    def get(path):
        return json.loads(client.request("GET", path).body)

    pages = (get(f"/reviews/{product}/list?count=3&page=0&sort=newest") for product in range(1, 100))
    page = next(page for page in pages if len(page["results"]) == 3)
    return {"list": page, "meta": get(f"/reviews/{page['product']}/meta"), "product": page["product"]}


def check_list(some):
    answers.review_list(some["list"], some["product"], 3, 0, "newest")


def check_meta(some):
    answers.meta(some["meta"], some["product"])


def test_right_answers_pass(some):
    check_list(some)
    check_meta(some)
    review = some["list"]["results"][0]
    answers.same({**review, "helpfulness": review["helpfulness"] + 1}, review)


def first(answer):
    return answer["results"][0]


@pytest.mark.parametrize("spoil", [
    lambda answer: answer.update(product=2000),
    lambda answer: answer.update(page=1),
    lambda answer: answer.update(count=4),
    lambda answer: answer.pop("results"),
    lambda answer: answer["results"].append(dict(first(answer), review_id=first(answer)["review_id"] + 1)),
    lambda answer: answer["results"].__setitem__(1, first(answer)),
    lambda answer: answer["results"].reverse(),
    lambda answer: first(answer).update(review_id=first(answer)["review_id"] + 2**20),
    lambda answer: first(answer).update(email="ada@example.com"),
    lambda answer: first(answer).pop("photos"),
    lambda answer: first(answer).update(rating=6),
    lambda answer: first(answer).update(recommend=True),
    lambda answer: first(answer).update(helpfulness=-1),
    lambda answer: first(answer).update(body=None),
    lambda answer: first(answer).update(response=5),
    lambda answer: first(answer).update(photos=["https://example.com/1.jpg"]),
    lambda answer: first(answer).update(date="2024-12-26 10:12:05"),
])
def test_wrong_list_is_noticed(some, spoil):
    spoil(some["list"])
    with pytest.raises(answers.Wrong):
        check_list(some)


@pytest.mark.parametrize("spoil", [
    lambda answer: answer.update(product_id=int(answer["product_id"])),
    lambda answer: answer["ratings"].update({"1": answer["ratings"].get("1", 0) + 1}),
    lambda answer: answer["ratings"].update({"6": 0}),
    lambda answer: answer["recommended"].update({"0": -1}),
    lambda answer: answer.pop("characteristics"),
    lambda answer: answer["characteristics"].update({"Fit": {"id": 1, "value": "3.0000"}}),
    lambda answer: answer["characteristics"].update({"Fit": {"id": 0, "value": "0.5000"}}),
    lambda answer: answer["characteristics"].update({"Fit": {"id": 0, "value": 3.0}}),
])
def test_wrong_totals_are_noticed(some, spoil):
    spoil(some["meta"])
    with pytest.raises(answers.Wrong):
        check_meta(some)


def test_lost_vote_and_changed_text_are_noticed(some):
    review = dict(first(some["list"]), helpfulness=5)
    for changed in ({"helpfulness": 4}, {"body": "else"}):
        with pytest.raises(answers.Wrong):
            answers.same({**review, **changed}, review)


def test_body_that_is_not_json_is_noticed():
    for body in (b"", b"<html>", None):
        with pytest.raises(answers.Wrong):
            answers.parse(body)


# What is counted.


@pytest.mark.parametrize("size", [0, 1, 5, 1000, 33333, 1_000_000, 2**31 - 1])
def test_products_are_counted(size):
    asked = []

    def has_reviews(product):
        asked.append(product)
        return product <= size and product % 7 != 3  # a few have none

    found = count_products(has_reviews)
    assert found <= size and found >= size * 0.99 - 2
    assert len(asked) < 1000


def test_few_products_are_asked_for_most():
    catalogue = Catalogue(10_000)
    chosen = [catalogue.choose() for _ in range(50_000)]
    assert min(chosen) >= 1 and max(chosen) <= 10_000
    counts = sorted((chosen.count(product) for product in set(chosen)), reverse=True)[:100]
    assert 0.4 < sum(counts) / len(chosen) < 0.6  # the first hundred of ten thousand: log 101 / log 10001 = 0.50


def test_percentiles_and_rates():
    times = {1: 98, 50: 1, 700: 1}
    assert [percentile(times, share) for share in (0.5, 0.98, 0.99, 1)] == [1, 1, 50, 700]
    assert percentile({}, 0.5) is None
    samples = [Sample(1, 1, 10, 100, 0, {}), Sample(2, 1, 95, 900, 0, {}), Sample(4, 2, 100, 2100, 0, {})]
    assert rate_at_full_size(samples) == 1000
    assert rate_at_full_size([]) == 0
