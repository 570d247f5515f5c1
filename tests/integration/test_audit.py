"""reviewd-seed audit: finds whatever differs between reviews and what is stored of them twice, mends it, and cries no wolf."""

import re
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import closing
from random import Random

import psycopg2
import pytest

from api import CHARACTERISTICS, Api
from waiting import scaled, wait_until
from whole import assert_whole
from workers import Workers

RATED = [name.lower() for name in CHARACTERISTICS]
COLUMNS = (
    ["next_n"]
    + [f"rating_{rating}" for rating in range(1, 6)]
    + ["recommend_0", "recommend_1"]
    + [f"{name}_{what}" for name in RATED for what in ("sum", "count")]
)
DIFFERENCE = re.compile(
    r"product \d+  (\w+  stored \d+  counted \d+|review \d+  relevance is \S+ \S+, should be \S+ \S+)(  mended|  left)?"
)
SUMMARY = re.compile(r"\d+ products with \d+ visible reviews compared in \d+\.\d s: (\d+ mended, )?(\d+) differences?( left)?")


def told(done):
    """The differences that an audit has printed; checks that there is nothing but them and a summary that fits."""
    *lines, summary = done.stdout.splitlines()
    assert SUMMARY.fullmatch(summary), done.stdout
    assert all(DIFFERENCE.fullmatch(line) for line in lines), lines
    return lines


def left(done):
    """How many differences are left, as the summary says; the exit code says the same."""
    assert done.returncode in (0, 3), done.stderr
    count = int(SUMMARY.fullmatch(done.stdout.splitlines()[-1])[2])
    assert done.returncode == (3 if count else 0)
    return count


def assert_clean(done):
    assert told(done) == [] and left(done) == 0


def contribution(rating, recommend, characteristics):
    """What a visible review adds to its product's totals."""
    totals = Counter({f"rating_{rating}": 1, f"recommend_{int(recommend)}": 1})
    for place, name in enumerate(RATED):
        value = characteristics >> 3 * place & 7
        totals[f"{name}_sum"] += value
        totals[f"{name}_count"] += value > 0
    return totals


