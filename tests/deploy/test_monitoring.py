"""Prometheus' configuration, rules and alerts by promtool, and the dashboard: every query names metrics and labels that a real
server, a real postgres_exporter or a recording rule has."""

import json
import os
import re
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import yaml

from promql import selectors
from server import free_port
from waiting import wait_until

# What Prometheus itself adds to each target, and to what it has evaluated.
OWN = {"up": {"job", "instance"}, "ALERTS": {"alertstate", "alertname"}}
TARGET_LABELS = {"job", "instance"}


def tool(name):
    """A program of Debian's that ./dev test unpacks without installing it, because installed it would be a service."""
    folder = Path(os.environ.get("REVIEWD_TOOLS", "/nonexistent"))
    found = folder / "usr/bin" / name
    if found.exists():
        return str(found)
    return shutil.which(name) or pytest.skip(f"there is no {name}")


@pytest.fixture(scope="session")
def monitoring(top):
    return top / "deploy" / "monitoring"


def read_rules(monitoring):
    for file in ("recording.yml", "alerts.yml"):
        for group in yaml.safe_load((monitoring / "rules" / file).read_text())["groups"]:
            yield from group["rules"]


def series_of(text):
    """{metric: {label: {values}}} of an exposition."""
    found = {}
    for name, labels in re.findall(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ", text, re.M):
        known = found.setdefault(name, {})
        for label, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels):
            known.setdefault(label, set()).add(value)
    return found


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read().decode()


@pytest.fixture(scope="session")
def exporter(seeded_database, monitoring):
    """The address of a postgres_exporter on the database of the tests, in the role that role.sql makes, and makes again."""
    for password in ("first", "it's another"):
        role = ["psql", "-X", "-q", "-d", seeded_database.dsn(), "-f", monitoring / "role.sql"]
        done = subprocess.run(role, env=os.environ | {"REVIEWD_MONITOR_PASSWORD": password}, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
    port = free_port()
    process = subprocess.Popen(
        [tool("prometheus-postgres-exporter"), f"--web.listen-address=127.0.0.1:{port}"],
        env={"DATA_SOURCE_NAME": seeded_database.dsn("reviewd_monitor") + " sslmode=disable"},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the exporter")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def known(server, exporter, monitoring):
    """Every metric that there is, with its labels and their values."""
    found = series_of(fetch(f"http://127.0.0.1:{server.admin_port}/metrics")) | series_of(fetch(f"http://{exporter}/metrics"))
    found |= {rule["record"]: None for rule in read_rules(monitoring) if "record" in rule}  # whatever labels
    return found


def complaints(expression, known):
    """What in the expression does not exist."""
    found = []
    for name, matchers in selectors(expression):
        if name in OWN:
            continue
        if name not in known:
            found.append(f"there is no {name}")
            continue
        for label, operator, value in matchers:
            if known[name] is None or label in TARGET_LABELS or "$" in value:
                continue
            if label not in known[name]:
                found.append(f"{name} has no label {label}")
            elif operator == "=" and name.startswith("reviewd_") and value not in known[name][label]:
                found.append(f"{name} has no {label}={value}")
    return found


def dashboard_queries(monitoring):
    board = json.loads((monitoring / "grafana" / "reviewd.json").read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len(panels) >= 15 and len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in panels:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], re.fullmatch(r"label_values\((.*), \w+\)", variable["query"])[1]


def test_checker_sees_what_does_not_exist(known):
    assert complaints('sum by (job) (rate(reviewd_shed_total{reason="queue"}[5m])) / 1e9', known) == []
    assert complaints("rate(reviewd_sheds_total[5m])", known) == ["there is no reviewd_sheds_total"]
    assert complaints('pg_up{role="x"} and on (job) pg_upp', known) == ["pg_up has no label role", "there is no pg_upp"]
    assert complaints('reviewd_shed_total{reason="que"}', known) == ["reviewd_shed_total has no reason=que"]


def test_dashboard_asks_for_what_exists(monitoring, known):
    wrong = [(title, wrong) for title, query in dashboard_queries(monitoring) for wrong in complaints(query, known)]
    assert wrong == []


def test_rules_ask_for_what_exists(monitoring, known):
    wrong = [(rule, wrong) for rule in read_rules(monitoring) for wrong in complaints(rule["expr"], known)]
    assert wrong == []


def test_queries_of_the_dashboard_are_promql(monitoring, tmp_path):
    rules = [{"record": f"panel:{i}", "expr": re.sub(r"\$\w+", "x", query)} for i, (_, query) in enumerate(dashboard_queries(monitoring))]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run([tool("promtool"), "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["config", "prometheus.yml"], ["config", "--syntax-only", "newrelic.yml"]])
def test_configuration(monitoring, arguments):
    done = subprocess.run([tool("promtool"), "check", *arguments], cwd=monitoring, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_and_keep_quiet(monitoring):
    done = subprocess.run([tool("promtool"), "test", "rules", "tests/alerts.yml"], cwd=monitoring, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_and_explained(monitoring, top):
    alerts = [rule["alert"] for rule in read_rules(monitoring) if "alert" in rule]
    tested = {test["alertname"] for case in yaml.safe_load((monitoring / "tests" / "alerts.yml").read_text())["tests"]
              for test in case["alert_rule_test"] if test["exp_alerts"]}
    manual = (top / "docs" / "monitoring.md").read_text()
    assert alerts and set(alerts) == tested
    assert [alert for alert in alerts if f"| {alert} |" not in manual] == []


def test_role_of_the_exporter_reads_no_review(seeded_database, exporter):
    with closing(seeded_database.connect("reviewd_monitor")) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT count(*) FROM review")


def test_role_wants_a_password(seeded_database, monitoring):
    environment = {name: value for name, value in os.environ.items() if name != "REVIEWD_MONITOR_PASSWORD"}
    done = subprocess.run(["psql", "-X", "-q", "-d", seeded_database.dsn(), "-f", monitoring / "role.sql"], env=environment,
                          capture_output=True, text=True)
    assert done.returncode != 0 and "REVIEWD_MONITOR_PASSWORD is not set" in done.stderr


def test_prometheus_gathers_and_evaluates(monitoring, server, exporter, tmp_path):
    """Debian's Prometheus with our configuration, its targets replaced and its clock quickened."""
    shutil.copytree(monitoring, tmp_path / "monitoring")
    config = tmp_path / "monitoring" / "prometheus.yml"
    config.write_text(config.read_text().replace(": 15s", ": 1s"))
    for name, target in (("reviewd", f"127.0.0.1:{server.admin_port}"), ("postgres", exporter)):
        (config.parent / "targets" / f"{name}.yml").write_text(yaml.safe_dump([{"targets": [target]}]))
    port = free_port()
    process = subprocess.Popen(
        [tool("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}",
         f"--web.listen-address=127.0.0.1:{port}"],
        stderr=subprocess.DEVNULL,
    )

    def ask(query):
        url = f"http://127.0.0.1:{port}/api/v1/query?query={urllib.parse.quote(query)}"
        try:
            return json.loads(fetch(url))["data"]["result"]
        except OSError:
            return []

    try:
        wait_until(lambda: len(ask("up == 1")) == 2, "both targets to be up")
        wait_until(lambda: ask("instance_operation:reviewd_requests:rate1m"), "the recording rules")
        wait_until(lambda: ask('server:pg_connections:ratio{job="postgres"}'), "the rules on PostgreSQL")
        assert ask('ALERTS{alertname=~"ReviewdDown|PostgresDown", alertstate="firing"}') == []
    finally:
        process.kill()
        process.wait()
