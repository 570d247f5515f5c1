"""The connections of all nodes against what PostgreSQL admits: said before a node starts, and by a node in its log."""

import pytest

from cluster import OPTIONS, SERVER_ROLE
from server import PATIENT
from waiting import wait_until

ADMITTED = int(OPTIONS["max_connections"]) - 3


def check(binaries, database, nodes, connections):
    return binaries.run("--check-database", options={"db.dsn": database.dsn(SERVER_ROLE), "db.nodes": nodes, "db.connections": connections})


def test_what_fits_is_added_up(binaries, empty_database):
    done = check(binaries, empty_database, 7, 21)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"7 nodes * 21 connections = 147; PostgreSQL admits {ADMITTED} (max_connections 150 - 3 reserved for superusers)\n"


def test_one_too_many_is_an_error_that_does_the_sum(binaries, empty_database):
    done = check(binaries, empty_database, 4, 37)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "reviewd: 4 nodes * 37 connections = 148, but PostgreSQL admits only 147 (max_connections 150 - 3 reserved for superusers): "
        "1 too many. Lower db.connections to 36 on each node, or raise that limit by 1.\n"
    )


def test_a_limit_of_the_database_counts(binaries, empty_database):
    empty_database.execute(f"ALTER DATABASE {empty_database.name} CONNECTION LIMIT 30")
    done = check(binaries, empty_database, 2, 20)
    assert done.returncode == 1
    assert "= 40, but PostgreSQL admits only 30 (the database's CONNECTION LIMIT): 10 too many. Lower db.connections to 15" in done.stderr


def test_a_database_that_is_away_is_said(binaries, tmp_path):
    done = binaries.run("--check-database", options={"db.dsn": f"host={tmp_path} dbname=x"})
    assert done.returncode == 1 and done.stderr.startswith("reviewd: cannot connect: ")


def complaints(server):
    return server.log_text().count("too many connections")


def test_a_node_that_fits_is_quiet(empty_database, start_server):
    server = start_server(empty_database, {"db.nodes": ADMITTED // PATIENT["db.connections"]})
    wait_until(lambda: empty_database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%max_connections%' "
        "AND pid <> pg_backend_pid()") > 0, "the node to ask")
    assert complaints(server) == 0


@pytest.mark.parametrize("first_away", [False, True])
def test_a_node_serves_and_complains_with_the_sum(own_cluster, crashable_database, make_server, first_away):
    """It starts without its database, and asks when that is there, and again after it was away."""
    if first_away:
        own_cluster.stop()
    server = make_server(crashable_database, {"db.nodes": 10, "log.level": "info"})
    try:
        server.launch()
        if first_away:
            assert not server.is_ready() and complaints(server) == 0
            own_cluster.start()
        wait_until(server.is_ready, "the node to be ready")
        wait_until(lambda: complaints(server) == 1, "the node to complain")
        assert "10 nodes * 24 connections = 240, but PostgreSQL admits only 147" in server.log_text()
        own_cluster.stop()
        own_cluster.start()
        wait_until(lambda: complaints(server) == 2, "the node to complain again")
        server.stop()
    finally:
        server.kill()
