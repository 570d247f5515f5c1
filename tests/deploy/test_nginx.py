"""nginx in front of two real nodes: what it passes, refuses, repeats, and how it bears nodes that slow down or die."""

import gzip
import itertools
import signal
import subprocess
import time
import urllib.request

import pytest

from api import add_path, list_path, meta_path, review_body, review_path, vote_path
from http_client import build_json_request, build_request
from nginx import CONF, Nginx
from prometheus import Metrics
from waiting import scaled, wait_until
from workers import Workers

numbers = itertools.count(1)
products = itertools.count(5_000_001)


def option(name):
    return (CONF / "options" / name).read_text()


MICRO_CACHE = {"micro-cache.conf": "micro-cache.conf", "location-micro-cache.inc": "location-micro-cache.inc"}
SECOND = MICRO_CACHE | {"location-micro-cache-second.inc": "micro-cache-second.inc"}


@pytest.fixture
def nodes(start_server, own_seeded_database):
    return [start_server(own_seeded_database) for _ in range(2)]


@pytest.fixture
def start_nginx(workspace):
    started = []

    def start(servers, options=None, **more):
        chosen = {name: option(file) for name, file in (options or {}).items()}
        nginx = Nginx(workspace / f"nginx{next(numbers)}", servers, chosen, **more)
        started.append(nginx)
        nginx.start()
        return nginx

    yield start
    for nginx in started:
        nginx.stop()


def requests_taken(server, operation="meta"):
    with server.connect_admin() as admin:
        return Metrics(admin.request("GET", "/metrics").body.decode()).value("reviewd_requests_total", operation=operation)


def add(port_owner, product):
    with port_owner.connect() as client:
        client.send(build_json_request("POST", add_path(product), review_body()))
        reply = client.read_reply()
    assert reply.status == 201, reply
    return reply.json()["review_id"]


def votes(server, review_id):
    with server.connect() as client:
        return client.request("GET", review_path(review_id)).json()["helpfulness"]


class Load(Workers):
    """Clients that ask for as long as the block lasts; what came is in `statuses`."""

    def __init__(self, nginx, path=lambda number: meta_path(number % 500 + 1), clients=6):
        self.nginx, self.path = nginx, path
        super().__init__(clients)
        self.statuses = []

    def work(self, seed):
        paths = map(self.path, itertools.count(seed * 7919))
        try:
            while not self.stopping.is_set():
                with self.nginx.connect() as client:
                    self._ask(client, paths)
        except Exception as error:  # told by the test's own thread
            self.statuses.append(repr(error))

    def _ask(self, client, paths):
        """Until the connection has served as many requests as nginx allows."""
        closes = False
        while not closes and not self.stopping.is_set():
            reply = client.request("GET", next(paths))
            self.statuses.append(reply.status)
            closes = reply.closes


@pytest.mark.parametrize("options", [{}, MICRO_CACHE, SECOND, {"site-loader-io.inc": "site-loader-io.inc.example"}])
def test_the_configuration_is_valid(workspace, options):
    nginx = Nginx(workspace / f"nginx{next(numbers)}", [], {name: option(file) for name, file in options.items()})
    (nginx.folder / "upstream.conf").write_text("upstream reviewd { server 127.0.0.1:1; include keepalive.conf; }")
    assert nginx.check() == ""


def test_the_tls_example_is_valid(workspace):
    nginx = Nginx(workspace / f"nginx{next(numbers)}", [])
    tls = nginx.folder / "tls"
    tls.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=shop.example",
                    "-keyout", tls / "privkey.pem", "-out", tls / "fullchain.pem"], check=True, capture_output=True)
    (nginx.folder / "upstream.conf").write_text("upstream reviewd { server 127.0.0.1:1; }")
    text = option("tls.conf.example").replace("/etc/reviewd-nginx/tls", str(tls))
    (nginx.folder / "conf.d/tls.conf").write_text(text)
    assert nginx.check() == ""


def test_answers_pass_as_they_are(nodes, start_nginx):
    nginx = start_nginx(nodes)
    for path, status in ((list_path(7, "count=10"), 200), (meta_path(7), 200), (review_path(7 << 20 | 1048575), 404), (list_path(7, "count=0"), 400)):
        with nginx.connect() as through, nodes[0].connect() as direct:
            a, b = through.request("GET", path), direct.request("GET", path)
        assert (a.status, a.body) == (status, b.body)
        assert a.field("Content-Type") == b.field("Content-Type")
        assert a.field("Access-Control-Allow-Origin") == "*"


def test_long_answers_are_compressed_for_who_takes_it(nodes, start_nginx):
    nginx = start_nginx(nodes)
    url = f"http://127.0.0.1:{nginx.port}{list_path(7, 'count=10')}"
    with urllib.request.urlopen(url) as plain, urllib.request.urlopen(
            urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})) as packed:
        assert plain.headers["Content-Encoding"] is None and packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.read()) == plain.read()


def test_its_own_refusals_look_like_those_of_a_node(nodes, start_nginx):
    nginx = start_nginx(nodes)
    with nginx.connect() as client:
        client.send_if_wanted(build_json_request("POST", add_path(7), {"body": "x" * 70000}))
        reply = client.read_reply()
    assert reply.status == 413 and reply.field("Content-Type") == "application/problem+json"
    assert reply.json()["status"] == 413


