"""reviewd-seed load FILE|DIR...: its own files, files that are refused, and loads that end early."""

import os
import re
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from old_reviews import (
    ATELIER, ATELIER_CHARACTERISTICS, ATELIER_PHOTOS, ATELIER_RATINGS, ORIGINAL, ORIGINAL_CHARACTERISTICS, URL, Loader,
    assert_totals, atelier_line, original_line, query, reject_lines, rejects, write,
)
from waiting import scaled, wait_until
from whole import assert_whole


@pytest.fixture
def loader(binaries, migrated_database, tmp_path):
    return Loader(binaries, migrated_database, tmp_path)


@pytest.fixture
def seed(loader):
    return loader.run


@pytest.fixture
def load(loader):
    return loader.load


@pytest.fixture
def refuse(loader):
    return loader.refuse


# What reviewd-seed generate writes


SMALL = ["--records", "20000", "--products", "700", "--segment-records", "3000", "--until", "2025-01-01"]


@pytest.mark.parametrize("file_format", ["csv", "binary"])
def test_own_files_load_as_if_made_at_once(seed, cluster, migrated_template, tmp_path, file_format):
    direct, from_files = (cluster.create_database(migrated_template.name).dsn() for _ in range(2))
    assert seed("load", "--dsn", direct, *SMALL).returncode == 0
    assert seed("generate", "--out", tmp_path / "files", "--format", file_format, *SMALL).returncode == 0
    done = seed("load", "--dsn", from_files, tmp_path / "files")
    assert done.returncode == 0, done.stderr
    for table in ("review", "product_meta", "segment"):
        columns = "leaf || first_product || end_product" if table == "segment" else "r::text"
        sql = f"SELECT count(*), md5(string_agg(md5({columns}), '' ORDER BY {columns})) FROM {table} AS r"
        assert query(direct, sql) == query(from_files, sql), table
    assert_totals(from_files)
    assert query(from_files, "SELECT bool_and(relallvisible = relpages) FROM pg_class WHERE relname ~ '^review_....$' "
                 "AND relpages > 0") == [(True,)]
    assert rejects(tmp_path) == []


def test_own_files_may_be_named_in_any_way(load, seed, migrated_database, tmp_path):
    assert seed("generate", "--out", tmp_path / "files", *SMALL).returncode == 0
    first = tmp_path / "files" / "review_0001.csv"
    content = first.read_bytes()
    # As a spreadsheet would save it.
    header, _, rest = content.partition(b"\r\n")
    first.write_bytes(b"\xef\xbb\xbf" + b",".join(b'"%s"' % name.upper() for name in header.split(b",")) + b"\r\n" + rest)
    load(*sorted((tmp_path / "files").iterdir()))
    assert query(migrated_database, "SELECT count(*) FROM review") == [(20000,)]


def with_rating(content, rating):
    """The file with another rating in the line 501 or, as texts have lines too, somewhat later."""
    lines = content.split(b"\r\n")
    fields = lines[500].split(b",")
    fields[6] = rating
    return b"\r\n".join([*lines[:500], b",".join(fields), *lines[501:]])