class Planter:
    """Makes errors of all kinds, and knows the lines that must tell of them."""

    def __init__(self, database):
        self.database = database
        self.random = Random(7)
        self.expected = []
        products = [row[0] for row in database.rows("SELECT product_id FROM product_meta WHERE next_n > 1")]
        self.products = self.random.sample(products, len(products))
        self.count = 0

    def product(self):
        self.count += 1
        return self.products.pop()

    def meta(self, product):
        names = ", ".join(COLUMNS)
        return dict(zip(COLUMNS, self.database.rows(f"SELECT {names} FROM product_meta WHERE product_id = {product}")[0]))

    def expect(self, product, column, stored, counted):
        self.expected.append(f"product {product}  {column}  stored {stored}  counted {counted}")

    def change_total(self, column):
        product = self.product()
        counted = self.meta(product)[column]
        stored = counted - 1 if column == "next_n" else counted + self.random.randrange(1, 5)
        self.database.execute(f"UPDATE product_meta SET {column} = {stored} WHERE product_id = {product}")
        self.expect(product, column, stored, counted)

    def drop_row(self):
        product = self.product()
        self.database.execute(f"DELETE FROM product_meta WHERE product_id = {product}")
        self.expect(product, "rows", 0, 1)

    def add_row(self):
        self.count += 1
        product = 500000 + self.count
        self.database.execute(f"INSERT INTO product_meta (product_id, next_n, rating_2) VALUES ({product}, 9, 4)")
        self.expect(product, "rating_2", 4, 0)

    def change_review(self, sql, was_visible, is_visible, change=lambda row: row):
        """Changes a review by SQL; `change` tells what its (rating, recommend, characteristics) are then."""
        product = None
        rows = []
        while not rows:
            product = self.products.pop()
            rows = self.database.rows(
                f"SELECT review_id, rating, recommend, characteristics FROM review WHERE product_id = {product} "
                f"AND reported = {not was_visible} ORDER BY review_id LIMIT 1"
            )
        self.count += 1
        review_id, *row = rows[0]
        stored = Counter(self.meta(product))
        self.database.execute(f"{sql} WHERE product_id = {product} AND review_id = {review_id}")
        counted = Counter(stored)
        if was_visible:
            counted.subtract(contribution(*row))
        if is_visible:
            counted.update(contribution(*change(row)))
        for column in COLUMNS:
            if stored[column] != counted[column]:
                self.expect(product, column, stored[column], counted[column])

    def change_relevance(self):
        product = self.product()
        review_id, right = self.database.rows(
            f"SELECT review_id, relevance::text FROM review WHERE product_id = {product} ORDER BY random() LIMIT 1"
        )[0]
        where = f"WHERE product_id = {product} AND review_id = {review_id}"
        self.database.execute(f"UPDATE review SET relevance = relevance + interval '1 us' {where}")
        wrong = self.database.value(f"SELECT relevance::text FROM review {where}")
        self.expected.append(f"product {product}  review {review_id}  relevance is {wrong}, should be {right}")

    def plant_all(self):
        for column in COLUMNS:
            for _ in range(3):
                self.change_total(column)
        for _ in range(5):
            self.drop_row()
            self.add_row()
            self.change_review("DELETE FROM review", True, False)
            self.change_review("UPDATE review SET reported = true", True, False)
            self.change_review("UPDATE review SET reported = false", False, True)
            self.change_review(
                "UPDATE review SET rating = 6 - rating", True, True, lambda row: [6 - row[0], *row[1:]]
            )
            self.change_review(
                "UPDATE review SET characteristics = 5 << 9, recommend = NOT recommend",
                True, True, lambda row: [row[0], not row[1], 5 << 9],
            )  # fmt: skip
            self.change_relevance()


@pytest.fixture
def audit(seed):
    """Runs an audit of a database."""

    def run(database, *arguments):
        return seed("audit", "--dsn", database.dsn(), *arguments)

    return run


def test_a_database_in_order(audit, own_seeded_database, empty_database):
    for threads in (1, 2, 7):
        assert_clean(audit(own_seeded_database, "--threads", threads))
    assert_clean(audit(own_seeded_database, "--repair"))
    assert_clean(audit(empty_database))


def test_finds_a_hundred_errors_and_mends_them(audit, own_seeded_database):
    database = own_seeded_database
    database.execute("ALTER DATABASE " + database.name + " SET timezone TO 'UTC'")
    planter = Planter(database)
    planter.plant_all()
    assert planter.count == 100
    found = audit(database)
    assert sorted(told(found)) == sorted(planter.expected)
    assert left(found) == len(planter.expected)

    next_n = dict(database.rows("SELECT product_id, next_n FROM product_meta"))
    mended = audit(database, "--repair")
    assert sorted(told(mended)) == sorted(f"{line}  mended" for line in planter.expected)
    assert left(mended) == 0
    assert_clean(audit(database))

    # What was mended is what a recount says, and no number is given twice.
    after = dict(database.rows("SELECT product_id, next_n FROM product_meta"))
    assert all(after[product] >= next_n[product] for product in next_n)
    database.execute("DELETE FROM product_meta WHERE product_id > 500000 AND rating_2 = 0 AND next_n = 9")
    assert database.rows(
        "SELECT product_id, rating_1, rating_5, recommend_1, size_sum FROM product_meta EXCEPT "
        "SELECT product_id, rating_1, rating_5, recommend_1, size_sum FROM product_meta_recount(1, 2147483647)"
    ) == []


