"""Lists that a server keeps: they spare PostgreSQL work, and never show less than was acknowledged before, on any node."""

import random
import select
import threading
import time
from contextlib import closing

import pytest
from api import Api, add_path, list_path, meta_path, review_body, vote_path
from http_client import build_json_request, build_request
from prometheus import Metrics
from waiting import scaled, wait_until

SERVED = "reviewd_kept_pages_served_total"


def metric(server, name, **labels):
    with server.connect_admin() as admin:
        return Metrics(admin.request("GET", "/metrics").body.decode()).value(name, **labels)


def ask(server, product, times=1, query="count=10"):
    with server.connect() as client:
        return [client.request("GET", list_path(product, query)).json() for _ in range(times)]


def waiting_for_locks(database):
    """The processes of the server that wait for a lock."""
    return [pid for (pid,) in database.rows("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                                            "AND usename = 'reviewd_server' AND wait_event_type = 'Lock'")]


@pytest.fixture
def nodes(start_server, own_seeded_database):
    return [start_server(own_seeded_database) for _ in range(2)]


def test_a_list_that_is_asked_for_again_is_kept(nodes):
    server = nodes[0]
    lists = ask(server, 7, times=5)
    assert lists[0]["results"] and lists == [lists[0]] * 5
    assert metric(server, SERVED) == 3  # the first is met, the second is kept
    assert metric(server, "reviewd_kept_pages") == 1
    assert metric(server, "reviewd_kept_pages_bytes") > 1000


def test_sorts_pages_and_counts_are_kept_apart(nodes):
    queries = [f"sort={sort}&count={count}&page={page}" for sort in ("relevant", "newest", "helpfulness")
               for count in (1, 3) for page in (0, 1)]
    first = [ask(nodes[0], 7, query=query)[0] for query in queries]
    for _ in range(3):
        assert [ask(nodes[0], 7, query=query)[0] for query in queries] == first
    assert metric(nodes[0], SERVED) > 0


def test_nothing_is_kept_when_told_so(start_server, own_seeded_database):
    server = start_server(own_seeded_database, {"db.kept_pages_mib": 0})
    ask(server, 7, times=5)
    assert metric(server, SERVED) == 0


@pytest.mark.parametrize("writer", [0, 1])
def test_each_write_is_seen_by_the_next_list_on_each_node(nodes, writer):
    for server in nodes:
        ask(server, 9, times=3)
    with nodes[writer].connect() as client:
        api = Api(client)
        for round_number in range(10):
            added = api.add(9)["review_id"]
            for server in nodes:
                assert added in [review["review_id"] for review in ask(server, 9, query="count=100&sort=newest")[0]["results"]]
            api.vote(added)
            for server in nodes:
                newest = ask(server, 9, query="count=100&sort=newest")[0]["results"]
                assert [r["helpfulness"] for r in newest if r["review_id"] == added] == [1]
            if round_number % 2 == 0:
                api.report(added)
                for server in nodes:
                    newest = ask(server, 9, query="count=100&sort=newest")[0]["results"]
                    assert added not in [review["review_id"] for review in newest]
    assert all(metric(server, SERVED) > 0 for server in nodes)


def test_no_reader_sees_less_than_was_acknowledged_under_load(nodes):
    """Voters on one node, readers on both: a list never shows fewer votes than were acknowledged before it was asked for."""
    products = list(range(20, 24))
    reviews = {product: ask(nodes[0], product)[0]["results"][0]["review_id"] for product in products}
    before = {product: ask(nodes[0], product)[0]["results"][0]["helpfulness"] for product in products}
    votes = dict.fromkeys(products, 0)
    failures, looks, stopping = [], [], threading.Event()

    def vote(server, product):
        with server.connect() as client:
            while not stopping.is_set():
                status = client.request("PUT", vote_path(reviews[product])).status
                if status != 204:
                    failures.append(status)
                votes[product] += 1  # by this thread alone

    def read(server, seed):
        numbers = random.Random(seed)
        with server.connect() as client:
            while not stopping.is_set():
                product = numbers.choice(products)
                least = before[product] + votes[product]
                results = client.request("GET", list_path(product, "count=10&sort=helpfulness")).json()["results"]
                seen = [r["helpfulness"] for r in results if r["review_id"] == reviews[product]]
                looks.append(len(seen))
                if seen and seen[0] < least:
                    failures.append(f"product {product}: {seen[0]} votes shown, {least} acknowledged")

    # A review with few votes may not be among the ten first until it has some.
    threads = [threading.Thread(target=vote, args=(nodes[0], product)) for product in products]
    threads += [threading.Thread(target=read, args=(node, seed)) for node in nodes for seed in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(scaled(4))
    stopping.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(looks) > 100
    assert min(votes.values()) > 20
    assert sum(metric(server, SERVED) for server in nodes) > 0


def test_lists_stay_kept_when_idle_connections_are_closed(start_server, own_seeded_database):
    server = start_server(own_seeded_database, {"actors.db": 1, "db.idle_timeout_s": 1})
    ask(server, 7, times=3)
    ask(server, 7, query="count=100&page=9")  # on a connection of the slow lane, which keeps none
    wait_until(lambda: metric(server, "reviewd_db_connections", lane="slow", state="ready") == 1, "the slow lane")
    wait_until(lambda: metric(server, "reviewd_db_connections", lane="slow", state="ready") == 0, "the end of the idle connection")
    assert metric(server, "reviewd_kept_pages") == 1
    assert metric(server, "reviewd_db_connection_failures_total") == 0
    assert "connection lost" not in server.log_text()


def test_changes_by_hand_are_seen_when_told(nodes, own_seeded_database):
    server = nodes[0]
    shown = ask(server, 11, times=3)[0]["results"][0]
    own_seeded_database.execute("UPDATE review SET summary = 'Changed by hand' WHERE review_id = %s", (shown["review_id"],))
    assert ask(server, 11)[0]["results"][0]["summary"] == shown["summary"]  # nobody told
    own_seeded_database.execute("SELECT product_version_renew()")
    assert ask(server, 11)[0]["results"][0]["summary"] == "Changed by hand"


def is_answered(connection, product):
    """Whether the list comes, and not behind a group that is held up, as when it was dealt to the same connection."""
    connection.send(build_request("GET", list_path(product, "count=10")))
    return bool(select.select([connection.socket], [], [], 5)[0])


def hold_up(server, database, late, held, other):
    """A group for `late` and `held` is labelled, then held up; `late` is changed by hand; and another connection learns of it.
    False if `other` was asked behind the group, so that nothing was learned."""
    leaf = database.value("SELECT leaf FROM segment WHERE first_product = %s", (held - 1,))
    shown = ask(server, late)[0]["results"][0]  # met, so the next one is to be kept
    ask(server, held)
    ask(server, other, times=3)
    with server.connect() as client, server.connect() as learner, closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute(f"LOCK TABLE {leaf} IN ACCESS EXCLUSIVE MODE")
        client.send(b"".join(build_request("GET", list_path(product, "count=10")) for product in (late, held)))  # one group
        wait_until(lambda: waiting_for_locks(database), "the group to be held up")
        database.execute("UPDATE review SET summary = 'Changed by hand' WHERE product_id = %s AND review_id = %s",
                         (late, shown["review_id"]))
        database.execute("SELECT product_version_renew()")
        learned = is_answered(learner, other) and learner.read_reply().status == 200 and is_answered(learner, other)
        holder.rollback()
        assert learner.read_reply().status == 200
        assert [client.read_reply().status for _ in range(2)] == [200, 200]
    return learned


def test_a_list_that_comes_late_is_not_kept_under_a_newer_epoch(start_server, own_seeded_database):
    """Its group was labelled before a change by hand, and is held up until another connection has seen the change."""
    database = own_seeded_database
    server = start_server(database, {"actors.placement": "shared", "actors.db": 1, "db.read_connections": 2})
    firsts = [first for (first,) in database.rows("SELECT first_product FROM segment ORDER BY first_product")]
    for late in range(3, 13):
        if hold_up(server, database, late, held=firsts[1] + 1, other=firsts[2] + 1):
            break
    else:
        pytest.fail("the other connection was never asked")
    for _ in range(3):
        assert ask(server, late)[0]["results"][0]["summary"] == "Changed by hand"


def test_a_load_in_place_of_the_reviews_is_seen(nodes, own_seeded_database, seed):
    before = ask(nodes[0], 12, times=3)[0]
    loaded = seed("load", "--dsn", own_seeded_database.dsn(), "--records", 5000, "--products", 100, "--seed", 99, "--replace")
    assert loaded.returncode == 0, loaded.stderr
    after = ask(nodes[0], 12)[0]
    assert after["results"] and after != before


def keeps_again(server):
    """Whether lists are served from what is kept."""
    before = metric(server, SERVED)
    ask(server, 3, times=3)
    return metric(server, SERVED) > before


@pytest.mark.parametrize("how", ["lost", "cancelled", "timed out"])
def test_lists_are_kept_again_after_versions_could_not_be_read(start_server, own_seeded_database, how):
    database = own_seeded_database
    server = start_server(database, {"actors.db": 1, "db.read_connections": 1}
                          | ({"deadline.request_ms": 1000, "deadline.queue_ms": 900} if how == "timed out" else {}))
    ask(server, 9, times=3)  # the statement is prepared
    ask(server, 3)
    with server.connect() as client, closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_version IN ACCESS EXCLUSIVE MODE")
        client.send(build_request("GET", list_path(3, "count=10")))  # met before, so it is to be kept
        pids = wait_until(lambda: waiting_for_locks(database), "a query for versions")
        if how == "timed out":
            assert client.read_reply().status in (200, 503, 504)  # in time or not
            assert client.request("GET", list_path(3, "count=10")).status == 200  # without versions, which are locked still
        else:
            function = "pg_terminate_backend" if how == "lost" else "pg_cancel_backend"
            database.rows(f"SELECT {function}(pid) FROM unnest(%s) AS pid", (pids,))
            wait_until(lambda: not set(pids) & set(waiting_for_locks(database)), "its end")
            holder.rollback()
            assert client.read_reply().status in (200, 503)
    wait_until(lambda: keeps_again(server), "a list that is kept")


def test_lists_are_served_while_the_role_may_not_read_versions(start_server, own_seeded_database):
    server = start_server(own_seeded_database, {"actors.db": 1})
    kept = ask(server, 3, times=3)[0]
    own_seeded_database.execute("REVOKE SELECT ON product_version FROM reviewd_server")
    assert ask(server, 3, times=5) == [kept] * 5
    assert ask(server, 4, times=5)[0]["results"]
    assert metric(server, "reviewd_kept_pages") == 0
    assert server.log_text().count("lists are not kept") == 1
    own_seeded_database.execute("GRANT SELECT ON product_version TO reviewd_server")
    wait_until(lambda: keeps_again(server), "a list that is kept")


def test_equal_reads_that_wait_share_a_query(start_server, own_seeded_database):
    server = start_server(own_seeded_database, {"actors.db": 1, "deadline.request_ms": 20000, "deadline.queue_ms": 20000,
                                                "db.connections": 3, "db.read_connections": 1, "db.write_connections": 1,
                                                "db.pipeline": 1, "db.batch": 1})
    with server.connect() as client, closing(own_seeded_database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_meta IN ACCESS EXCLUSIVE MODE")
        client.send(b"".join(build_request("GET", meta_path(product)) for product in range(1, 9)))  # fills all connections
        client.send(build_request("GET", list_path(5)) * 20 + build_request("GET", meta_path(77)) * 20)
        time.sleep(0.3)
        holder.rollback()
        replies = [client.read_reply() for _ in range(48)]
    assert [reply.status for reply in replies] == [200] * 48
    assert len({reply.body for reply in replies[8:28]}) == 1 and len({reply.body for reply in replies[28:]}) == 1
    assert metric(server, "reviewd_reads_joined_total") >= 36


def test_deep_pages_have_a_lane_of_their_own(nodes, own_seeded_database):
    product = own_seeded_database.rows("SELECT product_id FROM product_meta ORDER BY next_n DESC LIMIT 1")[0][0]
    deep = ask(nodes[0], product, query="count=100&page=50")[0]
    assert deep["results"] == []
    assert metric(nodes[0], "reviewd_batches_total", lane="slow") == 1
    total = 0
    for page in range(20):
        total += len(ask(nodes[0], product, query=f"count=100&page={page}")[0]["results"])
    with nodes[0].connect() as client:
        assert total == sum(Api(client).meta(product)["ratings"].values())
