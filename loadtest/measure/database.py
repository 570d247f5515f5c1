"""The database that everybody is measured on: what it holds, and what its processes use."""

import subprocess
from pathlib import Path

import processes


class Database:
    def __init__(self, bin_folder, socket, name, user="postgres"):
        self.bin, self.socket, self.name, self.user = Path(bin_folder), socket, name, user
        data = self.query("SHOW data_directory")[0][0]
        self.postmaster = int((Path(data) / "postmaster.pid").read_text().split()[0])
        self.segments = [(leaf, int(first), int(end)) for leaf, first, end in self.query(
            "SELECT leaf, first_product, least(end_product, (SELECT max(product_id) + 1 FROM product_meta)) FROM segment "
            "WHERE first_product <= (SELECT max(product_id) FROM product_meta) ORDER BY first_product")]
        self.products = self.segments[-1][2] - 1

    def query(self, *statements):
        command = [str(self.bin / "psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", self.dsn(self.user)]
        for statement in statements:
            command += ["-c", statement]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return [line.split("|") for line in done.stdout.splitlines()]

    def run(self, script):
        """Statements, each in a transaction of its own."""
        subprocess.run([str(self.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", self.dsn(self.user)],
                       input=script, check=True, text=True)

    def dsn(self, user="reviewd_server"):
        return f"host={self.socket} port=5432 user={user} dbname={self.name}"

    def cpu_s(self):
        """CPU seconds of PostgreSQL so far, those of sessions that have ended among them."""
        return processes.family_cpu_s(self.postmaster)

    def checkpoint(self):
        self.query("CHECKPOINT")
