"""A machine of deploy/aws in a folder, and a PostgreSQL as RDS offers it: TLS, passwords, and an owner that is no superuser."""

import json
import os
import shlex
import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path

from psycopg2.extensions import encrypt_password

from cluster import Cluster
from server import free_port

TOP = Path(__file__).resolve().parents[2]
OWNER_PASSWORD = "Owner-%-password'never told"
SERVER_PASSWORD = "Server-password_never.told~40"
SECRETS = {"arn:aws:secretsmanager:eu-west-1:1:secret:rds!db-1": OWNER_PASSWORD, "arn:aws:secretsmanager:eu-west-1:1:secret:Server-1": SERVER_PASSWORD}
OWNER_SECRET, SERVER_SECRET = SECRETS


def certificates(folder):
    """An authority (ca.pem) and what it says of localhost (server.pem, server.key)."""
    folder.mkdir()

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=authority")
    openssl("req", *new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "extensions").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions", "-out", "server.pem")
    return folder


class Rds:
    """A private PostgreSQL whose log holds every statement."""

    def __init__(self, folder, authority):
        options = {"listen_addresses": "localhost", "port": str(free_port()), "ssl": "on", "ssl_cert_file": "server.pem", "ssl_key_file": "server.key",
                   "log_statement": "all", "log_min_messages": "log", "log_connections": "on"}
        self.cluster = Cluster(folder, options)
        data = self.cluster.data
        for name in ("server.pem", "server.key"):
            shutil.copyfile(authority / name, data / name)
            (data / name).chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(data / name, data.owner(), data.group())
        (data / "pg_hba.conf").write_text("local all postgres trust\nhostssl all all all scram-sha-256\n")
        self.cluster.start()
        postgres = self.cluster.database("postgres")
        postgres.execute("CREATE ROLE reviewd_owner LOGIN CREATEROLE CREATEDB")
        self.set_password("reviewd_owner", OWNER_PASSWORD)
        postgres.execute("CREATE DATABASE reviewd OWNER reviewd_owner")
        self.database = self.cluster.database("reviewd")

    def set_password(self, role, password):
        """As psql's \\password: the statement does not hold it."""
        with closing(self.cluster.database("postgres").connect()) as connection, connection.cursor() as cursor:
            proof = encrypt_password(password, role, scope=connection, algorithm="scram-sha-256")
            cursor.execute(f"ALTER ROLE {role} PASSWORD %s", (proof,))

    def stop(self):
        self.cluster.stop(signal.SIGQUIT)


class Machine:
    """A folder that the scripts take for /, with a release in /opt/reviewd that came through S3."""

    def __init__(self, folder, authority, binaries, port):
        self.root = folder
        self.release = folder / "opt/reviewd"
        self.cloud = folder / "cloud"
        self.output = ""
        for path in ("bin", "cloud", "etc"):
            (folder / path).mkdir(parents=True)
        aws = folder / "bin/aws"
        aws.write_text(f"#!/bin/sh\nexec /usr/bin/python3 {shlex.quote(str(TOP / 'tests/deploy/aws_stand_in.py'))} \"$@\"\n")
        aws.chmod(0o755)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("REVIEWD_", "AWS_", "PG"))}
        self.environment = {**inherited, "PATH": f"{folder}/bin:{binaries.folder}:{os.environ['PATH']}", "AWS_STAND_IN": str(self.cloud),
                            "ROOT": str(folder), "REVIEWD": str(binaries.reviewd), "REVIEWD_RDS_CA": str(authority / "ca.pem"), "REVIEWD_RELEASE": "1"}
        self.secrets = {key: json.dumps({"username": "one", "password": value}) for key, value in SECRETS.items()}
        self.tell()
        self.write("etc/reviewd-machine", f"ROLE=node\nAWS_DEFAULT_REGION=eu-west-1\nDATABASE_HOST=localhost\nDATABASE_PORT={port}\n"
                   f"SERVER_SECRET={SERVER_SECRET}\nOWNER_SECRET={OWNER_SECRET}\nNODES=2\nCONNECTIONS=20\nNODE_NAME=reviewd-node\n")
        package = self.write("reviewd_0.1.0_amd64.deb", "no package")
        self.published = self.run(TOP / "deploy/aws/publish.sh", "release", "releases", package)
        self.run("aws", "s3", "cp", "--recursive", "--only-show-errors", "s3://releases/1/", self.release)
        # As setup.sh does.
        for script in self.release.glob("*.sh"):
            script.chmod(0o755)

    def write(self, name, text):
        (self.root / name).write_text(text)
        return self.root / name

    def tell(self, **passwords):
        """Has AWS know these secrets."""
        (self.cloud / "secrets.json").write_text(json.dumps(self.secrets | passwords))

    def instances(self, *machines):
        """Has AWS know these machines: (name, state, address)."""
        known = [{"PrivateIpAddress": address, "State": {"Name": state}, "Tags": [{"Key": "Name", "Value": name}]} for name, state, address in machines]
        (self.cloud / "instances.json").write_text(json.dumps({"Reservations": [{"Instances": [one]} for one in known]}))

    def run(self, program, *arguments, **environment):
        """Runs a program; a name that the release has is the release's. All that it says is kept in `output`."""
        if (self.release / program).exists():
            program = self.release / program
        done = subprocess.run([str(program), *map(str, arguments)], env={**self.environment, **environment}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)
        self.output += done.stdout + done.stderr
        return done

    def node_environment(self):
        """What systemd makes of /etc/reviewd/environment."""
        lines = (self.root / "etc/reviewd/environment").read_text().splitlines()
        return dict(shlex.split(line)[0].split("=", 1) for line in lines if not line.startswith("#"))
