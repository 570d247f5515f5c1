"""A private PostgreSQL: a cluster of its own in a folder, reached through a Unix socket only unless a test says otherwise."""

import os
import shutil
import signal
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from waiting import wait_until

SUPERUSER = "postgres"
SERVER_ROLE = "reviewd_server"

# The socket's connections need no password. The server is given one nevertheless, to see that it never tells.
SERVER_PASSWORD = "a-password-never-told"

OPTIONS = {
    "listen_addresses": "",
    "max_connections": "150",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_min_messages": "fatal",
}


@dataclass(frozen=True)
class Database:
    cluster: "Cluster"
    name: str

    def dsn(self, role=SUPERUSER):
        password = f" password={SERVER_PASSWORD}" if role == SERVER_ROLE else ""
        return f"host={self.cluster.folder} port={self.cluster.port} dbname={self.name} user={role}{password}"

    def connect(self, role=SUPERUSER):
        """A connection in autocommit mode."""
        connection = psycopg2.connect(self.dsn(role))
        connection.autocommit = True
        return connection

    def rows(self, sql, arguments=None):
        """The rows of a query by the superuser."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return cursor.fetchall()

    def execute(self, sql, arguments=None):
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql, arguments)

    def value(self, sql, arguments=None):
        return self.rows(sql, arguments)[0][0]


class Cluster:
    """Made in a folder whose path is short enough for a socket (less than 90 bytes). `options` come on top of OPTIONS. With a
    `primary`, which must run, it is a standby of that."""

    def __init__(self, folder, options=None, primary=None):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.options = OPTIONS | (options or {})
        self.process = None
        self.count = 0
        self.folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.folder, SUPERUSER, SUPERUSER)
        if primary is None:
            command = ["initdb", f"--pgdata={self.data}", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        else:
            command = ["pg_basebackup", f"--pgdata={self.data}", f"--host={primary.folder}", f"--port={primary.port}"]
            command += ["--write-recovery-conf", "--checkpoint=fast"]
        command += [f"--username={SUPERUSER}", "--no-sync"]
        subprocess.run(_as_superuser(command), cwd=self.folder, check=True, capture_output=True)

    @property
    def port(self):
        return self.options.get("port", "5432")

    def start(self):
        command = ["postgres", "-D", str(self.data), "-k", str(self.folder)]
        command += [f"--{name}={value}" for name, value in self.options.items()]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                _as_superuser(command), cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._is_up, "PostgreSQL to start")

    def _is_up(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            psycopg2.connect(self.database("postgres").dsn()).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self, how=signal.SIGINT):
        """SIGINT: a fast shutdown; SIGQUIT: an immediate one, as after a crash. No matter if it is stopped already."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait()

    def database(self, name):
        return Database(self, name)

    def create_database(self, template="template1"):
        """A new database, a copy of one that nobody is connected to."""
        self.count += 1
        name = f"reviews_{self.count}"
        self.database("postgres").execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.database(name)


def _as_superuser(command):
    """The command as the user postgres if we are root, whom PostgreSQL refuses; it is stopped if the tests die."""
    program = shutil.which(command[0]) or _newest(f"/usr/lib/postgresql/*/bin/{command[0]}")
    wrapper = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() == 0:
        wrapper += [f"--reuid={SUPERUSER}", f"--regid={SUPERUSER}", "--init-groups"]
    return wrapper + ["--", program] + command[1:]


def _newest(pattern):
    found = sorted(Path("/").glob(pattern.lstrip("/")), key=lambda path: int(path.parts[-3]))
    assert found, f"no {pattern}: is PostgreSQL installed?"
    return str(found[-1])
