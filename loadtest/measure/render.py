"""The measurement of loadtest/render.sh, which makes the first database and calls this: ways to keep and render lists."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import median
from database import Database
from mix import KINDS, MIXED
from pgbench import read_statements

SQL = Path(__file__).resolve().parents[1] / "render"
# By name: what is asked for, and whether by Zipf's law.
PATHS = {
    "list": ({"list": 1}, False),
    "list-zipf": ({"list": 1}, True),
    "mixed": (MIXED, False),
    "mixed-zipf": (MIXED, True),
    "write": ({"post": 1, "vote": 4}, False),
    "write-zipf": ({"post": 1, "vote": 4}, True),
}


def _sql(name):
    return (SQL / f"{name}.sql").read_text()


HEAD = _sql("head")
PAGES = _sql("page-upsert")
# Those places whose product has another version than the one given; sent before the lists that it is to label, or to let pass.
VERSIONS = ("SELECT k.place, coalesce(v.version, 0) FROM unnest($1::int4[], $2::int8[]) WITH ORDINALITY AS k (product_id, version, place) "
            "LEFT JOIN LATERAL (SELECT version FROM product_version WHERE product_id = k.product_id OFFSET 0) AS v ON true "
            "WHERE coalesce(v.version, 0) <> k.version")
PRODUCTS = "(SELECT array_agg(product_id) FROM product_meta WHERE product_id >= %d AND product_id < %d)"


def _changed(text, *changes):
    """The text with (pattern, replacement) made, each of which must be found."""
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text)
        if count == 0:
            raise RuntimeError(f"a statement of the server has changed, \"{pattern}\" is not in it: {text}")
    return text


class Way:
    """A way to keep lists: a database made from another one's copy, its statements, and the form of what they answer."""

    def __init__(self, name, what, form, origin=None, script=None, staleness="none"):
        self.name, self.what, self.form, self.origin, self.script, self.staleness = name, what, form, origin, script, staleness

    def database(self):
        return f"render_{self.name}".replace("-", "_")

    def make(self, first):
        """Makes the database out of `first`, the one that was loaded."""
        first.query(f"DROP DATABASE IF EXISTS {self.database()}", f"CREATE DATABASE {self.database()} TEMPLATE {self.origin}")
        copy = Database(first.bin, first.socket, self.database())
        copy.query("DROP TRIGGER review_changed ON review")  # it is for others than the server, whose part is played by a superuser
        if self.script:
            pages = "".join(PAGES.replace("{leaf}", leaf).replace("$1::int4[]", PRODUCTS % (start, end)) + ";\n"
                            for leaf, start, end in first.segments)
            copy.run(_sql(self.script).replace("{pages}", pages).replace("{head}", HEAD))

    def statements(self, served):
        """{name of loadtest/render/text.def: text}, from the server's own."""
        texts = {"LIST": served["LIST_RELEVANT"], "LIST_ONE": served["LIST_RELEVANT_ONE"], "META": served["META"],
                 "ADD": served["ADD"], "VOTE": served["HELPFUL"]}
        if self.name == "kept":
            return texts | {"VERSIONS": VERSIONS, "LOCK": served["RENEW"]}
        # The others need no versions.
        texts["ADD"] = _changed(texts["ADD"], (r"renewed AS \(.*?RETURNING product_id\) , ", ""), ("meta, renewed", "meta"))
        if self.form == "page":
            texts["LIST"] = ("SELECT k.place, p.body FROM unnest($1::int4[]) WITH ORDINALITY AS k (product_id, place) "
                             "CROSS JOIN LATERAL (SELECT body FROM product_list WHERE product_id = k.product_id OFFSET 0) AS p")
            texts["LIST_ONE"] = "SELECT 1::int8, body FROM product_list WHERE product_id = $1::int4"
            texts["LOCK"] = "SELECT FROM product_meta WHERE product_id = ANY ($1::int4[]) ORDER BY product_id FOR UPDATE"
            texts["PAGES"] = PAGES.replace("{head}", HEAD)
        if self.form == "json":
            columns = (r"review_id, created_at, .*?, photos(?= FROM| \))", "head, helpfulness, photos")
            for name in ("LIST", "LIST_ONE"):
                texts[name] = _changed(texts[name], columns)
            # The server has rendered all behind the id.
            new = "'{\"review_id\":' || (($1::int8 << 20) + next_n)::text || $11::text"
            texts["ADD"] = _changed(
                texts["ADD"], (r"RETURNING review_id, .*?photos", "RETURNING head, helpfulness, photos"),
                (r"(summary, body, reviewer_name), email", r"\1, head, email"), (r"(\$6::text, \$7::text, \$8::text)", rf"\1, {new}"))
        if self.name == "json-only":
            texts["ADD"] = _changed(texts["ADD"], ("summary, body, reviewer_name, ", ""), (r"\$6::text, \$7::text, \$8::text, ", ""),
                                    ("FROM meta ", "FROM meta, (SELECT $6::text, $7::text, $8::text) AS unused "))
        return texts


