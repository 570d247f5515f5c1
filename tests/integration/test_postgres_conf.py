"""pg/conf: PostgreSQL takes each file, gives each setting a reason, and fits the machine that the file is for."""

import re
import shutil
import subprocess
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

import cluster as clusters
from cluster import Cluster
from conftest import TOP

CONF = TOP / "pg" / "conf"
CLASSES = ["micro", "small"]
FILES = [*CLASSES, "dev", "load"]
SETTING = re.compile(r"(\w+) = (.+)")

# The machine's memory, what the kernel and other programs take of it, and what a connection takes; in MiB.
MACHINES = {"micro": (1024, 96, 1.27), "small": (8192, 512, 3 + 4)}

MIB_OF_UNIT = {"kB": 1 / 1024, "8kB": 8 / 1024, "MB": 1, "GB": 1024}

# What makes a commit durable and a page whole; a load may not touch it.
DURABILITY = {"fsync", "full_page_writes", "synchronous_commit", "data_sync_retry", "zero_damaged_pages"}


def settings_of(text):
    """{name: value} of a file of settings."""
    found = [SETTING.fullmatch(line.strip()) for line in text.splitlines() if line.strip() and line[0] != "#"]
    assert found and all(found), text
    assert len({match[1] for match in found}) == len(found), "a setting is given twice"
    return {match[1]: match[2].strip("'") for match in found}


def mebibytes(value):
    number, unit = re.fullmatch(r"(\d+)(kB|MB|GB)", value).groups()
    return int(number) * MIB_OF_UNIT[unit]


