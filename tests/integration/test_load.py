"""reviewd-seed load: a database is filled wholly or not at all, and a load that was ended goes on from where it was."""

import os
import random
import signal
import subprocess
import time

import psycopg2
import pytest
from waiting import wait_until
from whole import assert_loaded, segments

RECORDS = 20000
# So that a small run has several segments.
SMALL = ["--records", RECORDS, "--products", 700, "--segment-records", 3000]


def contents(database):
    """One hash over all reviews and all totals, and the ranges of the segments: where anything differs, this does."""
    hashes = [
        database.value(f"SELECT md5(string_agg(md5(t::text), '' ORDER BY {key})) FROM {table} AS t")
        for table, key in (("review", "review_id"), ("product_meta", "product_id"))
    ]
    return hashes, [bounds[1:] for bounds in segments(database)]


def staged_segments(database):
    """How many segments are made but not yet visible."""
    return database.value(
        "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE nspname = 'review_seed' AND relkind = 'r' AND relname LIKE 'review%%'", ())


def begin(binaries, database, *arguments):
    """Starts a load."""
    return subprocess.Popen(
        [str(binaries.reviewd_seed), "load", "--dsn", database.dsn(), *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("threads", [1, 3])
def test_fills_an_empty_database(seed, empty_database, threads):
    done = seed("--dsn", empty_database.dsn(), "--threads", threads, *SMALL)
    assert done.returncode == 0, done.stderr
    assert f"{RECORDS} reviews of 671 products in 7 segments" in done.stdout
    assert_loaded(empty_database, RECORDS, 7)


def test_one_segment_is_enough_for_few_reviews(seed, empty_database):
    done = seed("--dsn", empty_database.dsn(), "--records", 500)
    assert done.returncode == 0, done.stderr
    assert_loaded(empty_database, 500, 1)


def test_the_environment_names_the_database(seed, empty_database):
    environment = {"PGHOST": str(empty_database.cluster.folder), "PGDATABASE": empty_database.name, "PGUSER": "postgres"}
    done = seed("load", "--records", 500, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    assert_loaded(empty_database, 500, 1)


def test_server_role_can_use_the_segments(seed, empty_database):
    assert seed("--dsn", empty_database.dsn(), *SMALL).returncode == 0
    rights = empty_database.rows(
        "SELECT bool_and(has_table_privilege('reviewd_server', leaf, 'INSERT')), "
        "bool_and(has_column_privilege('reviewd_server', leaf, 'body', 'SELECT')), "
        "bool_or(has_column_privilege('reviewd_server', leaf, 'email', 'SELECT')) FROM segment")
    assert rights == [(True, True, False)]


def test_refuses_a_filled_database(seed, empty_database):
    assert seed("--dsn", empty_database.dsn(), "--records", 200).returncode == 0
    for flags, code in (([], 1), (["--if-empty"], 0)):
        done = seed("--dsn", empty_database.dsn(), "--records", 300, "--seed", 2, *flags)
        assert done.returncode == code
        assert "holds reviews already" in done.stdout + done.stderr
    assert_loaded(empty_database, 200, 1)


def test_replaces_when_asked(seed, empty_database, start_server):
    assert seed("--dsn", empty_database.dsn(), "--records", 2000).returncode == 0
    old = segments(empty_database)
    server = start_server(empty_database)
    with server.connect() as client:
        assert client.request("GET", "/reviews/60/list").json()["results"] != []
        done = seed("load", "--replace", "--dsn", empty_database.dsn(), "--seed", 2, *SMALL)
        assert done.returncode == 0, done.stderr
        assert_loaded(empty_database, RECORDS, 7)
        # No name is used again, so that the server, which knows the old ones, cannot be wrong.
        assert not {leaf for leaf, _, _ in old} & {leaf for leaf, _, _ in segments(empty_database)}
        for product in (1, 60, 66, 67, 300, 700):
            wanted = empty_database.value("SELECT count(*) FROM review WHERE product_id = %s AND NOT reported", (product,))
            shown = client.request("GET", f"/reviews/{product}/list?count=100").json()["results"]
            assert len(shown) == min(wanted, 100)


def test_servers_answer_while_the_last_step_waits_for_a_reader(binaries, seed, own_seeded_database, start_server):
    database = own_seeded_database
    before = segments(database)
    server = start_server(database, {"deadline.request_ms": 5000, "deadline.queue_ms": 5000})
    with server.connect() as client, database.connect() as reader:
        reader.autocommit = False
        reader.cursor().execute(f"SELECT FROM {before[-2][0]} LIMIT 1")  # holds one segment until it commits
        process = begin(binaries, database, "--replace", *SMALL)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
        for _ in range(5):
            wait_until(lambda: database.value(waiting) > 0, "the last step to want its locks")
            for _, first, _ in before[:-1]:
                assert client.request("GET", f"/reviews/{first}/list").status == 200
        assert segments(database) == before and process.poll() is None
        reader.rollback()
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert_loaded(database, RECORDS, 7)


def test_refuses_a_database_without_tables(seed, empty_database):
    empty_database.execute("DROP TABLE review CASCADE")
    done = seed("--dsn", empty_database.dsn(), "--records", 200, "--if-empty")
    assert done.returncode == 1
    assert "reviewd --migrate" in done.stderr


def test_refuses_an_older_schema(seed, empty_database):
    empty_database.execute("DROP TABLE product_page")  # which came last
    done = seed("--dsn", empty_database.dsn(), "--records", 200, "--if-empty")
    assert done.returncode == 1
    assert "older schema" in done.stderr and "reviewd --migrate" in done.stderr


def test_no_server_is_a_clear_error(seed, tmp_path):
    done = seed("--dsn", f"host={tmp_path} dbname=nowhere")
    assert done.returncode == 1
    assert "cannot connect" in done.stderr


def test_killed_at_any_moment_it_goes_on_and_ends_as_if_undisturbed(binaries, seed, cluster, migrated_template):
    def fresh():
        return cluster.create_database(migrated_template.name)

    arguments = ["--records", 60000, "--segment-records", 5000, "--threads", 2, "--until", "2025-01-01"]
    undisturbed = fresh()
    start = time.monotonic()
    assert seed("load", "--dsn", undisturbed.dsn(), *arguments).returncode == 0
    seconds = time.monotonic() - start
    expected = contents(undisturbed)
    moments = random.Random(3)
    went_on = 0
    for i in range(10):
        moment = (i + moments.random()) / 10
        while True:
            database = fresh()
            process = begin(binaries, database, *arguments)
            time.sleep(seconds * moment)
            process.kill()
            if process.wait() == -signal.SIGKILL:
                break
            seconds *= 0.8  # it was through: the machine is faster now than when it was timed
        done = seed("load", "--dsn", database.dsn(), *arguments)
        went_on += "going on from an earlier run" in done.stdout
        # A kill that came after the very end leaves nothing to do.
        assert done.returncode == 0 or "holds reviews already" in done.stderr, done.stderr
        assert contents(database) == expected
        assert_loaded(database, 60000, 12)
    assert went_on > 0


def test_killed_again_and_again_it_gets_there(binaries, seed, empty_database):
    arguments = ["--records", 100000, "--segment-records", 5000, "--threads", 2]
    for wanted in (2, 5, 9, 14):
        process = begin(binaries, empty_database, *arguments)
        wait_until(
            lambda: staged_segments(empty_database) >= wanted or process.poll() is not None, f"{wanted} segments")
        process.kill()
        process.wait()
        assert empty_database.value("SELECT count(*) FROM review") == 0
    done = seed("load", "--dsn", empty_database.dsn(), *arguments)
    assert done.returncode == 0, done.stderr
    assert_loaded(empty_database, 100000, 20)


def test_interrupted_it_says_that_it_can_go_on(binaries, seed, empty_database):
    arguments = ["--records", 2000000, "--segment-records", 20000, "--threads", 2]
    process = begin(binaries, empty_database, *arguments)
    wait_until(lambda: staged_segments(empty_database) >= 3, "three segments are loaded")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "interrupted" in errors and "the same command goes on from there" in errors
    assert empty_database.value("SELECT count(*) FROM review") == 0
    assert [bounds[1:] for bounds in segments(empty_database)] == [(1, 2**31)]
    # Another load takes the place of the unfinished one.
    done = seed("load", "--dsn", empty_database.dsn(), "--if-empty", *SMALL)
    assert done.returncode == 0 and "another, unfinished load" in done.stderr
    assert_loaded(empty_database, RECORDS, 7)


def test_what_goes_on_another_day_keeps_the_first_day(binaries, seed, empty_database):
    arguments = ["--records", 100000, "--segment-records", 5000, "--threads", 1]
    process = begin(binaries, empty_database, *arguments)
    wait_until(lambda: staged_segments(empty_database) >= 4, "four segments")
    process.kill()
    process.wait()
    # As if the first run had been ten days earlier.
    empty_database.execute("UPDATE review_seed.run SET note = note::bigint - 10 * 86400000")
    done = seed("load", "--dsn", empty_database.dsn(), *arguments)
    assert done.returncode == 0 and "going on from an earlier run" in done.stdout
    leaves = [leaf for leaf, _, _ in segments(empty_database)]
    ages = [empty_database.value(f"SELECT now() - max(created_at) < interval '10 days' FROM {leaf}") for leaf in leaves[:-1]]
    assert ages[0] and not ages[-1]


def test_a_crash_of_postgresql_loses_no_finished_segment(binaries, seed, own_cluster, crashable_database):
    arguments = ["--records", 100000, "--segment-records", 5000, "--threads", 2]
    process = begin(binaries, crashable_database, *arguments)
    wait_until(lambda: staged_segments(crashable_database) >= 4, "four segments are loaded")
    own_cluster.stop(signal.SIGQUIT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and "cannot load segment" in errors
    own_cluster.start()
    done = seed("load", "--dsn", crashable_database.dsn(), *arguments)
    assert done.returncode == 0, done.stderr
    assert "going on from an earlier run" in done.stdout
    assert_loaded(crashable_database, 100000, 20)


def test_what_was_loaded_outlives_a_crash(seed, own_cluster, crashable_database):
    assert seed("load", "--dsn", crashable_database.dsn(), *SMALL).returncode == 0
    before = contents(crashable_database)
    own_cluster.stop(signal.SIGQUIT)
    own_cluster.start()
    assert contents(crashable_database) == before
    assert_loaded(crashable_database, RECORDS, 7)


# More than one fits in the time that a test needs to come between.
SLOW = ["--records", 200000, "--segment-records", 20000]


def load_in_vain(binaries, database):
    """Leaves all segments of SLOW staged, and a review that came meanwhile."""
    process = begin(binaries, database, *SLOW)
    wait_until(lambda: staged_segments(database) >= 1, "a segment is loaded")
    database.execute(
        "INSERT INTO review (review_id, product_id, created_at, relevance, rating, recommend, body, "
        "reviewer_name, email) VALUES ((7 << 20) + 1, 7, now(), now(), 5, true, 'mine', 'me', 'me@example.com')")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "somebody else has added reviews" in errors
    assert database.rows("SELECT body FROM review") == [("mine",)]


def test_a_review_that_comes_meanwhile_stays(binaries, seed, empty_database):
    load_in_vain(binaries, empty_database)
    # Nothing has to be loaded again to have the loaded ones instead.
    done = seed("load", "--replace", "--dsn", empty_database.dsn(), *SLOW)
    assert done.returncode == 0 and "10 of 10 segments are there" in done.stdout, done.stderr
    assert_loaded(empty_database, 200000, 10)


def test_an_autovacuum_of_a_staged_segment_is_waited_for(binaries, empty_database):
    load_in_vain(binaries, empty_database)
    visitor = empty_database.connect()
    visitor.cursor().execute("BEGIN; LOCK TABLE review_seed.review_0003 IN SHARE UPDATE EXCLUSIVE MODE")
    process = begin(binaries, empty_database, "--replace", *SLOW)
    wait_until(
        lambda: process.poll() is not None or empty_database.value("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0,
        "the load waits")
    time.sleep(0.5)  # longer than those who use review are made to wait
    visitor.close()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert_loaded(empty_database, 200000, 10)


def test_only_one_load_at_a_time(seed, empty_database):
    connection = psycopg2.connect(empty_database.dsn())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('reviewd-seed'))")
        done = seed("--dsn", empty_database.dsn(), "--records", 100)
    connection.close()
    assert done.returncode == 1
    assert "is one running" in done.stderr
