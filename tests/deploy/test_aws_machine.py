"""What deploy/aws does on a machine, for real but for AWS: its command is a stand-in. PostgreSQL, TLS, nginx and reviewd are real."""

import json
import os
import shutil
import stat
import subprocess

import psycopg2
import pytest

from aws_machine import OWNER_PASSWORD, SERVER_PASSWORD, SERVER_SECRET, Machine, Rds, certificates
from http_client import Connection
from server import free_port
from waiting import wait_until


@pytest.fixture(scope="module")
def authority(workspace):
    return certificates(workspace / "authority")


@pytest.fixture(scope="module")
def rds(workspace, authority):
    rds = Rds(workspace / "rds", authority)
    yield rds
    rds.stop()


@pytest.fixture
def machine(workspace, authority, binaries, rds, server_numbers):
    machine = Machine(workspace / f"machine{next(server_numbers)}", authority, binaries, rds.cluster.port)
    yield machine
    told = machine.output + rds.cluster.log.read_text() + (machine.cloud / "calls").read_text()
    assert not [password for password in (OWNER_PASSWORD, SERVER_PASSWORD, "never told", "never.told") if password in told]
    shutil.rmtree(machine.root)


def fine(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def log_in(rds, password):
    dsn = f"host=localhost port={rds.cluster.port} dbname=reviewd user=reviewd_server sslmode=require"
    psycopg2.connect(dsn, password=password).close()


def test_a_release_comes_whole(machine):
    assert fine(machine.published) == "1\n"
    objects = machine.cloud / "bucket/releases/1"
    assert {"setup.sh", "follow.sh", "micro.ini", "rds-ca.pem", "reviewd_0.1.0_amd64.deb", "aws.conf"} < {file.name for file in objects.iterdir()}
    puts = [json.loads(line) for line in (machine.cloud / "calls").read_text().splitlines() if "s3://releases/1/" in line and '"cp"' in line]
    assert puts[1][-1] == "s3://releases/1/setup.sh" and "--exclude" in puts[0]


def test_a_node_is_configured_and_serves(machine, rds, binaries, authority):
    fine(machine.run("migrate.sh"))
    fine(machine.run("configure.sh"))
    etc = machine.root / "etc/reviewd"
    assert stat.S_IMODE((etc / "environment").stat().st_mode) == 0o600
    assert stat.S_IMODE((etc / "reviewd.ini").stat().st_mode) == 0o640
    assert sorted(file.name for file in etc.iterdir()) == ["environment", "rds-ca.pem", "reviewd.ini"]
    node = machine.node_environment()
    assert set(node) == {"REVIEWD_DB_DSN", "REVIEWD_DB_NODES", "REVIEWD_DB_CONNECTIONS"}
    reviewd = [binaries.reviewd, "--config", etc / "reviewd.ini"]
    fine(machine.run(*reviewd, "--check-config", **node))
    fine(machine.run(*reviewd, "--check-database", **node))
    too_many = machine.run(*reviewd, "--check-database", **node | {"REVIEWD_DB_CONNECTIONS": "100"})
    assert too_many.returncode == 1 and "200" in too_many.stdout + too_many.stderr
    serve_and_ask(machine, reviewd, node)
    # verify-full: another authority's word for the database is not taken.
    other = certificates(machine.root / "other")
    shutil.copyfile(other / "ca.pem", etc / "rds-ca.pem")
    refused = machine.run(*reviewd, "--check-database", **node)
    assert refused.returncode == 1 and "certificate" in refused.stderr


def serve_and_ask(machine, reviewd, node):
    ports = {"REVIEWD_SERVER_PORT": str(free_port()), "REVIEWD_ADMIN_PORT": str(free_port())}
    log = machine.root / "log"
    with open(log, "wb") as file:
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *map(str, reviewd)], env=machine.environment | node | ports, stdout=file, stderr=file)

    def answers(port, path):
        assert process.poll() is None, log.read_text()
        try:
            with Connection(int(port)) as connection:
                return connection.request("GET", path).status == 200
        except ConnectionRefusedError:
            return False

    try:
        wait_until(lambda: answers(ports["REVIEWD_ADMIN_PORT"], "/ready"), "the node to be ready")
        assert answers(ports["REVIEWD_SERVER_PORT"], "/reviews/1/meta")
    finally:
        process.terminate()
        process.wait(timeout=60)
        machine.output += log.read_text()


