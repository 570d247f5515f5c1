"""The command line and the configuration: what is good, what is refused and how that is said."""

import re

import pytest


@pytest.fixture
def config_file(tmp_path):
    """Writes a configuration and returns its path."""

    def write(text):
        path = tmp_path / "reviewd.ini"
        path.write_text(text)
        return path

    return write


def check_refused(done, *words):
    """One line of standard error has all the words."""
    assert (done.returncode, done.stdout) == (2, ""), done
    assert any(all(word in line for word in words) for line in done.stderr.splitlines()), done.stderr


def test_version(binaries):
    done = binaries.run("--version")
    assert done.returncode == 0 and re.fullmatch(r"reviewd \d+\.\d+\.\d+\n", done.stdout)


def test_help_names_every_option_of_the_command_line(binaries):
    done = binaries.run("--help")
    assert done.returncode == 0
    assert all(
        option in done.stdout for option in ("--config", "--check-config", "--dump-config", "--migrate", "--version")
    )


@pytest.mark.parametrize("arguments", [["--frobnicate"], ["serve"], ["--config"]])
def test_bad_usage(binaries, arguments):
    done = binaries.run(*arguments)
    assert done.returncode == 2 and "--help" in done.stderr


def test_the_defaults_are_good(binaries):
    done = binaries.run("--check-config")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_dump_read_back_gives_the_same_dump(binaries, config_file):
    changes = {
        "server.port": 8181,
        "actors.placement": "shared",
        "log.level": "debug",
        "db.connections": 77,
        "server.cors_origin": "",
    }
    dump = binaries.run("--dump-config", options=changes)
    assert dump.returncode == 0
    path = config_file(dump.stdout)
    assert binaries.run("--config", path, "--check-config").returncode == 0
    assert binaries.run("--config", path, "--dump-config").stdout == dump.stdout
    for line in ("port = 8181", "placement = shared", "level = debug", "connections = 77"):
        assert f"\n{line}\n" in dump.stdout


def test_a_dump_hides_the_password(binaries):
    for dsn in ("host=h password=hidden-word user=u", "postgresql://u:hidden-word@h/d"):
        dump = binaries.run("--dump-config", options={"db.dsn": dsn})
        assert dump.returncode == 0 and "hidden-word" not in dump.stdout + dump.stderr


def test_the_environment_comes_before_the_file(binaries, config_file):
    path = config_file("[server]\nport = 1111\n[log]\nlevel = error\n")
    dump = binaries.run("--config", path, "--dump-config", options={"server.port": 2222}).stdout
    assert "\nport = 2222\n" in dump and "\nlevel = error\n" in dump


def test_idle_connections_outlive_those_of_nginx(binaries):
    match = re.search(r"^keepalive_timeout_s = (\d+)$", binaries.run("--dump-config").stdout, re.M)
    assert int(match[1]) > 60


@pytest.mark.parametrize(
    "text, line, words",
    [
        ("[server]\nprot = 80\n", 2, ["prot", "unknown", "port", "max_clients"]),
        ("[sever]\nport = 80\n", 1, ["sever", "unknown", "[server]"]),
        ("[server]\n\n# a comment\nport = http\n", 4, ["server.port", "http", "0 to 65535"]),
        ("[server]\nport = 65536\n", 2, ["server.port", "65536", "0 to 65535"]),
        ("[server]\nport = -1\n", 2, ["server.port", "0 to 65535"]),
        ("[server]\nport =\n", 2, ["server.port", "0 to 65535"]),
        ("[actors]\nplacement = everywhere\n", 2, ["actors.placement", "everywhere", "own", "shared"]),
        ("[log]\nlevel = loud\n", 2, ["log.level", "loud", "debug, info, warning, error"]),
        ("[server]\nport = 80\nport = 81\n", 3, ["server.port", "twice", "2"]),
        ("[server]\nport\n", 2, ["key = value"]),
        ("port = 80\n", 1, ["port", "section"]),
        ("[actors]\ndb = 8\n[db]\nconnections = 5\n", 4, ["db.connections", "impossible total", "8", "5", "actors.db"]),
        ("[server]\nport = 9090\n", 2, ["server.port", "impossible total", "admin.port"]),
        ("[deadline]\nqueue_ms = 2000\n", 2, ["deadline.queue_ms", "impossible total", "deadline.request_ms"]),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(binaries, config_file, text, line, words):
    path = config_file(text)
    for task in ("--check-config", "--dump-config"):
        check_refused(binaries.run("--config", path, task), f"{path}:{line}:", "allowed", *words)


def test_all_mistakes_are_named_at_once(binaries, config_file):
    path = config_file("[server]\nport = x\nprot = 1\n[log]\nlevel = loud\n")
    done = binaries.run("--config", path, "--check-config")
    for line in (2, 3, 5):
        check_refused(done, f"{path}:{line}:")


def test_a_mistake_in_the_environment_is_named(binaries):
    check_refused(binaries.run("--check-config", options={"server.port": "http"}), "REVIEWD_SERVER_PORT", "0 to 65535")
    check_refused(
        binaries.run("--check-config", options={"server.prot": "80"}), "REVIEWD_SERVER_PROT", "REVIEWD_SERVER_PORT"
    )


def test_a_file_that_is_not_there(binaries, tmp_path):
    check_refused(binaries.run("--config", tmp_path / "nowhere.ini", "--check-config"), "nowhere.ini")


def test_a_server_does_not_start_with_a_mistake(binaries, config_file):
    check_refused(binaries.run("--config", config_file("[server]\nport = x\n")), "server.port")


def test_a_taken_port_is_a_failure(server, binaries):
    done = binaries.run(options=server.options | {"server.port": 0})
    assert done.returncode == 1
    assert str(server.admin_port) in done.stderr


def test_migrating_again_changes_nothing(binaries, empty_database):
    migrations = "SELECT version, name, applied_at FROM schema_migration ORDER BY version"
    before = empty_database.rows(migrations)
    binaries.migrate(empty_database)
    assert empty_database.rows(migrations) == before
    assert [version for version, _, _ in before] == list(range(1, len(before) + 1))


def test_migrating_without_a_database_is_a_failure(binaries, tmp_path):
    done = binaries.run("--migrate", options={"db.dsn": f"host={tmp_path} dbname=nowhere password=hidden-word"})
    assert done.returncode == 1 and done.stderr
    assert "hidden-word" not in done.stderr