def dev_function(*words):
    """What a function of ./dev prints."""
    script = 'set -euo pipefail; top=$1; source "$top/scripts/dev/postgres_conf.sh"; "${@:2}"'
    done = subprocess.run(["bash", "-c", script, "bash", str(TOP), *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def dev_choice(asked, mib, cpus):
    """The file that ./dev run chooses for a machine, and the settings that it computes."""
    path, *computed = dev_function("postgres_choose", asked, mib, cpus).splitlines()
    return path, "\n".join(computed) + "\n"


@pytest.fixture
def start_with(workspace, server_numbers, monkeypatch):
    """Starts a PostgreSQL whose settings are these texts, one after the other, and nothing else."""
    started = []

    def start(*texts):
        monkeypatch.setattr(clusters, "OPTIONS", {"listen_addresses": ""})
        cluster = Cluster(workspace / f"conf{next(server_numbers)}")
        started.append(cluster)
        write_conf(cluster, *texts)
        cluster.start()
        return cluster

    yield start
    for cluster in started:
        cluster.stop()


def write_conf(cluster, *texts):
    """Replaces its postgresql.conf, readable for its user."""
    path = cluster.data / "postgresql.conf"
    path.write_text("\n".join(texts))
    shutil.chown(path, path.parent.stat().st_uid, path.parent.stat().st_gid)


def read(name):
    return (CONF / f"{name}.conf").read_text()


def assert_taken(database, *texts):
    """PostgreSQL has understood every line, and works with the last one for each setting."""
    assert database.rows("SELECT name, setting, error FROM pg_file_settings WHERE error IS NOT NULL OR name IS NULL") == []
    assert database.rows("SELECT name FROM pg_settings WHERE pending_restart") == []
    wanted = {}
    for text in texts:
        wanted |= settings_of(text)
    sources = dict(database.rows("SELECT lower(name), source FROM pg_settings"))
    applied = dict(database.rows("SELECT lower(name), setting FROM pg_file_settings WHERE applied"))
    for name, value in wanted.items():
        assert applied[name] == value
        # The tests' own command line comes before any file.
        assert sources[name] == ("command line" if name == "listen_addresses" else "configuration file"), name


@pytest.mark.parametrize("name", FILES)
def test_each_setting_has_its_reason_above(name):
    text = read(name)
    assert text.startswith("# "), "a file's first comment tells what it is for"
    previous = ""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            assert previous, f"{line}: nothing above it says why"
        previous = line
        assert len(line) <= 128
    assert settings_of(text)


@pytest.mark.parametrize("name", CLASSES)
def test_postgresql_takes_the_file(start_with, name):
    database = start_with(read(name)).database("postgres")
    assert_taken(database, read(name))


def test_postgresql_takes_what_dev_puts_together(start_with):
    path, computed = dev_choice("", 4096, 4)
    texts = [Path(path).read_text(), computed, read("dev")]
    database = start_with(*texts).database("postgres")
    assert_taken(database, *texts)
    assert database.rows(
        "SELECT current_setting('shared_buffers'), current_setting('effective_cache_size'), "
        "current_setting('maintenance_work_mem'), current_setting('max_parallel_maintenance_workers'), "
        "current_setting('wal_level'), current_setting('max_connections')"
    ) == [("1GB", "2560MB", "256MB", "2", "minimal", "640")]


@pytest.mark.parametrize("name", CLASSES)
def test_what_may_be_taken_fits_the_machine(start_with, name):
    cluster = start_with(read(name))
    database = cluster.database("postgres")

    def setting(wanted):
        value, unit = database.rows("SELECT setting::bigint, unit FROM pg_settings WHERE name = %s", (wanted,))[0]
        return value * MIB_OF_UNIT[unit] if unit else value

    machine, others, connection = MACHINES[name]
    connections = setting("max_connections")
    assert connections - setting("superuser_reserved_connections") >= 600
    total = setting("shared_memory_size") + connections * connection
    total += setting("autovacuum_max_workers") * setting("autovacuum_work_mem")
    if name == "small":
        total += setting("maintenance_work_mem")
    assert total + others <= machine, f"{total:.0f} MiB"
    # The file says so too.
    told = int(re.search(r"together.* (\d+)$", read(name), re.M)[1])
    assert abs(told - total) <= machine * 0.02, f"the comment says {told}, the settings make {total:.0f}"


def resident_mib(cluster):
    """What the processes of the cluster take: shared pages once, and the page tables."""
    parent = cluster.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    kib = 0
    for pid in [parent, *children]:
        # A process that ends meanwhile takes nothing.
        with suppress(FileNotFoundError, ProcessLookupError):
            own = int(re.search(r"^Pss: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
            kib += own + int(re.search(r"^VmPTE:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])
    return kib / 1024


def test_a_micro_machine_holds_the_fleets_connections(start_with):
    cluster = start_with(read("micro"))
    database = cluster.database("postgres")
    with ExitStack() as open_connections:
        for _ in range(600):
            connection = open_connections.enter_context(closing(database.connect("postgres")))
            connection.cursor().execute("SELECT 1")
        assert database.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") == 601
        resident = resident_mib(cluster)
    assert resident > 300, "what is measured is not the memory of 600 processes"
    # The buffers are not touched yet: as if they were.
    machine, others, _ = MACHINES["micro"]
    assert resident + mebibytes(settings_of(read("micro"))["shared_buffers"]) + others <= machine, f"{resident:.0f} MiB"


def test_load_conf_comes_and_goes_without_a_restart(start_with):
    base, load = read("small"), read("load")
    cluster = start_with(base)
    database = cluster.database("postgres")
    values = "SELECT name, setting, source FROM pg_settings WHERE name <> 'config_file' ORDER BY name"
    before = database.rows(values)

    write_conf(cluster, base, load)
    database.value("SELECT pg_reload_conf()")
    clusters.wait_until(lambda: database.rows(values) != before, "the settings to change")
    assert_taken(database, base, load)
    changed = {new[0] for old, new in zip(before, database.rows(values)) if old != new}
    assert changed == set(settings_of(load)), "each setting of load.conf makes a difference, and no other changes"

    write_conf(cluster, base)
    database.value("SELECT pg_reload_conf()")
    clusters.wait_until(lambda: database.rows(values) == before, "the settings to come back")


@pytest.mark.parametrize("name", FILES)
def test_nothing_acknowledged_is_at_risk(name):
    settings = settings_of(read(name))
    if name == "load":
        assert not DURABILITY & set(settings)
    for setting in DURABILITY & set(settings):
        assert settings[setting] == "on"


@pytest.mark.parametrize(
    "mib, name", [(512, "micro"), (1000, "micro"), (3071, "micro"), (3072, "small"), (8192, "small"), (262144, "small")]
)
def test_dev_chooses_by_memory(mib, name):
    path, computed = dev_choice("", mib, 2)
    assert path == str(CONF / f"{name}.conf")
    assert (computed == "\n") == (name == "micro")
    # Named, a file is taken as it is.
    for asked in CLASSES:
        assert dev_choice(asked, mib, 2) == (str(CONF / f"{asked}.conf"), "\n")
    assert dev_choice("/some/file.conf", mib, 2) == ("/some/file.conf", "\n")


@pytest.mark.parametrize("mib", [3072, 8192, 24105, 262144])
@pytest.mark.parametrize("cpus", [1, 2, 64])
def test_what_dev_computes_fits(mib, cpus):
    computed = settings_of(dev_choice("", mib, cpus)[1])
    small = settings_of(read("small"))
    assert mebibytes(computed["shared_buffers"]) <= min(mib / 4, 8192)
    assert mebibytes(computed["effective_cache_size"]) < mib
    assert mebibytes(computed["maintenance_work_mem"]) <= min(mib / 16, 2048)
    assert 0 <= int(computed["max_parallel_maintenance_workers"]) <= min(cpus / 2, 4)
    assert set(computed) < set(small)
    if (mib, cpus) == (8192, 2):
        for name in ("shared_buffers", "effective_cache_size", "maintenance_work_mem"):
            assert mebibytes(computed[name]) == mebibytes(small[name])
        assert computed["max_parallel_maintenance_workers"] == small["max_parallel_maintenance_workers"]


@pytest.mark.parametrize(
    "groups, files, mib",
    [
        ("0::/\n", {}, 4096),
        ("0::/\n", {"memory.max": "max\n"}, 4096),
        ("0::/\n", {"memory.max": "1073741824\n"}, 1024),
        ("0::/\n", {"memory.max": "107374182400\n"}, 4096),
        ("0::/a/b\n", {"a/memory.max": "2147483648\n", "a/b/memory.max": "max\n", "memory.max": "3221225472\n"}, 2048),
        ("0::/a/b\n", {"a/b/memory.max": "1073741824\n"}, 1024),
        ("4:memory:/\n0::/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, 4096),
        ("5:cpu,memory:/c\n0::/\n", {"memory/c/memory.limit_in_bytes": "1073741824\n"}, 1024),
        ("", {"memory/memory.limit_in_bytes": "536870912\n"}, 512),
    ],
)
def test_dev_sees_the_memory_that_is_left(tmp_path, groups, files, mib):
    group_folder = tmp_path / "sys" / "fs" / "cgroup"
    process = tmp_path / "proc" / "self"
    process.mkdir(parents=True)
    (process / "cgroup").write_text(groups)
    (tmp_path / "proc" / "meminfo").write_text(f"MemTotal:       {4096 * 1024} kB\nMemFree:         1234 kB\n")
    for name, content in files.items():
        (group_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (group_folder / name).write_text(content)
    assert int(dev_function("postgres_memory_mib", tmp_path)) == mib
