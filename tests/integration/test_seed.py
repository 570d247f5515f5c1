"""reviewd-seed generate: the same bytes for the same seed, reviews as the schema wants them, files wholly or not at all."""

import csv
import hashlib
import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import time
from pathlib import Path

import psycopg2
import pytest

RECORDS = 20000
# So that a small run has several segments.
SMALL = ["--records", str(RECORDS), "--products", "700", "--segment-records", "3000", "--until", "2025-01-01"]
# So many that it is still at work when it is looked at, in segments of about 50 MB.
LARGE = ["--records", "30000000", "--products", "1000000", "--segment-records", "100000"]
COLUMNS = [
    "review_id", "created_at", "relevance", "product_id", "helpfulness", "characteristics", "rating", "recommend",
    "reported", "summary", "body", "response", "reviewer_name", "email", "photos",
]


@pytest.fixture(scope="module")
def reviews(binaries, tmp_path_factory):
    """The rows of a small run's CSV files, in order."""
    folder = tmp_path_factory.mktemp("reviews")
    subprocess.run(
        [str(binaries.reviewd_seed), "generate", "--out", str(folder), *SMALL],
        check=True, capture_output=True, timeout=300)
    rows = []
    for path in sorted(folder.iterdir()):
        with open(path, newline="", encoding="utf-8") as file:
            rows.extend(csv.DictReader(file, strict=True))
    return rows