def test_each_column_of_the_totals_is_one_that_the_tests_know(own_seeded_database):
    columns = own_seeded_database.rows(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = 'product_meta'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    assert {name for (name,) in columns} == {"product_id", *COLUMNS}


def test_next_n_may_run_ahead(audit, own_seeded_database):
    own_seeded_database.execute("UPDATE product_meta SET next_n = next_n + 5")
    assert_clean(audit(own_seeded_database))


def test_a_product_whose_reviews_are_gone(audit, own_seeded_database):
    database = own_seeded_database
    product, next_n = database.rows("SELECT product_id, next_n FROM product_meta WHERE next_n > 2 LIMIT 1")[0]
    database.execute("DELETE FROM review WHERE product_id = %s", (product,))
    assert left(audit(database)) > 0
    assert left(audit(database, "--repair")) == 0
    assert database.rows(
        "SELECT next_n, rating_1 + rating_2 + rating_3 + rating_4 + rating_5, size_count FROM product_meta WHERE product_id = %s",
        (product,),
    ) == [(next_n, 0, 0)]


def test_many_differences_are_printed_in_part_and_counted_in_full(audit, own_seeded_database):
    database = own_seeded_database
    count = database.value("WITH u AS (UPDATE review SET relevance = 'epoch' RETURNING 1) SELECT count(*) FROM u")
    for arguments, unmended in ((), count), (("--repair",), 0), ((), 0):
        done = audit(database, *arguments)
        lines = done.stdout.splitlines()
        assert left(done) == unmended
        if unmended or arguments:
            assert len(lines) == 1002 and lines[1000] == f"and {count - 1000} more"
            assert all(DIFFERENCE.fullmatch(line) for line in lines[:1000])


class Writers(Workers):
    """Clients that add, vote and report without pause, all on the same few products, for as long as the block lasts."""

    def __init__(self, server, products, clients=4):
        super().__init__(clients)
        self.server = server
        self.products = products
        self.failures = []
        self.writes = 0

    def work(self, number):
        try:
            with self.server.connect() as connection:
                self._write(Api(connection), Random(number))
        except BaseException as error:  # told by the test's own thread
            self.failures.append(error)

    def _write(self, api, random):
        known = []
        while not self.stopping.is_set():
            rated = random.sample(CHARACTERISTICS, random.randrange(len(CHARACTERISTICS) + 1))
            review = api.add(
                random.choice(self.products),
                rating=random.randrange(1, 6),
                recommend=random.random() < 0.5,
                characteristics={name: random.randrange(1, 6) for name in rated},
            )
            known.append(review["review_id"])
            api.vote(random.choice(known))
            if random.random() < 0.5:
                api.report(random.choice(known))
            self.writes += 3

    def wait_for(self, writes):
        goal = self.writes + writes
        wait_until(lambda: self.writes >= goal or self.failures, "writes")


def test_no_false_alarm_while_a_server_writes(audit, own_seeded_database, start_server):
    database = own_seeded_database
    server = start_server(database)
    with Writers(server, range(1, 41)) as writers:
        for _ in range(scaled(40)):
            assert_clean(audit(database))
            writers.wait_for(5)
    assert writers.failures == []
    assert writers.writes > scaled(200)
    assert_clean(audit(database))
    assert_whole(database)


def test_no_false_alarm_while_segments_are_split(audit, seed, own_seeded_database, start_server):
    database = own_seeded_database
    server = start_server(database)
    ended = threading.Event()
    splits = []

    def split():
        for (leaf,) in database.rows("SELECT leaf FROM segment WHERE reviews > 1000 ORDER BY first_product"):
            splits.append(seed("segments", "split", leaf, "--dsn", database.dsn()))
        ended.set()

    with Writers(server, range(1, 1001, 20)) as writers:
        splitter = threading.Thread(target=split)
        splitter.start()
        while not ended.is_set():
            assert_clean(audit(database))
        splitter.join()
    assert writers.failures == []
    assert splits and all(done.returncode == 0 for done in splits), splits
    assert_clean(audit(database))
    assert_whole(database)


def plant_beside_writers(database, round_number):
    """Errors of products that are written to, and of others; one row at a time, so that nobody deadlocks."""
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        for product in range(1 + round_number % 7, 41, 7):
            cursor.execute(
                "UPDATE product_meta SET rating_1 = rating_1 + 3, fit_sum = fit_sum + 2 WHERE product_id = %s", (product,)
            )
            cursor.execute(
                "UPDATE review SET relevance = 'epoch' WHERE product_id = %s AND review_id = %s",
                (product, (product << 20) + 1),
            )
        cursor.execute("DELETE FROM product_meta WHERE product_id > 900 AND product_id % 3 = 0")


def test_mends_while_a_server_writes(audit, own_seeded_database, start_server):
    database = own_seeded_database
    server = start_server(database)
    with Writers(server, range(1, 41)) as writers:
        for round_number in range(scaled(15)):
            plant_beside_writers(database, round_number)
            done = audit(database, "--repair")
            assert left(done) == 0, done.stdout
            assert "mended" in done.stdout
            writers.wait_for(10)
    assert writers.failures == []
    assert_clean(audit(database))
    assert_whole(database)
    assert "deadlock" not in server.log_text()


@pytest.fixture(params=["review", "product_meta"])
def waiting_audit(request, binaries, own_seeded_database):
    """An audit that waits for a lock, before or while it compares; the connection that holds it; and the database."""
    database = own_seeded_database
    holder = psycopg2.connect(database.dsn())
    holder.cursor().execute(f"LOCK TABLE {request.param} IN ACCESS EXCLUSIVE MODE")
    command = [str(binaries.reviewd_seed), "audit", "--dsn", database.dsn()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: audit_backends(database), "the audit to wait")
        yield process, holder, database
    finally:
        holder.close()
        process.kill()
        process.communicate()


def audit_backends(database):
    """The backends of the audit that wait for a lock."""
    return [
        pid
        for (pid,) in database.rows(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    ]


def test_a_killed_connection_is_a_failure_that_is_told(waiting_audit):
    process, _, database = waiting_audit
    database.rows("SELECT pg_terminate_backend(%s)", (audit_backends(database)[0],))
    output, errors = process.communicate()
    assert process.returncode == 1
    assert re.search(r"^reviewd-seed: cannot (read the segments|look for products|compare products): .*terminat", errors, re.M), errors
    assert "differences" not in output


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_it_at_once(waiting_audit, how):
    process, _, database = waiting_audit
    began = time.monotonic()
    process.send_signal(how)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.endswith("reviewd-seed: interrupted\n")
    assert time.monotonic() - began < 10
    wait_until(lambda: not audit_backends(database), "the backends to stop waiting")


def test_waits_for_a_lock_as_long_as_it_takes(waiting_audit):
    process, holder, _ = waiting_audit
    time.sleep(1.5)  # longer than one attempt
    holder.rollback()
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "0 differences" in output


def test_a_database_that_cannot_be_reached(seed, cluster):
    done = seed("audit", "--dsn", f"host={cluster.folder} dbname=nowhere user=postgres")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("reviewd-seed: cannot connect: ") and '"nowhere" does not exist' in done.stderr
    done = seed("audit", "--dsn", "host==")
    assert done.returncode == 1 and done.stderr.startswith("reviewd-seed: cannot connect: ")


def test_a_database_without_the_schema(audit, cluster):
    done = audit(cluster.create_database())
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "reviewd-seed: the database has no table review: run reviewd --migrate first\n"


def test_a_role_that_may_not_is_told_so(seed, own_seeded_database):
    done = seed("audit", "--dsn", own_seeded_database.dsn("reviewd_server"))
    assert done.returncode == 1
    assert "permission denied" in done.stderr


def test_wrong_usage(seed):
    for arguments in (["segments"], ["--replace"], ["--threads", "0"]):
        done = seed("audit", *arguments)
        assert done.returncode == 2, done.stderr