def test_the_role_has_the_password_of_its_secret(machine, rds):
    fine(machine.run("migrate.sh"))
    log_in(rds, SERVER_PASSWORD)
    with pytest.raises(psycopg2.OperationalError):
        log_in(rds, SERVER_PASSWORD + "x")
    stored = "SELECT rolpassword FROM pg_authid WHERE rolname = 'reviewd_server'"
    first = rds.database.value(stored)
    assert first.startswith("SCRAM-SHA-256$4096:")
    # Again, with the same password: another salt, and nothing else has changed.
    fine(machine.run("migrate.sh"))
    assert rds.database.value(stored) != first
    log_in(rds, SERVER_PASSWORD)
    # And with another password.
    machine.tell(**{SERVER_SECRET: json.dumps({"password": "Another.password_1"})})
    fine(machine.run("migrate.sh"))
    log_in(rds, "Another.password_1")
    with pytest.raises(psycopg2.OperationalError):
        log_in(rds, SERVER_PASSWORD)


def test_maintenance_works_as_the_owner(machine, rds):
    fine(machine.run("migrate.sh"))
    as_owner = machine.root / "bin/as-owner"
    as_owner.symlink_to(machine.release / "as-owner.sh")
    who = "SELECT current_user, ssl, rolsuper FROM pg_stat_ssl, pg_roles WHERE pid = pg_backend_pid() AND rolname = current_user"
    assert fine(machine.run(as_owner, "psql", "-XAtc", who)) == "reviewd_owner|t|f\n"
    fine(machine.run(as_owner, "reviewd-seed", "load", "--records", 3000, "--products", 100, "--replace"))
    assert fine(machine.run(as_owner, "psql", "-XAtc", "SELECT count(*) FROM review")) == "3000\n"
    fine(machine.run(as_owner, "reviewd-seed", "audit"))
    assert machine.run(as_owner).returncode == 2
    assert machine.run(as_owner, "false").returncode == 1


BAD_SECRETS = {
    "a quote": '{"password": "never.told\' host=evil xx"}',
    "short": '{"password": "never.told"}',
    "none": '{"username": "never.told"}',
    "not JSON": "never.told",
    "not ASCII": '{"password": "never.told-\u00e4\u00f6\u00fc-0123"}',
}


@pytest.mark.parametrize("what", BAD_SECRETS)
def test_a_bad_secret_changes_nothing(machine, what):
    fine(machine.run("configure.sh"))
    before = machine.node_environment()
    machine.tell(**{SERVER_SECRET: BAD_SECRETS[what]})
    refused = machine.run("configure.sh")
    assert refused.returncode == 1 and SERVER_SECRET in refused.stderr and "Traceback" not in refused.stderr
    assert machine.node_environment() == before


@pytest.mark.parametrize("what", ["none", "not JSON", "not ASCII"])
def test_a_secret_without_a_password_is_not_given_to_the_role(machine, rds, what):
    fine(machine.run("migrate.sh"))
    stored = "SELECT rolpassword FROM pg_authid WHERE rolname = 'reviewd_server'"
    before = rds.database.value(stored)
    machine.tell(**{SERVER_SECRET: BAD_SECRETS[what]})
    refused = machine.run("migrate.sh")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert rds.database.value(stored) == before


@pytest.mark.parametrize("script", ["configure.sh", "migrate.sh"])
def test_without_aws_nothing_is_done(machine, script):
    (machine.cloud / "secrets.json").write_text("{}")
    refused = machine.run(script)
    assert refused.returncode != 0 and "ResourceNotFoundException" in refused.stderr and "Traceback" not in refused.stderr
    assert not (machine.root / "etc/reviewd/environment").exists()


