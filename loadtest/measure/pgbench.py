"""PostgreSQL's own benchmark, running the statements by which the server answers a single request.

Each segment is named in the statement, as the server does. Where products are asked for evenly, each segment has a script of
its own, run as often as it has products; by Zipf's law one script draws the product and then branches.
"""

import math
import os
import re
import subprocess

ZIPF_EXPONENT = 0.99

# What a new review holds: as long as what reviewd-loadgen posts.
SUMMARY = "Fits as it should, and looks better than in the picture"
BODY = ("Warm, light, and true to size. I have worn it every day for two weeks now, in rain and in sun, and it still looks "
        "new. The zip runs well, the pockets are deep enough for a phone.")

# By kind of request: the statement, the server's name first that fits a single product, and its parameters.
STATEMENTS = {
    "list": (("PAGE",), ("ARRAY[:product]", "1::int2")),
    "list-rows": (("LIST_RELEVANT_ONE",), (":product", "10", "0")),
    "meta": (("META_ONE", "META"), (":product",)),
    "post": (("ADD_ONE", "ADD"), (":product", ":rating", "true", "1539", "now()", f"'{SUMMARY}'", f"'{BODY}'", "'Ada'",
                                  "'ada@example.com'", "NULL")),
    "vote": (("HELPFUL_ONE", "HELPFUL"), (":product", ":review", "1")),
}


def read_statements(build):
    printed = subprocess.run([build / "reviewd", "--statements"], check=True, capture_output=True, text=True).stdout
    return dict(line.split("\t", 1) for line in printed.splitlines())


def _statement(statements, kind):
    names, parameters = STATEMENTS[kind]
    name = next(name for name in names if name in statements)
    if name == "META":
        parameters = ("ARRAY[:product]",)
    return re.sub(r"\$(\d+)", lambda found: parameters[int(found.group(1)) - 1], statements[name])


def scatter_of(products):
    """With what ranks are multiplied to find their products: as reviewd-loadgen does."""
    scatter = int(products * 0.618) | 1
    while math.gcd(scatter, products) != 1:
        scatter += 1
    return scatter


def _draw_zipf(products):
    """Sets :product by Zipf's law, with the arithmetic of loadtest/loadgen/asking.c."""
    rest = 1 - ZIPF_EXPONENT
    low = 1.5**rest - rest
    span = (products + 0.5) ** rest - low
    return (f"\\set rank int(pow({low!r} + {span!r} * random(0, 9007199254740991) / 9007199254740992.0, {1 / rest!r}) + 0.5)\n"
            f"\\set product 1 + :rank * {scatter_of(products)} % {products}\n")


def _branches(segments, text):
    """Names the segment that holds :product, found by halves."""
    if len(segments) == 1:
        return text.replace("{leaf}", segments[0][0]) + ";\n"
    half = len(segments) // 2
    return (f"\\if :product < {segments[half][1]}\n" + _branches(segments[:half], text) + "\\else\n" +
            _branches(segments[half:], text) + "\\endif\n")


class Pgbench:
    def __init__(self, database, build, folder):
        self.database, self.folder, self.statements = database, folder, read_statements(build)
        folder.mkdir(parents=True, exist_ok=True)

    def _scripts(self, kind, zipf, pipeline):
        """(path, weight) of each script for one kind of request."""
        text = _statement(self.statements, kind)
        rest = {"vote": "\\set review :product * 1048576 + 1\n", "post": "\\set rating random(1, 5)\n"}.get(kind, "")
        segments = self.database.segments
        if "{leaf}" not in text:
            segments = [("", 1, self.database.products + 1)]
        name = f"{kind}{'-zipf' if zipf else ''}{'-pipeline' if pipeline > 1 else ''}"
        if zipf:
            query = _draw_zipf(self.database.products) + rest + _branches(segments, text)
            scripts = [(query, name, self.database.products)]
        else:
            scripts = [(f"\\set product random({first}, {end - 1})\n" + rest + text.replace("{leaf}", leaf) + ";\n",
                        f"{name}-{number}", end - first) for number, (leaf, first, end) in enumerate(segments)]
        written = []
        for query, script, weight in scripts:
            if pipeline > 1:
                query = "\\startpipeline\n" + query * pipeline + "\\endpipeline\n"
            path = self.folder / f"{script}.sql"
            path.write_text(query)
            written.append((path, weight))
        return written

    def run(self, kind, *, clients=16, zipf=False, pipeline=1, seconds=5.0, seed=1):
        """Statements a second; `pipeline` statements are sent at a time. kind: one, or {kind: weight} for a mix."""
        command = [str(self.database.bin / "pgbench"), "-h", self.database.socket, "-U", self.database.user, "-n", "-M",
                   "prepared", "-c", str(clients), "-j", "1", "-T", str(max(1, round(seconds))), f"--random-seed={seed}"]
        for one, share in (kind if isinstance(kind, dict) else {kind: 1}).items():
            for path, weight in self._scripts(one, zipf, pipeline):
                command += ["-f", f"{path}@{share * weight}"]
        environment = dict(os.environ, PGOPTIONS="-c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off")
        before = self.database.cpu_s()
        done = subprocess.run([*command, self.database.name], check=True, capture_output=True, text=True, env=environment)
        rate = float(re.search(r"^tps = ([\d.]+)", done.stdout, re.M).group(1)) * pipeline
        return {"rate": rate, "database_cpu_s": self.database.cpu_s() - before,
                "seconds": float(max(1, round(seconds)))}
