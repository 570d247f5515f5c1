"""Segments in life: listed, added ahead of need, split while servers read and write, without a failed request."""

import itertools
import random
import signal
import subprocess
import threading
import time

import pytest
from api import add_path, list_path, meta_path, report_path, review_body, review_path, vote_path
from http_client import build_json_request, build_request
from prometheus import Metrics
from server import environment
from waiting import scaled, wait_until
from whole import assert_whole, segments
from workers import Workers

# The products of the seeded database.
PRODUCTS = 1000


class Load(Workers):
    """Clients that read and write all products for as long as the block lasts, and keep count of what must be there."""

    def __init__(self, server, clients=4):
        super().__init__(clients)
        self.server = server
        self.failures = []
        self.requests = 0
        self.added = {}  # review id → product
        self.voted = {}  # review id → votes
        self.reported = set()
        self.lock = threading.Lock()

    def _ask(self, client, request, wanted):
        client.send(request)
        reply = client.read_reply()
        self.requests += 1
        if reply.status not in wanted:
            self.failures.append((request[:60], reply.status, reply.body[:300]))
        return reply

    def work(self, number):
        random_numbers = random.Random(number)
        try:
            with self.server.connect() as client:
                while not self.stopping.is_set():
                    self._turn(client, random_numbers)
        except Exception as error:  # told by the test's own thread
            self.failures.append(error)

    def _turn(self, client, random_numbers):
        product = random_numbers.randint(1, PRODUCTS)
        created = self._ask(client, build_json_request("POST", add_path(product), review_body()), {201}).json()
        review_id = created["review_id"]
        with self.lock:
            self.added[review_id] = product
        newest = self._ask(client, build_request("GET", list_path(product, "sort=newest&count=5")), {200}).json()
        if review_id not in [review["review_id"] for review in newest["results"]]:
            self.failures.append(f"{review_id} was acknowledged, and is not in the list")
        self._ask(client, build_request("GET", meta_path(product)), {200})
        self._ask(client, build_request("PUT", vote_path(review_id)), {204})
        with self.lock:
            self.voted[review_id] = 1
        found = self._ask(client, build_request("GET", review_path(review_id)), {200}).json()
        if found.get("helpfulness") != 1:
            self.failures.append(f"the vote for {review_id} is lost")
        if random_numbers.random() < 0.2:
            self._ask(client, build_request("PUT", report_path(review_id)), {204})
            with self.lock:
                self.reported.add(review_id)

    def assert_nothing_failed(self, database):
        assert self.failures == []
        rows = dict(
            (review_id, (product, votes, reported))
            for review_id, product, votes, reported in database.rows(
                "SELECT review_id, product_id, helpfulness, reported FROM review WHERE review_id = ANY (%s)",
                (list(self.added),),
            )
        )
        assert rows == {
            review_id: (product, self.voted[review_id], review_id in self.reported)
            for review_id, product in self.added.items()
        }

    def wait_for(self, more):
        """Until so many requests more were answered."""
        wanted = self.requests + more
        wait_until(lambda: self.requests >= wanted or self.failures, f"{more} more requests")


def test_the_list_shows_each_segment_and_what_is_wrong_with_it(seed, own_seeded_database):
    database = own_seeded_database
    bounds = segments(database)
    done = seed("segments", "--dsn", database.dsn())
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == [leaf for leaf, _, _ in bounds]
    assert [[int(word) for word in line.split()[1:3]] for line in lines[1:-1]] == [
        [first, end - 1] for _, first, end in bounds
    ]
    assert "ahead of need" in lines[-2] and "0 over-full" in lines[-1]
    done = seed("segments", "list", "--dsn", database.dsn(), "--segment-records", 1000)
    assert done.stdout.count("over-full: split it") == len(bounds) - 1


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["split"], "segments takes"),
        (["split", "review_9999"], 'no segment "review_9999"'),
        (["split", "review'; DROP TABLE review; --"], "there is no segment"),
        (["split", "review_0002", "--at", "1"], "--at must be within review_0002"),
        (["join"], "segments takes"),
    ],
)
def test_what_makes_no_sense_is_refused(seed, own_seeded_database, arguments, complaint):
    before = segments(own_seeded_database)
    done = seed("segments", *arguments, "--dsn", own_seeded_database.dsn())
    assert done.returncode == 1
    assert complaint in done.stderr
    assert segments(own_seeded_database) == before


def test_split_at_a_product_and_in_the_middle(seed, own_seeded_database):
    database = own_seeded_database
    leaf, first, end = segments(database)[1]
    at = (first + end) // 2
    rows = database.rows("SELECT * FROM review ORDER BY review_id")
    done = seed("segments", "split", leaf, "--at", at, "--dsn", database.dsn())
    assert done.returncode == 0, done.stderr
    parts = segments(database)[1:3]
    assert [(start, stop) for _, start, stop in parts] == [(first, at), (at, end)]
    assert leaf not in [part for part, _, _ in segments(database)]
    # As many parts as it takes.
    done = seed("segments", "split", segments(database)[0][0], "--segment-records", 1000, "--dsn", database.dsn())
    assert done.returncode == 0, done.stderr
    assert len(segments(database)) == 4 + 2 + 4
    assert database.rows("SELECT * FROM review ORDER BY review_id") == rows
    assert_whole(database)


