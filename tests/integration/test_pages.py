"""Stored pages of products: they spare PostgreSQL work, and never show less than their reviews do, on any node."""

import random
import signal
import threading
import time
from contextlib import closing

import pytest
from api import Api, list_path, meta_path, vote_path
from http_client import build_request
from prometheus import Metrics
from slow import waiting_for_locks
from waiting import scaled, wait_until

SERVED = "reviewd_pages_served_total"
STORED = "reviewd_pages_stored_total"


def metric(server, name, **labels):
    with server.connect_admin() as admin:
        return Metrics(admin.request("GET", "/metrics").body.decode()).value(name, **labels)


def ask(server, product, times=1, query="count=10"):
    with server.connect() as client:
        return [client.request("GET", list_path(product, query)).json() for _ in range(times)]


@pytest.fixture
def nodes(start_server, own_seeded_database):
    return [start_server(own_seeded_database) for _ in range(2)]


def ask_until_stored(server, product, query="count=10"):
    """The list, whose page is stored afterwards."""
    before = metric(server, STORED)
    shown = ask(server, product, query=query)[0]
    wait_until(lambda: metric(server, STORED) > before, "the page to be stored")
    return shown


def products_with(database, condition):
    """Three products whose number of reviews, some of which may be hidden, fits the condition."""
    rows = database.rows(f"SELECT product_id FROM product_meta WHERE next_n {condition} ORDER BY product_id LIMIT 3")
    assert len(rows) == 3
    return [product for (product,) in rows]


def test_a_list_is_served_from_the_page_of_its_product(nodes, own_seeded_database):
    product = products_with(own_seeded_database, ">= 30")[0]
    first = ask_until_stored(nodes[0], product)
    assert len(first["results"]) == 10
    for server in nodes:
        assert ask(server, product, times=3) == [first] * 3
        assert metric(server, SERVED) == 3
    assert own_seeded_database.rows("SELECT product_id FROM product_page") == [(product,)]


