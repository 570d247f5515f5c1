"""Somebody holds a segment, or the list of them: whoever needs neither goes on, and new connections and servers come up."""

import time
from contextlib import closing, contextmanager

from api import list_path
from waiting import wait_until
from whole import segments

OPTIONS = {"deadline.request_ms": 1000, "deadline.queue_ms": 500, "db.segments_interval_s": 1}


@contextmanager
def held(database, statement):
    """A transaction that has run the statement and does not end."""
    with closing(database.connect()) as connection:
        connection.autocommit = False
        connection.cursor().execute(statement)
        yield
        connection.rollback()


def lists_for(server, product, seconds):
    """The statuses of lists that are asked for as long as that."""
    end = time.monotonic() + seconds
    statuses = set()
    with server.connect() as client:
        while time.monotonic() < end:
            statuses.add(client.request("GET", list_path(product, "count=2")).status)
            time.sleep(0.01)
    return statuses


def test_a_locked_segment_keeps_no_server_from_the_others(start_server, own_seeded_database):
    database = own_seeded_database
    leaf, first, _ = segments(database)[1]
    server = start_server(database, OPTIONS)
    with held(database, f"LOCK TABLE {leaf} IN ACCESS EXCLUSIVE MODE"):
        assert lists_for(server, 3, seconds=3) == {200}
        another = start_server(database, OPTIONS)  # waits until it is ready
        assert lists_for(another, 3, seconds=0.1) == {200}
    wait_until(lambda: lists_for(another, first, seconds=0.01) == {200}, "the segment to be served")


def sessions(database):
    """The server's processes in PostgreSQL."""
    rows = database.rows("SELECT pid FROM pg_stat_activity WHERE application_name = 'reviewd' AND datname = current_database()")
    return {pid for (pid,) in rows}


def test_a_list_of_segments_that_takes_too_long_costs_no_connection(start_server, own_seeded_database):
    database = own_seeded_database
    server = start_server(database, OPTIONS)
    before = sessions(database)
    with held(database, "ALTER VIEW segment SET (security_barrier = true)"):
        # Reads that are sent behind the question for the segments wait as long as that.
        assert 200 in lists_for(server, 3, seconds=4)
    assert before and before <= sessions(database)
    assert lists_for(server, 3, seconds=0.1) == {200}