def test_addresses_are_those_of_running_nodes(machine):
    machine.instances(("reviewd-node", "running", "10.87.0.5"), ("reviewd-node", "running", "10.87.1.6"), ("reviewd-node", "terminated", "10.87.0.7"),
                      ("reviewd-nginx", "running", "10.87.0.8"))
    region = {"AWS_DEFAULT_REGION": "eu-west-1"}
    assert fine(machine.run("addresses.sh", "reviewd-node", **region)).split("\n") == ["10.87.0.5", "10.87.1.6", ""]
    assert fine(machine.run("addresses.sh", "nobody", **region)).strip() == ""


def test_nginx_serves_with_the_nodes_that_aws_knows(machine, start_server, seeded_database):
    node, front = start_server(seeded_database), free_port()
    fine(machine.run("configure-nginx.sh"))
    fine(machine.run("configure-nginx.sh"))
    run, log = machine.root / "run", machine.root / "var-log"
    run.mkdir()
    log.mkdir()
    etc = machine.root / "etc/reviewd-nginx"
    assert "/dev/stdout" not in (etc / "http.conf").read_text()
    for file in etc.rglob("*.conf"):
        text = file.read_text().replace("/tmp/", f"{run}/").replace("listen 8080", f"listen 127.0.0.1:{front}")
        text = text.replace("/run/reviewd-nginx", str(run)).replace("/var/log/reviewd-nginx", str(log))
        file.write_text(text.replace("/usr/share/reviewd", str(machine.root / "usr/share/reviewd")))
    if os.geteuid() == 0:
        (etc / "aws.conf").write_text("user root;\n" + (etc / "aws.conf").read_text())
    following = {"AWS_DEFAULT_REGION": "eu-west-1", "FOLLOW_COMMAND": str(machine.release / "addresses.sh")}
    machine.instances(("reviewd-node", "running", "127.0.0.1"), ("reviewd-node", "stopped", "127.0.0.2"))
    fine(machine.run("follow.sh", "--once", "reviewd-node", node.port, run, **following))
    assert (run / "servers.conf").read_text() == f"server 127.0.0.1:{node.port} max_fails=1 fail_timeout=2s;\n"
    # AWS does not answer, or knows nobody: the list stays.
    for known in ("no JSON", '{"Reservations": []}'):
        (machine.cloud / "instances.json").write_text(known)
        fine(machine.run("follow.sh", "--once", "reviewd-node", node.port, run, **following))
        assert f"127.0.0.1:{node.port}" in (run / "servers.conf").read_text()
    command = ["/usr/sbin/nginx", "-c", str(etc / "aws.conf"), "-e", "stderr"]
    tested = machine.run(*command, "-t")
    assert tested.returncode == 0 and "[warn]" not in tested.stderr, tested.stderr
    nginx = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def status(path):
        try:
            with Connection(front) as connection:
                return connection.request("GET", path).status
        except ConnectionRefusedError:
            return None

    try:
        wait_until(lambda: status("/nginx/live") == 200, "nginx to serve")
        assert status("/reviews/7/meta") == 200
        wait_until(lambda: '"path":"/reviews/7/meta","status":200' in (log / "access.log").read_text(), "the request in the log")
    finally:
        nginx.terminate()
        nginx.wait(timeout=30)


def test_a_site_is_put_with_its_caching(machine, binaries, top):
    publish = top / "deploy/aws/publish.sh"
    fine(machine.run(publish, "site", "front", "next", binaries.folder / "storefront"))
    puts = [json.loads(line) for line in (machine.cloud / "calls").read_text().splitlines()]
    control = {words[-1]: words[words.index("--cache-control") + 1] for words in puts if "--cache-control" in words}
    assert control["s3://front/next/shop/index.html"] == "no-cache"
    assert {url for url, how in control.items() if how == "no-cache"} == {"s3://front/next/shop/index.html"}
    here = {str(file.relative_to(binaries.folder / "storefront")) for file in (binaries.folder / "storefront").rglob("*") if file.is_file()}
    assert {url.removeprefix("s3://front/next/shop/") for url in control if "/shop/" in url} == here
    assert any("/widget/product-reviews." in url for url in control) and not any("/widget/index" in url for url in control)


def test_a_release_is_never_changed(machine, top):
    again = machine.run(top / "deploy/aws/publish.sh", "release", "releases", machine.root / "reviewd_0.1.0_amd64.deb")
    assert again.returncode == 1 and "there already" in again.stderr
