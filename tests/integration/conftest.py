"""The fixtures: a private PostgreSQL, databases in it, reviewd on free ports, and clients.

REVIEWD_BUILD is the folder with the programs (default build/release); REVIEWD_SLOW=1 makes the big tests smaller.
Everything that is started is stopped and everything that is written is removed, also after Ctrl-C or SIGTERM.
"""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

pytest.register_assert_rewrite("api", "prometheus", "server", "waiting", "whole")

from api import Api  # noqa: E402 (after the line above)
from cluster import Cluster  # noqa: E402
from server import Binaries, Server  # noqa: E402

TOP = Path(__file__).resolve().parents[2]

SEEDED_RECORDS = 20000
SEEDED_PRODUCTS = 1000

# Products that the seed does not know.
FRESH_PRODUCTS = itertools.count(1_000_000)

PLACEMENTS = {
    "own": {"actors.placement": "own", "actors.acceptors": 2, "actors.db": 2, "actors.writers": 2},
    "shared": {"actors.placement": "shared"},
}

# Every server that runs, so that a test that fails shows its log.
running_servers = []


def pytest_configure(config):
    """SIGTERM and SIGHUP are handled as Ctrl-C: pytest then ends every fixture."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for server in running_servers:
            report.sections.append((f"log of reviewd on port {server.port}", server.log_text()[-5000:]))


@pytest.fixture(scope="session")
def workspace():
    """A folder for everything, with a short path (for sockets) that the user postgres can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="reviewd-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def binaries():
    found = Binaries(Path(os.environ.get("REVIEWD_BUILD", TOP / "build" / "release")).absolute())
    if not found.reviewd.exists():
        pytest.exit(f"{found.reviewd} is not built; REVIEWD_BUILD names another folder", returncode=2)
    return found


@pytest.fixture
def seed(binaries):
    """Runs reviewd-seed with the arguments and returns what it did."""

    def run(*arguments, **options):
        command = [str(binaries.reviewd_seed), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, **options)

    return run


@pytest.fixture(scope="session")
def cluster(workspace):
    cluster = Cluster(workspace / "pg")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop(signal.SIGQUIT)


@pytest.fixture(scope="session")
def migrated_template(cluster, binaries):
    database = cluster.create_database()
    binaries.migrate(database)
    return database


@pytest.fixture(scope="session")
def seeded_template(cluster, binaries, migrated_template):
    database = cluster.create_database(migrated_template.name)
    binaries.seed(database, SEEDED_RECORDS, SEEDED_PRODUCTS)
    return database


@pytest.fixture
def empty_database(cluster, migrated_template):
    """A database of the test's own, migrated and empty."""
    return cluster.create_database(migrated_template.name)


@pytest.fixture
def migrated_database(empty_database):
    """The same as a connection string of its superuser."""
    return empty_database.dsn()


@pytest.fixture(scope="session")
def seeded_database(cluster, seeded_template):
    """The one that `server` serves: reviews of the products 1 to SEEDED_PRODUCTS, which no test changes."""
    return cluster.create_database(seeded_template.name)


@pytest.fixture
def own_seeded_database(cluster, seeded_template):
    """The same reviews for a test that changes them."""
    return cluster.create_database(seeded_template.name)


@pytest.fixture(scope="session")
def server_numbers():
    return itertools.count(1)


@pytest.fixture(scope="session")
def make_server(workspace, binaries, server_numbers):
    """Makes a server that is not started yet."""

    def make(database, options=None):
        return Server(binaries, database, workspace / f"reviewd-{next(server_numbers)}.log", options)

    return make


def _serve(server):
    running_servers.append(server)
    server.start()


def _end(server):
    try:
        server.stop()
    finally:
        server.kill()
        running_servers.remove(server)


@pytest.fixture(scope="session", params=list(PLACEMENTS))
def server(request, make_server, seeded_database):
    """reviewd over the seeded database, in each placement of its actors; all tests share it."""
    server = make_server(seeded_database, PLACEMENTS[request.param])
    try:
        _serve(server)
        yield server
    finally:
        _end(server)


@pytest.fixture
def start_server(make_server):
    """Starts a server of the test's own: start_server(database, {"section.key": value})."""
    started = []

    def start(database, options=None):
        server = make_server(database, options)
        started.append(server)
        _serve(server)
        return server

    yield start
    for server in started:
        _end(server)


@pytest.fixture
def client(server):
    """A connection to the server."""
    with server.connect() as connection:
        yield connection


@pytest.fixture
def api(client):
    return Api(client)


@pytest.fixture
def product():
    """The id of a product that nobody has reviewed."""
    return next(FRESH_PRODUCTS)


@pytest.fixture
def other_product():
    return next(FRESH_PRODUCTS)


@pytest.fixture
def own_cluster(workspace, binaries, server_numbers):
    """A PostgreSQL that the test may stop, and a migrated database in it."""
    cluster = Cluster(workspace / f"pg{next(server_numbers)}")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop(signal.SIGQUIT)


@pytest.fixture
def crashable_database(own_cluster, binaries):
    database = own_cluster.create_database()
    binaries.migrate(database)
    return database