def test_a_client_out_of_private_networks_is_limited(nodes, start_nginx):
    nginx = start_nginx(nodes)
    with nginx.connect() as client:
        # The load balancer in front, on a private address, is believed.
        replies = [client.request("GET", meta_path(7), fields=(("X-Forwarded-For", "203.0.113.9"),)) for _ in range(600)]
        own = [client.request("GET", meta_path(7)).status for _ in range(600)]
    refused = [reply for reply in replies if reply.status == 429]
    assert refused and {reply.status for reply in replies} == {200, 429}
    assert refused[0].field("Retry-After") == "1" and refused[0].json()["status"] == 429
    assert set(own) == {200}


def test_the_log_is_json_and_tells_no_query(nodes, start_nginx):
    nginx = start_nginx(nodes)
    with nginx.connect() as client:
        client.request("GET", list_path(7, "count=3"), fields=(("X-Forwarded-For", "203.0.113.9"),))
    wait_until(lambda: any(line["path"] == "/reviews/7/list" for line in nginx.logged()), "the log")
    line = next(line for line in nginx.logged() if line["path"] == "/reviews/7/list")
    assert line["client"] == "203.0.113.9" and line["status"] == 200 and line["node"].startswith("127.0.0.1:")
    assert "count=3" not in nginx.log.read_text()


def test_requests_are_spread_over_the_nodes(nodes, start_nginx):
    nginx = start_nginx(nodes)
    with Load(nginx, clients=24) as load:
        wait_until(lambda: len(load.statuses) > scaled(10000), "requests")
    shares = [requests_taken(node) for node in nodes]
    assert set(load.statuses) == {200}
    # How evenly depends on how long a node takes, and so on what else the machine does: ./dev fleet measures it.
    assert min(shares) > sum(shares) / 4, shares


def test_a_slow_node_gets_fewer(start_server, own_seeded_database, start_nginx):
    nodes = [start_server(own_seeded_database) for _ in range(2)]
    nginx = start_nginx(nodes)
    with Load(nginx, clients=12) as load:
        for _ in range(scaled(20)):
            nodes[0].process.send_signal(signal.SIGSTOP)
            time.sleep(0.08)
            nodes[0].process.send_signal(signal.SIGCONT)
            time.sleep(0.02)
    slow, fast = (requests_taken(node) for node in nodes)
    assert set(load.statuses) == {200}
    assert slow < 0.7 * fast, (slow, fast)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_read_fails_while_nodes_go_and_come_back(nodes, start_nginx, how):
    nginx = start_nginx(nodes)
    with Load(nginx) as load:
        for node in nodes:
            time.sleep(0.3)
            node.process.send_signal(how)
            node.process.wait()
            time.sleep(0.3)
            node.start()
            time.sleep(2.5)  # until nginx tries it again
    assert set(load.statuses) == {200} and len(load.statuses) > 500


def test_a_vote_that_could_not_be_sent_goes_to_another_node(nodes, start_nginx):
    nginx = start_nginx(nodes)
    review_id = add(nodes[0], next(products))
    nodes[1].kill()
    with nginx.connect() as client:
        statuses = [client.request("PUT", vote_path(review_id)).status for _ in range(20)]
    assert statuses == [204] * 20
    assert votes(nodes[0], review_id) == 20


def test_what_was_sent_and_not_answered_is_not_sent_again(nodes, start_nginx):
    """A node that stands still has taken the vote: the other must not count it a second time."""
    nginx = start_nginx(nodes[:1])
    product = next(products)
    review_id = add(nodes[0], product)
    nodes[0].process.send_signal(signal.SIGSTOP)
    try:
        with nginx.connect() as voter, nginx.connect() as writer:
            voter.send(build_request("PUT", vote_path(review_id)))
            writer.send(build_json_request("POST", add_path(product), review_body()))
            assert [voter.read_reply().status, writer.read_reply().status] == [502, 502]
    finally:
        nodes[0].process.send_signal(signal.SIGCONT)
    with nodes[0].connect() as client:
        wait_until(lambda: client.request("GET", review_path(review_id)).json()["helpfulness"] > 0, "the vote")
        time.sleep(0.5)
        assert client.request("GET", review_path(review_id)).json()["helpfulness"] == 1
        assert len(client.request("GET", list_path(product, "count=10")).json()["results"]) == 2


def test_without_any_node_the_answer_says_so(nodes, start_nginx):
    nginx = start_nginx(nodes)
    for node in nodes:
        node.kill()
    with nginx.connect() as client:
        for method, path in (("GET", meta_path(7)), ("PUT", vote_path(7 << 20 | 1))):
            reply = client.request(method, path)
            assert reply.status == 502 and reply.field("Retry-After") == "1"
            assert reply.json()["type"] == "/problems/no-node"


def test_the_micro_cache_obeys_cache_control(nodes, start_nginx):
    obedient, second = start_nginx(nodes, MICRO_CACHE), start_nginx(nodes, SECOND)
    for nginx, expected in ((obedient, {"MISS"}), (second, {"MISS", "HIT"})):
        with nginx.connect() as client:
            seen = [client.request("GET", meta_path(11)).field("X-Cache") for _ in range(5)]
        assert set(seen) == expected


def test_files_are_kept_by_their_hashed_names(nodes, start_nginx, tmp_path):
    (tmp_path / "index.html").write_text("<p>shop</p>")
    (tmp_path / "reviews-0a1b2c3d4e.js").write_text("export {};")
    nginx = start_nginx(nodes, web=tmp_path)
    with nginx.connect() as client:
        page, script = client.request("GET", "/"), client.request("GET", "/reviews-0a1b2c3d4e.js")
        assert client.request("GET", "/nothing-0a1b2c3d4e.js").status == 404
    assert (page.status, page.body, page.field("Cache-Control")) == (200, b"<p>shop</p>", "no-cache")
    assert script.status == 200 and "immutable" in script.field("Cache-Control")
