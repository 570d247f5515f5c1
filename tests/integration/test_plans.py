"""How PostgreSQL is asked: by index, however small a table is, and never a standby."""

import signal

import pytest

from api import Api
from cluster import SERVER_ROLE, Cluster
from waiting import wait_until

READS = 20
SCANS = "SELECT coalesce(sum({column}), 0)::bigint FROM pg_stat_user_tables WHERE relname IN ('product_page', 'product_version')"


def test_a_table_of_one_row_is_read_by_its_index(start_server, empty_database, product):
    """A statement is planned once a connection: what is right for a small table must be so when it has grown."""
    with start_server(empty_database).connect() as client:
        Api(client).add(product)
        wait_until(lambda: Api(client).list(product) and empty_database.value("SELECT pg_relation_size('product_page')"), "a stored page")
    empty_database.execute("ANALYZE product_page, product_version")
    by_index, one_after_the_other = (empty_database.value(SCANS.format(column=column)) for column in ("idx_scan", "seq_scan"))
    with start_server(empty_database).connect() as client:
        for _ in range(READS):
            Api(client).list(product)
        # A session tells of its scans from time to time.
        wait_until(lambda: Api(client).list(product) and empty_database.value(SCANS.format(column="idx_scan")) >= by_index + READS,
                   "scans of the indexes")
        assert empty_database.value(SCANS.format(column="seq_scan")) == one_after_the_other


@pytest.fixture
def standby(workspace, own_cluster, server_numbers):
    standby = Cluster(workspace / f"pg{next(server_numbers)}", primary=own_cluster)
    try:
        standby.start()
        yield standby
    finally:
        standby.stop(signal.SIGQUIT)


def test_of_several_hosts_the_primary_is_asked(binaries, start_server, own_cluster, standby, product):
    """A standby is behind: a client might not see what it just wrote, and what is read there must not be stored."""
    database = own_cluster.create_database()
    binaries.migrate(database)
    hosts = f"host={standby.folder},{own_cluster.folder} port={standby.port},{own_cluster.port}"
    server = start_server(database, {"db.dsn": f"{hosts} dbname={database.name} user={SERVER_ROLE}"})
    with server.connect() as client:
        review_id = Api(client).add(product)["review_id"]
        assert Api(client).ids(product) == [review_id]
    sessions = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{SERVER_ROLE}'"
    assert own_cluster.database("postgres").value(sessions) > 0
    # Those that asked whether it is the primary have gone, or are about to.
    wait_until(lambda: standby.database("postgres").value(sessions) == 0, "no session to stay at the standby")