WAYS = [
    Way("rows", "rows, rendered by the server", "rows"),
    Way("json", "JSON of each review, beside its columns", "json", "render_rows", "json"),
    Way("json-only", "JSON of each review, instead of its columns", "json", "render_json", "json-only"),
    Way("page", "the default list of each product", "page", "render_rows", "page"),
    Way("kept", "rows; lists kept by the server, 16 MiB", "rows", "render_rows"),
]


def relations_mib(database):
    """What the tables of the way take with their indexes, by what they hold."""
    return {name: int(size) / 2**20 for name, size in database.query(
        "SELECT CASE WHEN pg_inherits.inhparent IS NULL THEN relname::text ELSE 'reviews' END AS name, "
        "sum(pg_total_relation_size(pg_class.oid)) FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid "
        "WHERE relkind = 'r' AND relname ~ '^(review|product)_' GROUP BY name ORDER BY name")}


class Ways:
    """The ways that are measured, each with its database."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder, served = arguments, folder, read_statements(arguments.build)
        self.databases = {}
        for way in arguments.ways:
            self.databases[way.name] = Database(arguments.postgres_bin, arguments.socket, way.database())
            lines = (f"{name}\t{' '.join(text.split())}\n" for name, text in way.statements(served).items())
            (folder / way.name).write_text("".join(lines))

    def run(self, way, requests, zipf, seconds, seed, products=None):
        database = self.databases[way.name]
        command = [str(self.arguments.build / "reviewd-render"), database.dsn("postgres"), way.form, str(self.folder / way.name),
                   str(products or database.products), str(int(zipf)), *(str(requests.get(kind, 0)) for kind in KINDS),
                   str(seconds), str(seed)]
        before = database.cpu_s()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        result = json.loads(done.stdout)
        result["database_cpu_s"] = database.cpu_s() - before
        result["answers"] = result["lists"] + result["metas"] + result["writes"]
        result["rate"] = result["answers"] / result["seconds"]
        return result

    def compare(self, products=5000):
        """Insists that all ways give the same lists, byte for byte."""
        sums = {way.name: self.run(way, {"list": 1}, False, 0, 1, products)["checksum"] for way in self.arguments.ways}
        if len(set(sums.values())) != 1:
            raise RuntimeError(f"lists differ: {sums}")

    def warm(self, way):
        """Puts what lists and totals need into the shared buffers; the databases together may be larger."""
        self.databases[way.name].query(
            "CREATE EXTENSION IF NOT EXISTS pg_prewarm",
            "SELECT count(pg_prewarm(oid)) FROM pg_class WHERE relkind IN ('r', 'i') AND relname ~ '^(review_.*[0-9]|.*relevan.*|product_.*)$'")

    def measure(self, path, number):
        requests, zipf = PATHS[path]
        ways = self.arguments.ways[:: -1 if number % 2 == 0 else 1]
        for way in ways:
            self.warm(way)
            self.databases[way.name].checkpoint()
            self.run(way, requests, zipf, 1, 1000 + number)
            result = self.run(way, requests, zipf, self.arguments.seconds, number)
            print(f"  {path:10} {way.name:10} {result['rate']:8.0f}/s  us/answer: database "
                  f"{1e6 * result['database_cpu_s'] / result['answers']:6.1f}  client {1e6 * result['cpu_s'] / result['answers']:5.1f}"
                  f"  kept {100 * result['kept'] / max(1, result['lists']):.0f} %", file=sys.stderr, flush=True)
            yield way.name, result


def total_us(result):
    """CPU of the database and of the server's part, an answer."""
    return 1e6 * (result["database_cpu_s"] + result["cpu_s"]) / result["answers"]