@pytest.mark.parametrize("placement", ["own", "shared"])
def test_splits_under_load_fail_no_request(start_server, seed, own_seeded_database, placement):
    database = own_seeded_database
    servers = [
        start_server(database, {"actors.placement": placement, "db.segments_interval_s": interval})
        for interval in (0, 1)
    ]
    with Load(servers[0]) as first, Load(servers[1]) as second:
        for leaf, _, _ in segments(database)[:-1]:
            first.wait_for(scaled(200))
            done = seed("segments", "split", leaf, "--dsn", database.dsn())
            assert done.returncode == 0, done.stderr
        first.wait_for(scaled(200))
        second.wait_for(scaled(200))
    first.assert_nothing_failed(database)
    second.assert_nothing_failed(database)
    assert len(segments(database)) == 2 * 4 + 1
    assert_whole(database)


def test_a_killed_split_changes_nothing_and_is_cleared_away(seed, binaries, own_seeded_database, start_server):
    database = own_seeded_database
    before = segments(database)
    server = start_server(database)
    with Load(server, clients=2) as load:
        for delay_s in (0.01, 0.03, 0.06, 0.1):
            command = [binaries.reviewd_seed, "segments", "split", before[0][0], "--dsn", database.dsn()]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay_s)
            process.kill()
            process.wait()
            if segments(database) != before:
                break  # it was quicker than the kill
        load.wait_for(scaled(100))
        done = seed("segments", "split", segments(database)[1][0], "--dsn", database.dsn())
        assert done.returncode == 0, done.stderr
    load.assert_nothing_failed(database)
    assert_whole(database)


def test_an_interrupted_split_clears_up_after_itself(binaries, own_seeded_database):
    database = own_seeded_database
    before = segments(database)
    # Held by a reader, the segment cannot be changed over; the split waits.
    with database.connect() as reader:
        reader.autocommit = False
        reader.cursor().execute(f"SELECT FROM {before[0][0]} LIMIT 1")
        command = [binaries.reviewd_seed, "segments", "split", before[0][0], "--dsn", database.dsn()]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        attached = "SELECT count(*) FROM pg_stat_user_tables WHERE schemaname = 'review_split' AND last_analyze IS NOT NULL"
        wait_until(lambda: database.value(attached) == 2, "both parts to be copied")
        assert segments(database) == before
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        reader.rollback()
        assert process.wait() == 1
        assert "interrupted" in process.stderr.read()
    assert segments(database) == before
    assert_whole(database)


def add_reviews(database, first, last):
    """A review for each of these products, as if through a server."""
    database.execute(
        "INSERT INTO review (review_id, created_at, relevance, product_id, rating, recommend, body, reviewer_name, email) "
        "SELECT (product_id::bigint << 20) + 1, now(), now(), product_id, 5, true, 'Good.', 'x', 'x@mail.example' "
        "FROM generate_series(%s, %s) AS product_id",
        (first, last),
    )
    database.execute(
        "INSERT INTO product_meta SELECT * FROM product_meta_recount(%s, %s)", (first, last)
    )


def test_a_server_keeps_a_segment_ahead_of_need(start_server, empty_database):
    database = empty_database
    server = start_server(database, {"db.segments_interval_s": 1})
    other = start_server(database, {"db.segments_interval_s": 0})
    assert len(segments(database)) == 1
    with Load(other, clients=2) as load:
        for round_number in itertools.count(1):
            if round_number > 3:
                break
            _, first, _ = segments(database)[-1]
            add_reviews(database, first + 2000, first + 2999)
            wait_until(lambda: len(segments(database)) == round_number + 1 or load.failures, "a segment more")
            load.wait_for(20)
    load.assert_nothing_failed(database)
    assert_whole(database)
    with server.connect() as client, server.connect_admin() as admin:
        for _, first, _ in segments(database):
            client.send(build_json_request("POST", add_path(first + 7), review_body()))
            assert client.read_reply().status == 201
            client.send(build_request("GET", list_path(first + 7)))
            assert len(client.read_reply().json()["results"]) >= 1
        wait_until(
            lambda: Metrics(admin.request("GET", "/metrics").body.decode()).value("reviewd_segments") == 4,
            "the metric to tell",
        )
    assert_whole(database)


def test_an_overfull_segment_is_reported(start_server, own_seeded_database):
    database = own_seeded_database
    leaf = segments(database)[0][0]
    database.execute("UPDATE pg_class SET reltuples = 1300000 WHERE relname = %s", (leaf,))
    server = start_server(database, {"db.segments_interval_s": 1})
    with server.connect_admin() as admin:
        wait_until(
            lambda: Metrics(admin.request("GET", "/metrics").body.decode()).value("reviewd_segments_overfull") == 1,
            "the metric to tell",
        )
    assert "segment over-full" in server.log_text() and f"segment={leaf}" in server.log_text()


def test_add_gives_the_last_segment_an_end(seed, empty_database):
    database = empty_database
    done = seed("segments", "add", "--dsn", database.dsn())
    assert done.returncode == 0 and "nothing to do" in done.stdout
    for products, reviews in ((1, 5), (50000, 12000)):  # few: in place; many: by copying
        _, first, _ = segments(database)[-1]
        add_reviews(database, max(first, products), max(first, products) + reviews)
        before = len(segments(database))
        done = seed("segments", "add", "--dsn", database.dsn())
        assert done.returncode == 0, done.stderr
        assert len(segments(database)) == before + 1
        assert database.value(f"SELECT count(*) FROM {segments(database)[-1][0]}") == 0
        assert_whole(database)
    assert "nothing to do" in seed("segments", "add", "--dsn", database.dsn()).stdout
