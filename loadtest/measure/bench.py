"""What all measurements share: the sides that are measured, a single run, and the medians of several."""

import statistics
import sys

import loadgen
import peers
import processes
from pgbench import Pgbench
from server import Server

# A page is good under the product's version and that of all products, which is product 0's.
GOOD_PAGES = ("product_page LEFT JOIN product_version USING (product_id) WHERE product_page.version = coalesce(product_version.version, 0) "
              "AND product_page.epoch = (SELECT version FROM product_version WHERE product_id = 0)")
PIPELINE = 16  # statements that the pipelined pgbench sends at a time


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    """arguments: those of the command line. folder: for logs, scripts and peers; removed by the caller."""

    def __init__(self, arguments, database, folder):
        self.arguments, self.database, self.folder = arguments, database, folder
        self.rounds, self.seconds = arguments.rounds, arguments.seconds
        self.pgbench = Pgbench(database, arguments.build, folder / "scripts")
        self.running = []
        self.without_pages = None
        self.is_settled = False
        self.ready = None   # the peers that can be had
        self.versions = {}  # theirs

    def server(self, name="reviewd", build=None, **settings):
        """Starts a reviewd; stopped by stop()."""
        server = Server(build or self.arguments.build, self.database, self.folder / f"{name}.log", **settings)
        self.running.append(server)
        server.start()
        if not self.is_settled:
            self.settle(server)
        return server

    def server_without_pages(self):
        """A reviewd that reads every list from the reviews; stopped by stop()."""
        if self.without_pages not in self.running:
            self.without_pages = self.server("without-pages", options={"db.pages": "off"})
        return self.without_pages

    def settle(self, server):
        """What writes have left to do is done, and each product has a stored page, as when a shop has been open for a while."""
        self.is_settled = True
        for _ in range(4):
            pages, products = (int(self.database.query(f"SELECT count(*) FROM {what}")[0][0]) for what in (GOOD_PAGES, "product_meta"))
            say(f"{pages} of {products} products have a stored page")
            if pages >= 0.98 * products:
                break
            loadgen.run(self.arguments.loadgen, server.port, {"list": 1}, products=self.database.products, in_turn=True, warm_s=0,
                        seconds=2 + self.database.products / 15000)
        self.database.query("VACUUM (ANALYZE)", "CHECKPOINT")

    def _prepare_peers(self):
        self.ready = {}
        for name in () if self.arguments.without_peers else peers.PEERS:
            try:
                self.ready[name] = peers.Peer(name, self.database, self.folder)
                self.versions[name] = self.ready[name].version
            except peers.Missing as reason:
                say(f"the peer {name} is left out: {reason}")

    def peers(self, ours):
        """Starts those peers that can be had, and insists that they answer like the server `ours`."""
        if self.ready is None:
            self._prepare_peers()
        for name, peer in self.ready.items():
            self.running.append(peer)
            peer.start()
            path = peers.compare_answers(ours, peer, self.database.products)
            if path:
                raise RuntimeError(f"the peer {name} answers {path} unlike reviewd")
        return dict(self.ready)

    def stop(self, *servers):
        for server in servers or list(self.running):
            server.stop()
            self.running.remove(server)

    def ask(self, server, seed=1, **request):
        """One run of the HTTP clients, with the CPU that each part used."""
        seconds = request.pop("seconds", self.seconds)
        before = *processes.machine_cpu_s(), server.cpu_s(), self.database.cpu_s()
        counted = server.counted()
        result = loadgen.run(self.arguments.loadgen, server.port, products=self.database.products, seconds=seconds, seed=seed,
                             **request)
        busy, stolen, of_server, of_database = (after - since for since, after in zip(
            before, (*processes.machine_cpu_s(), server.cpu_s(), self.database.cpu_s())))
        result["server_cpu_s"], result["database_cpu_s"] = of_server, of_database
        result |= {name: value - counted[name] for name, value in server.counted().items()}
        result["load_cpu_s"] = result["cpu_s"] / result["seconds"] * (result["seconds"] + 1)
        result["other_cpu_s"] = max(0, busy - of_server - of_database - result["load_cpu_s"])
        result["stolen_percent"] = 100 * stolen / (busy + stolen)
        return result

    def measure_pgbench(self, seed=1, **statement):
        return self.pgbench.run(seconds=self.seconds, seed=seed, **statement)


def tell(name, side, result):
    """One line for one run."""
    line = f"  {name:12} {side:18} {result['rate']:8.0f}/s"
    if "latency_ms" in result:
        answers = result["answers"] / 1e6
        line += (f"  p50 {result['latency_ms']['50']:6.2f}  p99 {result['latency_ms']['99']:7.2f} ms"
                 f"  us/answer: server {result['server_cpu_s'] / answers:5.1f}"
                 f"  database {result['database_cpu_s'] / answers:5.1f}  load {result['load_cpu_s'] / answers:4.1f}"
                 f"  others {result['other_cpu_s'] / answers:4.1f}  taken by the host {result['stolen_percent']:.0f} %")
        if result["undisturbed_share"] > 0:
            line += f"  undisturbed p99 {result['undisturbed_latency_ms']['99']:6.2f} ({100 * result['undisturbed_share']:.0f} %)"
    say(line)


def median(results, *keys):
    """The median of results[...][key][key]…"""
    values = []
    for result in results:
        for key in keys:
            result = result[key]
        values.append(result)
    return statistics.median(values)