def render_us(result):
    return 1e6 * result["render_s"] / max(1, result["lists"])


def table(results):
    """As docs/performance.md has it."""
    names = [way.name for way in WAYS if way.name in results["sizes"]]
    measured = [path for path in PATHS if path in results["paths"]]
    yield "| a second (CPU, µs an answer) | " + " | ".join(names) + " |"
    yield "|" + " --- |" * (len(names) + 1)
    for path in measured:
        cells = []
        for name in names:
            runs = results["paths"][path][name]
            cells.append(f"{median(runs, 'rate'):,.0f} ({median([{'us': total_us(run)} for run in runs], 'us'):.1f})")
        yield f"| {path} | " + " | ".join(cells) + " |"
    if "list" in measured:
        runs = results["paths"]["list"]
        cells = [f"{median([{'us': render_us(run)} for run in runs[name]], 'us'):.2f}" for name in names]
        yield "| of that from result to body, list | " + " | ".join(cells) + " |"
        cells = [f"{median([{'share': 100 * run['kept'] / run['lists']} for run in results['paths'].get('list-zipf', runs)[name]], 'share'):.0f} %"
                 for name in names]
        yield "| kept, list-zipf | " + " | ".join(cells) + " |"
    yield "| MiB, all | " + " | ".join(f"{sum(results['sizes'][name].values()):,.0f}" for name in names) + " |"
    yield ""
    for name in names:
        yield f"{name}: " + ", ".join(f"{what} {size:,.0f} MiB" for what, size in results["sizes"][name].items())


def main():
    parser = argparse.ArgumentParser(prog="loadtest/measure/render.py")
    for name in ("postgres-bin", "socket"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", default=",".join(PATHS), help="paths, with commas between")
    parser.add_argument("--step", choices=("make", "check", "measure"), help="only this of both")
    parser.add_argument("--results", type=Path, help="a file for all results, as JSON; what it holds of other paths is kept")
    arguments = parser.parse_args()
    arguments.ways = WAYS
    results = {"paths": {}}
    if arguments.results and arguments.results.exists():
        results = json.loads(arguments.results.read_text())
    if arguments.step in (None, "make"):
        first = Database(arguments.postgres_bin, arguments.socket, WAYS[0].database())
        for way in WAYS[1:]:
            print(f"making {way.database()}", file=sys.stderr, flush=True)
            way.make(first)
    with tempfile.TemporaryDirectory(prefix="reviewd-render-") as folder:
        ways = Ways(arguments, Path(folder))
        if arguments.step != "measure":
            ways.compare()
            results["sizes"] = {name: relations_mib(database) for name, database in ways.databases.items()}
        for path in arguments.only.split(",") if arguments.step in (None, "measure") else ():
            results["paths"][path] = {}
            for number in range(1, arguments.rounds + 1):
                for name, result in ways.measure(path, number):
                    results["paths"][path].setdefault(name, []).append(result)
    if arguments.results:
        arguments.results.write_text(json.dumps(results))
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