def test_a_page_answers_what_its_reviews_do(start_server, own_seeded_database):
    """All counts and pages, of products with more reviews than a page holds, with fewer, and with none."""
    plain, stored = (start_server(own_seeded_database, {"db.pages": pages}) for pages in ("off", "stored"))
    for product in products_with(own_seeded_database, ">= 30") + products_with(own_seeded_database, "< 10") + [99_999_999]:
        queries = [f"count={count}&page={page}" for count in range(1, 13) for page in range(12 // count + 1)]
        expected = [ask(plain, product, query=query)[0] for query in queries]
        for _ in range(3):
            assert [ask(stored, product, query=query)[0] for query in queries] == expected
    assert metric(stored, SERVED) > 0
    assert metric(plain, SERVED) == metric(plain, STORED) == 0


def test_other_orders_and_later_reviews_have_no_page(nodes, own_seeded_database):
    product = products_with(own_seeded_database, ">= 30")[0]
    for query in ("sort=newest&count=5", "sort=helpfulness&count=5", "count=11", "count=5&page=2"):
        assert ask(nodes[0], product, times=3, query=query)[0]["results"]
    assert ask(nodes[0], 99_999_999, times=3)[0]["results"] == []
    assert metric(nodes[0], STORED) == metric(nodes[0], SERVED) == 0
    assert own_seeded_database.rows("SELECT product_id FROM product_page") == []


@pytest.mark.parametrize("writer", [0, 1])
def test_each_write_is_seen_by_the_next_list_on_each_node(nodes, writer):
    product = 4_000_000
    with nodes[writer].connect() as client:
        api = Api(client)

        def shown():
            lists = [ask(server, product, times=2)[1]["results"] for server in nodes]
            assert lists[0] == lists[1]
            return {review["review_id"]: review["helpfulness"] for review in lists[0]}

        expected = {}
        for round_number in range(9):
            added = api.add(product)["review_id"]
            assert shown() == expected | {added: 0}
            api.vote(added)
            assert shown() == expected | {added: 1}
            if round_number % 2 == 0:
                api.report(added)
            else:
                expected[added] = 1
            assert shown() == expected
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
                results = client.request("GET", list_path(product, "count=10")).json()["results"]
                seen = [r["helpfulness"] for r in results if r["review_id"] == reviews[product]]
                looks.append(len(seen))
                if seen and seen[0] < least:
                    failures.append(f"product {product}: {seen[0]} votes shown, {least} acknowledged")

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


def test_a_page_that_is_stored_late_is_not_sent(start_server, own_seeded_database):
    """What it shows was read before a vote, and it comes when the vote has been acknowledged."""
    server = start_server(own_seeded_database, {"actors.db": 1})
    ask_until_stored(server, 3)  # the statements are prepared
    with server.connect() as client, closing(own_seeded_database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_page IN EXCLUSIVE MODE")  # it can be read
        shown = ask(server, 9)[0]["results"][0]
        wait_until(lambda: waiting_for_locks(own_seeded_database), "the query that stores")
        Api(client).vote(shown["review_id"])
        holder.rollback()
        wait_until(lambda: own_seeded_database.rows("SELECT FROM product_page WHERE product_id = 9"), "the page")
        for _ in range(3):
            voted = next(r for r in ask(server, 9)[0]["results"] if r["review_id"] == shown["review_id"])
            assert voted["helpfulness"] == shown["helpfulness"] + 1


def test_a_page_that_was_read_before_a_connection_was_lost_is_not_stored(start_server, own_seeded_database):
    """The next server may not have what it shows."""
    database = own_seeded_database
    server = start_server(database, {"actors.db": 1, "db.read_connections": 2})
    ask_until_stored(server, 3)
    with closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_page IN EXCLUSIVE MODE")  # it can be read
        ask(server, 9)
        pids = wait_until(lambda: waiting_for_locks(database), "the query that stores")
        assert ask(server, 12)[0]["results"]  # on the other connection; its page waits for that query
        database.rows("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", (pids,))
        wait_until(lambda: "connection lost" in server.log_text(), "the end of the connection")
        holder.rollback()
    ask_until_stored(server, 5)
    assert database.rows("SELECT product_id FROM product_page ORDER BY product_id") == [(3,), (5,)]
    ask_until_stored(server, 12)


def test_pages_are_stored_again_after_a_crash_of_postgresql(own_cluster, crashable_database, start_server):
    server = start_server(crashable_database)
    with server.connect() as client:
        product = 77
        Api(client).add(product)
        shown = ask_until_stored(server, product)
        own_cluster.stop(signal.SIGQUIT)
        own_cluster.start()
        wait_until(server.is_ready, "the server to recover")
    assert ask(server, product)[0] == shown
    wait_until(lambda: crashable_database.rows("SELECT product_id FROM product_page") == [(product,)], "the page")


@pytest.mark.parametrize("change", [
    "UPDATE review SET summary = 'Changed by hand' WHERE review_id = %(review)s AND product_id = 11",
    "DELETE FROM review WHERE review_id = %(review)s AND product_id = 11",
    "INSERT INTO review (review_id, product_id, created_at, relevance, rating, recommend, summary, body, reviewer_name, email) "
    "SELECT review_id + 1000, product_id, created_at, relevance + interval '10 years', rating, recommend, 'Changed by hand', body, "
    "reviewer_name, email FROM review WHERE product_id = 11 AND review_id = %(review)s",
])
def test_changes_by_hand_are_seen_at_once(nodes, own_seeded_database, change):
    server = nodes[0]
    before = ask_until_stored(server, 11)
    own_seeded_database.execute(change, {"review": before["results"][0]["review_id"]})
    after = ask(server, 11)[0]["results"]
    assert after != before["results"]
    assert (after[0]["summary"] == "Changed by hand") != change.startswith("DELETE")


def test_who_may_change_reviews_needs_no_right_to_their_versions(nodes, own_seeded_database):
    shown = ask_until_stored(nodes[0], 11)["results"][0]
    own_seeded_database.execute("DO $$ BEGIN CREATE ROLE moderator; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    own_seeded_database.execute("GRANT SELECT, UPDATE ON review TO moderator")
    own_seeded_database.execute("SET ROLE moderator; UPDATE review SET response = 'Thank you' WHERE product_id = 11 AND review_id = %s; "
                                "RESET ROLE", (shown["review_id"],))
    assert ask(nodes[0], 11)[0]["results"][0]["response"] == "Thank you"


def test_a_product_that_is_moved_by_hand_is_seen_at_both_places(nodes, own_seeded_database):
    here, there = (ask_until_stored(nodes[0], product) for product in (11, 12))
    review = here["results"][0]["review_id"]
    own_seeded_database.execute("UPDATE review SET product_id = 12, review_id = %s WHERE product_id = 11 AND review_id = %s",
                                ((12 << 20) + 99_999, review))
    assert review not in [r["review_id"] for r in ask(nodes[0], 11)[0]["results"]]
    assert ask(nodes[0], 12)[0] != there


def test_all_pages_are_void_when_told(nodes, own_seeded_database):
    server = nodes[0]
    shown = ask_until_stored(server, 11)["results"][0]
    with closing(own_seeded_database.connect()) as connection:  # as a server does, but without a word to product_version
        cursor = connection.cursor()
        cursor.execute("ALTER TABLE review DISABLE TRIGGER USER")
        cursor.execute("UPDATE review SET summary = 'Changed silently' WHERE product_id = 11 AND review_id = %s", (shown["review_id"],))
        cursor.execute("ALTER TABLE review ENABLE TRIGGER USER")
        connection.commit()
    assert ask(server, 11)[0]["results"][0] == shown  # nobody told
    own_seeded_database.execute("SELECT product_version_renew()")
    assert ask(server, 11)[0]["results"][0]["summary"] == "Changed silently"


@pytest.mark.parametrize("damage", ["reviews = ''", "reviews = '\\x00'", "reviews = substring(reviews FOR length(reviews) - 1)",
                                    "reviews = overlay(reviews PLACING '\\xffffffff' FROM 9)", "format = format + 1",
                                    "version = version + 1", "epoch = epoch + 1"])
def test_a_page_of_another_kind_is_not_sent(nodes, own_seeded_database, damage):
    product = products_with(own_seeded_database, ">= 30")[0]
    shown = ask_until_stored(nodes[0], product, query="count=2&page=1")
    own_seeded_database.execute(f"UPDATE product_page SET {damage}")
    for server in nodes:
        assert ask(server, product, query="count=2&page=1")[0] == shown
    assert metric(nodes[0], SERVED) == 0
    wait_until(lambda: serves_pages(nodes[0], product), "a good page in its place")


def test_a_load_in_place_of_the_reviews_is_seen(nodes, own_seeded_database, seed):
    before = ask(nodes[0], 12, times=3)[0]
    loaded = seed("load", "--dsn", own_seeded_database.dsn(), "--records", 5000, "--products", 100, "--seed", 99, "--replace")
    assert loaded.returncode == 0, loaded.stderr
    after = ask(nodes[0], 12)[0]
    assert after["results"] and after != before


def serves_pages(server, product=3):
    """Whether lists are served from pages."""
    before = metric(server, SERVED)
    ask(server, product, times=3)
    return metric(server, SERVED) > before


@pytest.mark.parametrize("how", ["lost", "cancelled", "timed out"])
def test_pages_are_read_again_after_they_could_not_be(start_server, own_seeded_database, how):
    database = own_seeded_database
    server = start_server(database, {"actors.db": 1, "db.read_connections": 1}
                          | ({"deadline.request_ms": 1000, "deadline.queue_ms": 900} if how == "timed out" else {}))
    ask_until_stored(server, 9)  # the statement is prepared
    with server.connect() as client, closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_page IN ACCESS EXCLUSIVE MODE")
        client.send(build_request("GET", list_path(3, "count=10")))
        pids = wait_until(lambda: waiting_for_locks(database), "a query for a page")
        if how == "timed out":
            assert client.read_reply().status in (200, 503, 504)  # in time or not
            # Without pages, which are locked still. One that comes just then may be taken to be behind the one that waited too long.
            wait_until(lambda: client.request("GET", list_path(3, "count=10")).status == 200, "a list without its page")
        else:
            function = "pg_terminate_backend" if how == "lost" else "pg_cancel_backend"
            database.rows(f"SELECT {function}(pid) FROM unnest(%s) AS pid", (pids,))
            wait_until(lambda: not set(pids) & set(waiting_for_locks(database)), "its end")
            holder.rollback()
            assert client.read_reply().status in (200, 503)
    wait_until(lambda: serves_pages(server), "a list from a page")


def test_lists_that_wait_for_pages_which_cannot_be_read_do_without(start_server, own_seeded_database):
    database = own_seeded_database
    server = start_server(database, {"actors.db": 1, "db.connections": 2, "db.read_connections": 1, "db.write_connections": 1})
    ask_until_stored(server, 9)
    with server.connect() as first, server.connect() as second, closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE product_page IN ACCESS EXCLUSIVE MODE")
        first.send(build_request("GET", list_path(3, "count=10")))
        pids = wait_until(lambda: waiting_for_locks(database), "a query for a page")
        second.send(build_request("GET", list_path(4, "count=10")))
        wait_until(lambda: metric(server, "reviewd_db_unanswered") == 2, "the second list to wait behind it")
        database.rows("SELECT pg_cancel_backend(pid) FROM unnest(%s) AS pid", (pids,))
        assert first.read_reply().status == 200 and second.read_reply().status == 200  # while the pages are locked still


@pytest.mark.parametrize(("right", "event"), [("SELECT", "pages are not read"), ("INSERT", "pages are not stored")])
def test_lists_are_served_while_the_role_lacks_a_right(start_server, own_seeded_database, right, event):
    server = start_server(own_seeded_database, {"actors.db": 1})
    shown = ask_until_stored(server, 3)
    own_seeded_database.execute(f"REVOKE {right} ON product_page FROM reviewd_server")
    assert ask(server, 3, times=5) == [shown] * 5
    assert ask(server, 4, times=5)[0]["results"]
    wait_until(lambda: event in server.log_text(), "a word in the log")
    assert server.log_text().count(event) == 1
    own_seeded_database.execute(f"GRANT {right} ON product_page TO reviewd_server")
    wait_until(lambda: serves_pages(server), "a list from a page")
    wait_until(lambda: ask(server, 5) and own_seeded_database.rows("SELECT FROM product_page WHERE product_id = 5"), "a page that is stored")


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
