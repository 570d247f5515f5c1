"""Files of old reviews for reviewd-seed load, and what it does with them."""

import csv
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path

import psycopg2

ORIGINAL = "product_id,rating,recommend,helpfulness,summary,body,response,reviewer_name,email,reported,photos,date"
ORIGINAL_CHARACTERISTICS = "product_id,fit,length,comfort,quality,width,size"
ATELIER = (
    "id,product_id,rating,date,summary,body,recommend,reported,reviewer_name,reviewer_email,response,helpfulness")
ATELIER_CHARACTERISTICS = "id,product_id,name"
ATELIER_RATINGS = "id,characteristic_id,review_id,value"
ATELIER_PHOTOS = "id,review_id,url"

GOOD = {
    "product_id": "7", "rating": "4", "recommend": "true", "helpfulness": "3", "summary": "Fine", "body": "As it should be",
    "response": "", "reviewer_name": "ann", "email": "ann@example.com", "reported": "false", "photos": "",
    "date": "2024-12-26T10:12:05Z",
}  # fmt: skip
URL = "https://images.example.com/1.jpg"


def quoted(value):
    return '"' + value.replace('"', '""') + '"'


def original_line(**changes):
    """A line of the original's reviews; a value of bytes is put in as it is."""
    fields = GOOD | changes
    assert len(fields) == len(GOOD)
    return b",".join(v if isinstance(v, bytes) else quoted(v).encode() for v in fields.values())


def moment(text):
    return datetime.fromisoformat(text)


def write(path, header, *lines, end=b"\n"):
    """A file of these lines (text or bytes)."""
    every = [line if isinstance(line, bytes) else line.encode() for line in (header, *lines)]
    path.write_bytes(end.join(every) + end)
    return path


def query(dsn, sql, *parameters):
    """The rows of one statement."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchall()


def rejects(folder):
    """What was rejected: (name of the file, line, reason, text in Latin-1 so that no byte is lost)."""
    path = folder / "reviewd-rejects.csv"
    if not path.exists():
        return []
    assert path.stat().st_mode & 0o077 == 0
    with open(path, newline="", encoding="latin-1") as file:
        csv.field_size_limit(1 << 21)
        rows = list(csv.reader(file, strict=True))
    assert rows[0] == ["file", "line", "reason", "text"]
    return [(Path(name).name, int(line), reason, text) for name, line, reason, text in rows[1:]]


def reject_lines(folder):
    return [(name, line) for name, line, _, _ in rejects(folder)]


def assert_totals(dsn):
    """The totals are those of the reviews."""
    assert query(
        dsn, "(TABLE product_meta EXCEPT SELECT * FROM product_meta_recount(1, 2147483647)) UNION ALL "
        "(SELECT * FROM product_meta_recount(1, 2147483647) EXCEPT TABLE product_meta)") == []


def atelier_line(number, product=1, **changes):
    fields = dict(zip(ATELIER.split(","), [
        str(number), str(product), "5", "1610178433963", "Nice", f"Body of {number}", "true", "false", "bob",
        "bob@example.com", "null", "7"])) | changes
    return ",".join(quoted(value) if name in ("summary", "body", "response") else value for name, value in fields.items())


class Loader:
    """Runs reviewd-seed in a folder, on a database that is empty at first."""

    def __init__(self, binaries, dsn, folder):
        self.program = str(binaries.reviewd_seed)
        self.dsn = dsn
        self.folder = folder

    def run(self, *arguments, **options):
        return subprocess.run(
            [self.program, *map(str, arguments)],
            capture_output=True, text=True, timeout=300, check=False, cwd=self.folder, **options)

    def load(self, *arguments):
        """Loads files that must load."""
        done = self.run("load", "--dsn", self.dsn, *arguments)
        assert done.returncode == 0, done.stderr
        return done

    def refuse(self, *arguments):
        """Loads files that must be refused: nothing is loaded, and nothing but the rejects is left."""
        done = self.run("load", "--dsn", self.dsn, *arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        assert query(self.dsn, "SELECT count(*) FROM review") == [(0,)]
        assert not list(self.folder.glob("*.partial"))
        return done.stderr

    def start(self, *arguments):
        """Begins to load files."""
        return subprocess.Popen(
            [self.program, "load", "--dsn", self.dsn, *map(str, arguments)],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