def digest(folder):
    """One hash over the names and contents of a folder's files."""
    whole = hashlib.sha256()
    for path in sorted(Path(folder).iterdir()):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def query(dsn, sql, *parameters):
    """The rows of one statement, committed."""
    connection = psycopg2.connect(dsn)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def wait_until(condition, what, timeout_s=30):
    """Polls until the condition holds."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    pytest.fail(f"waited {timeout_s} s in vain until {what}")


# Files


@pytest.mark.parametrize("file_format, ending", [("csv", "csv"), ("binary", "copy")])
def test_same_seed_gives_same_bytes_on_any_number_of_threads(seed, tmp_path, file_format, ending):
    digests = set()
    for threads in (1, 2, 7):
        folder = tmp_path / str(threads)
        done = seed("generate", "--out", folder, "--format", file_format, "--threads", threads, *SMALL)
        assert done.returncode == 0, done.stderr
        names = sorted(path.name for path in folder.iterdir())
        assert names == [f"review_{i + 1:04}.{ending}" for i in range(7)]
        digests.add(digest(folder))
    assert len(digests) == 1


def test_another_seed_gives_other_reviews(seed, tmp_path):
    for number in (1, 2):
        assert seed("generate", "--out", tmp_path / str(number), "--seed", number, *SMALL).returncode == 0
    assert digest(tmp_path / "1") != digest(tmp_path / "2")


@pytest.mark.parametrize("file_format, how", [("csv", "FORMAT csv, HEADER match"), ("binary", "FORMAT binary")])
def test_files_load_with_copy(seed, tmp_path, migrated_database, file_format, how):
    assert seed("generate", "--out", tmp_path, "--format", file_format, *SMALL).returncode == 0
    connection = psycopg2.connect(migrated_database)
    with connection, connection.cursor() as cursor:
        for path in sorted(tmp_path.iterdir()):
            with open(path, "rb") as file:
                cursor.copy_expert(f"COPY review ({', '.join(COLUMNS)}) FROM STDIN ({how})", file)
        cursor.execute("INSERT INTO product_meta SELECT * FROM product_meta_recount(1, 2147483647)")
    connection.close()
    assert query(migrated_database, "SELECT count(*), min(product_id), max(product_id) <= 700 FROM review") == [
        (RECORDS, 1, True)]
    wrong = query(
        migrated_database, "SELECT count(*) FROM review WHERE relevance <> review_relevance(created_at, helpfulness)")
    assert wrong == [(0,)]


def test_csv_and_binary_hold_the_same_reviews(seed, tmp_path, migrated_database):
    sums = []
    for file_format, how in (("csv", "FORMAT csv, HEADER match"), ("binary", "FORMAT binary")):
        folder = tmp_path / file_format
        assert seed("generate", "--out", folder, "--format", file_format, *SMALL).returncode == 0
        connection = psycopg2.connect(migrated_database)
        with connection.cursor() as cursor:
            for path in sorted(folder.iterdir()):
                with open(path, "rb") as file:
                    cursor.copy_expert(f"COPY review FROM STDIN ({how})", file)
            cursor.execute("SELECT md5(string_agg(md5(review::text), '' ORDER BY review_id)) FROM review")
            sums.append(cursor.fetchone())
        connection.rollback()
        connection.close()
    assert sums[0] == sums[1]


def test_csv_is_as_in_rfc_4180(seed, tmp_path):
    assert seed("generate", "--out", tmp_path, "--records", 300).returncode == 0
    content = (tmp_path / "review_0001.csv").read_bytes()
    header, _, rest = content.partition(b"\r\n")
    assert header.decode() == ",".join(COLUMNS)
    assert rest.endswith(b"\r\n")
    # A line's end inside a text is a bare newline; outside, always CRLF.
    outside = b"".join(rest.replace(b'""', b"").split(b'"')[::2])
    assert outside.count(b"\n") == outside.count(b"\r\n") == 300


@pytest.mark.parametrize("records, products, segment_records", [(1, 1, 1), (5, 100, 2), (1000, 3, 10), (2500, 2, 1000000)])
def test_counts_are_exact(seed, tmp_path, records, products, segment_records):
    done = seed(
        "generate", "--out", tmp_path, "--records", records, "--products", products, "--segment-records", segment_records)
    assert done.returncode == 0, done.stderr
    ids = []
    for path in sorted(tmp_path.iterdir()):
        with open(path, newline="", encoding="utf-8") as file:
            ids.extend((int(row["product_id"]), int(row["review_id"])) for row in csv.DictReader(file, strict=True))
    assert len(ids) == len(set(ids)) == records
    assert all(1 <= product <= products for product, _ in ids)


# What the reviews are like


def test_reviews_obey_the_schema(reviews):
    assert len(reviews) == RECORDS
    for row in reviews:
        assert int(row["review_id"]) >> 20 == int(row["product_id"]) >= 1
        assert 1 <= int(row["rating"]) <= 5
        assert row["recommend"] in "tf" and row["reported"] in "tf"
        assert int(row["helpfulness"]) >= 0
        assert 0 <= int(row["characteristics"]) < 2**18
        assert all(int(row["characteristics"]) >> 3 * i & 7 <= 5 for i in range(6))
        assert len(row["summary"]) <= 150
        assert 1 <= len(row["body"]) <= 2000
        assert len(row["response"]) <= 1000
        assert 1 <= len(row["reviewer_name"]) <= 100
        assert re.fullmatch(r"[a-z0-9._-]+@example\.(com|org|net)", row["email"]) and len(row["email"]) <= 254
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["created_at"])
        assert "2020-01-01" < row["created_at"] < "2025-01-01"


def test_reviews_of_a_product_are_numbered_by_age(reviews):
    previous = None
    for row in reviews:
        product = int(row["product_id"])
        n = int(row["review_id"]) & 0xFFFFF
        if previous is not None and previous[0] == product:
            assert n == previous[1] + 1 and row["created_at"] >= previous[2]
        else:
            assert n == 1 and (previous is None or product > previous[0])
        previous = (product, n, row["created_at"])


def test_photos_are_ready_to_send(reviews):
    counts = [0] * 6
    for row in reviews:
        photos = json.loads(row["photos"]) if row["photos"] else []
        counts[len(photos)] += 1
        for photo in photos:
            assert list(photo) == ["url", "thumbnail_url"]
            assert all(url.startswith("https://images.example.com/") for url in photo.values())
    assert all(counts) and counts[0] > RECORDS / 2


def test_text_is_as_awkward_as_real_text(reviews):
    bodies = [row["body"] for row in reviews]
    for what in ('"', ",", "\n", "'", "ß", "ñ", "ç", "😊", "です", "أ"):
        assert sum(what in body for body in bodies) > 20, what
    lengths = sorted(map(len, bodies))
    assert 120 < lengths[RECORDS // 2] < 280
    assert lengths[-1] > 1300
    # Hardly any review is there twice, but for the shortest.
    assert len(set(bodies)) > 0.9 * RECORDS
    assert len({word for body in bodies for word in re.findall(r"\w+", body)}) > 3000


def test_numbers_are_spread_like_those_of_a_shop(reviews):
    ratings = [sum(row["rating"] == str(i) for row in reviews) / RECORDS for i in range(1, 6)]
    # The shape of a J: most 5, then 4, and more of 1 than of 2.
    assert ratings[4] > 0.45 and ratings[4] > ratings[3] > ratings[1] and ratings[0] > ratings[1]
    assert 0.006 < sum(row["reported"] == "t" for row in reviews) / RECORDS < 0.014
    for rating, low, high in (("1", 0, 0.1), ("3", 0.3, 0.6), ("5", 0.95, 1)):
        recommended = [row["recommend"] == "t" for row in reviews if row["rating"] == rating]
        assert low <= sum(recommended) / len(recommended) <= high
    votes = sorted(int(row["helpfulness"]) for row in reviews)
    assert votes[RECORDS // 2] <= 2 and votes[-1] > 500
    years = [sum(row["created_at"].startswith(year) for row in reviews) for year in ("2020", "2022", "2024")]
    assert years[0] < years[1] < years[2]
    assert sum(row["characteristics"] != "0" for row in reviews) > 0.8 * RECORDS
    assert 0.05 < sum(row["response"] != "" for row in reviews) / RECORDS < 0.3
    products = {}
    for row in reviews:
        products[row["product_id"]] = products.get(row["product_id"], 0) + 1
    counts = sorted(list(products.values()) + [0] * (700 - len(products)))
    assert counts[70] <= 2 and counts[350] < RECORDS / 700 < 10 * RECORDS / 700 < counts[-1]


def test_until_moves_the_dates(seed, tmp_path):
    done = seed("generate", "--out", tmp_path, "--records", 3000, "--until", "2012-03-01")
    assert done.returncode == 0, done.stderr
    with open(tmp_path / "review_0001.csv", newline="", encoding="utf-8") as file:
        dates = sorted(row["created_at"] for row in csv.DictReader(file))
    assert "2007-03-01" <= dates[0] and "2012-02-01" < dates[-1] < "2012-03-01"


# Files when things go wrong


def test_interruption_leaves_no_file(binaries, tmp_path):
    process = subprocess.Popen(
        [str(binaries.reviewd_seed), "generate", "--out", str(tmp_path), "--threads", "2", *LARGE],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # The first segment is complete, others are under way: still none may have its final name.
    wait_until(lambda: len(list(tmp_path.iterdir())) >= 3, "there is a third file")
    assert all(path.name.endswith(".partial") for path in tmp_path.iterdir())
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "interrupted" in errors
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(binaries, seed, tmp_path):
    process = subprocess.Popen(
        [str(binaries.reviewd_seed), "generate", "--out", str(tmp_path), "--threads", "2", *LARGE],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(list(tmp_path.iterdir())) >= 2, "there is a second file")
    process.kill()
    process.wait(timeout=30)
    assert all(path.name.endswith(".partial") for path in tmp_path.iterdir())
    assert seed("generate", "--out", tmp_path, "--records", 100).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["review_0001.csv"]


def test_finished_files_are_not_overwritten(seed, tmp_path):
    assert seed("generate", "--out", tmp_path, "--records", 100).returncode == 0
    before = digest(tmp_path)
    done = seed("generate", "--out", tmp_path, "--records", 200)
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert digest(tmp_path) == before


def test_file_size_limit_is_a_clear_error(seed, tmp_path):
    limit = 1 << 20
    done = seed(
        "generate", "--out", tmp_path, *SMALL[:4],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.returncode == 1
    assert f"cannot write {tmp_path}/review_0001.csv.partial after" in done.stderr
    assert "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_a_clear_error(seed, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can mount the small disk that is to fill up")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.strip()}")
    try:
        done = seed("generate", "--out", tmp_path, *SMALL)
        left = list(tmp_path.iterdir())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert done.returncode == 1
    assert re.search(r"cannot (write|sync) .*/review_\d{4}\.csv\.partial after \d+ bytes: No space left on device", done.stderr)
    assert left == []


def test_progress_is_a_bar_on_a_terminal(binaries, tmp_path):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(binaries.reviewd_seed), "generate", "--out", str(tmp_path), *LARGE], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    while shown.count(b"\r[") < 3 and select.select([ours], [], [], 30)[0]:
        shown += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 1
    os.close(ours)
    assert re.search(
        rb"\r\[#*\.+\] +\d+ %  \d+ of 30000000 reviews  [1-9]\d* rows/s  \d+\.\d MB/s  \d+:\d\d left", shown), shown


def test_nothing_but_the_result_without_a_terminal(seed, tmp_path):
    done = seed("generate", "--out", tmp_path, "--records", 100)
    assert done.stderr == ""
    assert re.fullmatch(r"100 reviews of 3 products in 1 file, .* rows/s\)\n", done.stdout)


def test_memory_stays_small(binaries, tmp_path):
    process = subprocess.Popen(
        [str(binaries.reviewd_seed), "generate", "--out", str(tmp_path), "--threads", "4", *LARGE],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(list(tmp_path.iterdir())) >= 5, "the fifth segment is begun")
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    symbols = subprocess.run(
        ["nm", "-D", str(binaries.reviewd_seed)], capture_output=True, text=True, check=True).stdout
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 1
    if re.search("__[at]san_init", symbols):
        pytest.skip("a sanitizer's memory would be counted")
    peak_kib = int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))
    assert peak_kib < 256 * 1024


# The command line


def test_help_and_version(seed):
    done = seed("--help")
    assert done.returncode == 0
    for option in ("--dsn", "--if-empty", "--out", "--format", "--records", "--products", "--seed", "--threads", "--until"):
        assert option in done.stdout
    done = seed("--version")
    assert done.returncode == 0 and re.fullmatch(r"reviewd-seed \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "which command?"),
        (["generate"], "--out is missing"),
        (["generate", "--out", "x", "--dsn", "y"], "takes no --dsn"),
        (["generate", "--out", "x", "z"], "\"z\" is too much"),
        (["--dsn", "x", "--out", "y"], "takes no --out"),
        (["--dsn", "x", "--if-empty", "--replace"], "contradict each other"),
        (["load", "--rejects", "x"], "--rejects is for files"),
        (["load", "x.csv", "--records", "5"], "--records is for reviews that are made up"),
        (["audit", "--records", "5"], "takes no --records"),
        (["audit", "x"], "\"x\" is too much"),
        (["segments", "--repair"], "takes no --repair"),
        (["segments", "split", "review_0001", "--at", "0"], "--at must be"),
        (["--dsn", "x", "--records", "0"], "--records must be a whole number from 1 to"),
        (["--dsn", "x", "--records", "12e3"], "not \"12e3\""),
        (["--dsn", "x", "--records", "-5"], "not \"-5\""),
        (["--dsn", "x", "--records", "99999999999999999999999"], "--records must be"),
        (["--dsn", "x", "--threads", "0"], "--threads must be"),
        (["--dsn", "x", "--records", "2000000", "--products", "1"], "needs --products 2"),
        (["--dsn", "x", "--until", "2025-02-30"], "--until must be a date"),
        (["--dsn", "x", "--segment-records", "1"], "--segment-records is too small"),
        (["generate", "--out", "x", "--format", "xml"], "--format must be csv or binary"),
        (["--dsn"], "needs a value"),
        (["--sped", "1"], "unknown option \"--sped\""),
        (["destroy"], "unknown command \"destroy\""),
    ],
)
def test_bad_usage_is_named(seed, tmp_path, arguments, words):
    done = seed(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == "" and list(tmp_path.iterdir()) == []