@pytest.mark.parametrize(
    "file_format, damage, words",
    [
        ("csv", lambda content: with_rating(content, b"six@example.com"),
         ["review_0003.csv", "line 5", "column rating", "invalid input syntax for type smallint"]),
        ("csv", lambda content: with_rating(content, b"6"),
         ["review_0003.csv", "line 5", "violates check constraint \"review_rating_range\""]),
        ("csv", lambda content: content[: len(content) // 2] + b'"', ["review_0003.csv", "line"]),
        ("csv", lambda content: content.replace(b"\xc3", b"\xff"), ["review_0003.csv", "invalid byte sequence"]),
        ("binary", lambda content: content[: len(content) // 2], ["review_0003.copy", "line", "unexpected EOF"]),
        ("binary", lambda content: content[:50000] + b"\xff" * 9 + content[50009:], ["review_0003.copy", "line"]),
    ],
)
def test_damaged_own_file_fails_with_file_and_line(seed, refuse, tmp_path, file_format, damage, words):
    folder = tmp_path / "files"
    assert seed("generate", "--out", folder, "--format", file_format, *SMALL).returncode == 0
    [path] = folder.glob("review_0003.*")
    path.write_bytes(damage(path.read_bytes()))
    errors = refuse(folder)
    for word in words:
        assert word in errors
    assert "@" not in errors


def test_own_files_of_a_killed_run_are_refused(seed, refuse, tmp_path):
    folder = tmp_path / "files"
    assert seed("generate", "--out", folder, *SMALL).returncode == 0
    (folder / "review_0004.csv").rename(folder / "review_0004.csv.partial")
    assert "review_0004.csv.partial is not complete" in refuse(folder)


def test_own_files_must_follow_each_other(seed, refuse, tmp_path):
    folder = tmp_path / "files"
    assert seed("generate", "--out", folder, *SMALL).returncode == 0
    names = sorted(folder.iterdir(), reverse=True)
    assert "the files must follow each other" in refuse(*names)


# Files that are not loaded at all


def test_unknown_first_line_lists_the_known_ones(refuse, tmp_path):
    errors = refuse(write(tmp_path / "x.csv", "stars,text", "5,good"))
    assert "x.csv has a first line that is not known" in errors
    for known in (ORIGINAL, ORIGINAL_CHARACTERISTICS, ATELIER, ATELIER_CHARACTERISTICS, ATELIER_RATINGS, ATELIER_PHOTOS, "PGCOPY",
                  "review_id,created_at,relevance"):
        assert known in errors


def test_layouts_do_not_mix(refuse, tmp_path):
    one = write(tmp_path / "a.csv", ORIGINAL, original_line())
    other = write(tmp_path / "b.csv", ATELIER, atelier_line(1))
    assert "do not belong together" in refuse(one, other)
    assert "do not belong together" in refuse(tmp_path)


def test_reviews_must_be_among_the_files(refuse, tmp_path):
    assert "no file holds the reviews of the original" in refuse(
        write(tmp_path / "a.csv", ORIGINAL_CHARACTERISTICS, "1,1,1,1,1,1,1"))
    assert "no file holds the reviews of the Atelier data" in refuse(
        write(tmp_path / "b.csv", ATELIER_PHOTOS, f"1,1,{URL}"))


def test_files_that_are_none(refuse, tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    assert "empty.csv is empty: its first line must tell what it holds" in refuse(tmp_path / "empty.csv")
    assert "cannot open missing.csv: No such file or directory" in refuse("missing.csv")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("not mine")
    assert "holds no .csv and no .copy file" in refuse(tmp_path / "folder")
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no regular file" in refuse(tmp_path / "pipe.csv")


def test_a_file_named_twice(refuse, tmp_path):
    path = write(tmp_path / "a.csv", ORIGINAL, original_line())
    assert "is named twice" in refuse(path, tmp_path / "." / "a.csv")


def test_without_a_usable_line(refuse, tmp_path):
    assert "no line of the files can be loaded" in refuse(write(tmp_path / "a.csv", ORIGINAL))
    assert rejects(tmp_path) == []
    assert "no line of the files can be loaded" in refuse(write(tmp_path / "b.csv", ORIGINAL, original_line(rating="7")))
    assert reject_lines(tmp_path) == [("b.csv", 2)]


def test_rejects_go_where_they_are_told_to(load, migrated_database, tmp_path):
    write(tmp_path / "a.csv", ORIGINAL, original_line(), original_line(rating="7"))
    (tmp_path / "sub").mkdir()
    load("--rejects", tmp_path / "sub" / "bad.csv", tmp_path / "a.csv")
    assert rejects(tmp_path) == [] and [path.name for path in (tmp_path / "sub").iterdir()] == ["bad.csv"]


def test_rejects_that_cannot_be_written_are_a_failure(refuse, tmp_path):
    path = write(tmp_path / "a.csv", ORIGINAL, original_line(), original_line(rating="7"))
    assert "cannot create nowhere/bad.csv.partial: No such file" in refuse("--rejects", "nowhere/bad.csv", path)


@pytest.mark.parametrize("source, name", [("a.csv", "a.csv"), ("a.csv", "link.csv"), ("b.partial", "b")])
def test_rejects_do_not_overwrite_what_is_loaded(loader, migrated_database, tmp_path, source, name):
    path = write(tmp_path / source, ORIGINAL, original_line(), original_line(rating="7"))
    (tmp_path / "link.csv").symlink_to("a.csv")
    before = path.read_bytes()
    done = loader.run("load", "--dsn", migrated_database, "--rejects", name, source)
    assert done.returncode == 1 and "would be overwritten with rejects" in done.stderr
    assert path.read_bytes() == before


def test_rejects_are_not_loaded_again(load, seed, migrated_database, tmp_path):
    write(tmp_path / "a.csv", ORIGINAL, original_line(), original_line(rating="7"))
    load(tmp_path)
    assert (tmp_path / "reviewd-rejects.csv").exists()
    done = seed("load", "--dsn", migrated_database, "--replace", tmp_path)
    assert done.returncode == 0, done.stderr
    done = seed("load", "--dsn", migrated_database, "--replace", tmp_path / "reviewd-rejects.csv")
    assert done.returncode == 1 and "holds the rejects of an earlier load" in done.stderr


# Runs that end early, and large files


MANY = scaled(500000)


def write_many(path):
    """A large file: two good lines, one bad, and so on."""
    lines = original_line().replace(b'"', b"") + b"\n" + original_line(rating="6") + b"\n" + original_line(product_id="8") + b"\n"
    path.write_bytes(ORIGINAL.encode() + b"\n" + lines * (MANY // 3))
    return path


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_reading_that_ends_early_is_begun_again(loader, empty_database, tmp_path, ending):
    path = write_many(tmp_path / "reviews.csv")
    process = loader.start(path)
    wait_until((tmp_path / "reviewd-rejects.csv.partial").exists, "a line is rejected")
    process.send_signal(ending)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    if ending == signal.SIGINT:
        assert process.returncode == 1 and "interrupted" in errors
        assert [file.name for file in tmp_path.iterdir()] == ["reviews.csv"]
    assert empty_database.value("SELECT count(*) FROM review") == 0
    loader.load(path)
    assert empty_database.value("SELECT count(*) FROM review") == MANY // 3 * 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["reviewd-rejects.csv", "reviews.csv"]
    assert len(rejects(tmp_path)) == MANY // 3
    assert_whole(empty_database)


def kill_in_the_middle(loader, database, *arguments):
    """Begins to load, and kills that when some segments are made."""
    process = loader.start("--threads", 2, *arguments)
    wait_until(
        lambda: database.value("SELECT to_regclass('review_seed.segment') IS NOT NULL") and
        database.value("SELECT count(*) FROM review_seed.segment WHERE done") >= 2, "two segments are made")
    process.kill()
    process.communicate()
    assert database.value("SELECT count(*) FROM review") == 0


@pytest.mark.parametrize("kind", ["own", "original"])
def test_killed_load_of_files_goes_on(loader, empty_database, tmp_path, kind):
    records = scaled(200000)
    folder = tmp_path / "files"
    size = ["--segment-records", records // 20]
    done = loader.run("generate", "--out", folder, "--records", records, *size)
    assert done.returncode == 0, done.stderr
    if kind == "original":
        for path in folder.iterdir():
            path.unlink()
        lines = (original_line(product_id=str(1 + i % 5000)).replace(b'"', b"") for i in range(records))
        write(folder / "reviews.csv", ORIGINAL, *lines)
    kill_in_the_middle(loader, empty_database, *size, folder)
    done = loader.load(*size, folder)
    assert "going on from an earlier run" in done.stdout
    assert empty_database.value("SELECT count(*) FROM review") == records
    assert_whole(empty_database)


def test_other_files_begin_anew(loader, empty_database, tmp_path):
    lines = (original_line(product_id=str(1 + i)).replace(b'"', b"") for i in range(40000))
    path = write(tmp_path / "reviews.csv", ORIGINAL, *lines)
    kill_in_the_middle(loader, empty_database, "--segment-records", 2000, path)
    with open(path, "ab") as file:
        file.write(original_line(product_id="100000") + b"\n")
    done = loader.load("--segment-records", 2000, path)
    assert "going on" not in done.stdout
    assert empty_database.value("SELECT count(*) FROM review") == 40001
    assert_whole(empty_database)


def test_lost_connection_is_a_failure(loader, empty_database, tmp_path):
    path = write_many(tmp_path / "reviews.csv")
    process = loader.start(path)
    wait_until(
        lambda: empty_database.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'COPY source_review%%'") > 0,
        "the file is read")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and "cannot read file 1 of 1" in errors
    assert [file.name for file in tmp_path.iterdir()] == ["reviews.csv"]


def test_memory_does_not_grow_with_the_files(binaries, loader, tmp_path):
    symbols = subprocess.run(
        ["nm", "-D", str(binaries.reviewd_seed)], capture_output=True, text=True, check=True).stdout
    if re.search("__[at]san_init", symbols):
        pytest.skip("a sanitizer's memory would be counted")
    path = write_many(tmp_path / "reviews.csv")
    process = loader.start(path)
    peaks = []

    def ended():
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text(encoding="ascii"))
        if found:
            peaks.append(int(found.group(1)))
        return process.poll() is not None

    wait_until(ended, "the file is loaded")
    process.communicate()
    assert process.returncode == 0
    assert path.stat().st_size > 50 * MANY and 0 < max(peaks) < 32 * 1024


def test_full_disk_under_the_rejects_is_a_clear_error(loader, migrated_database, tmp_path):
    path = write_many(tmp_path / "reviews.csv")
    done = loader.run(
        "load", "--dsn", migrated_database, path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)))
    assert done.returncode == 1 and "cannot write reviewd-rejects.csv.partial: File too large" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["reviews.csv"]
    assert query(migrated_database, "SELECT count(*) FROM review") == [(0,)]
