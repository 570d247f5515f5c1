"""The systemd unit and the manual pages, as the package brings them. ./dev package --test tries the package itself."""

import re
import subprocess

import pytest

PAGES = {"reviewd.8": "reviewd", "reviewd-seed.1": "reviewd-seed", "reviewd.ini.5": "reviewd"}

# What is left of 100 ways to be attacked: mostly the network, which a server needs.
EXPOSURE_MAX = 15


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def manual(top, binaries, page):
    done = run(top / "docs/man/make.sh", page, binaries.folder, "2026-01-01", "0")
    assert done.returncode == 0, done.stderr
    return done.stdout


def plain(text):
    """Without the escapes of mdoc."""
    return text.replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")


def test_unit_is_well_formed(top, binaries, tmp_path):
    unit = (top / "deploy/systemd/reviewd.service").read_text()
    installed = tmp_path / "reviewd.service"
    installed.write_text(unit.replace("/usr/bin/reviewd ", f"{binaries.reviewd} "))
    done = run("systemd-analyze", "verify", "--man=no", installed)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "reviewd.service" in line]
    assert done.returncode == 0 and not complaints, done.stderr


def test_unit_is_hardened(top):
    done = run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", top / "deploy/systemd/reviewd.service")
    assert done.returncode == 0, done.stdout


def test_unit_has_room_for_the_default_numbers_of_files(top):
    text = (top / "config/reviewd.ini").read_text()
    clients, connections = (int(re.search(rf"^{key} = (\d+)", text, re.M)[1]) for key in ("max_clients", "connections"))
    limit = int(re.search(r"^LimitNOFILE=(\d+)", (top / "deploy/systemd/reviewd.service").read_text(), re.M)[1])
    assert limit >= clients + connections + 100


@pytest.mark.parametrize("page", PAGES)
def test_page_is_well_formed(top, binaries, page, tmp_path):
    made = tmp_path / page
    made.write_text(manual(top, binaries, page))
    done = run("mandoc", "-T", "lint", "-W", "warning", made)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_page_tells_every_option(top, binaries, page):
    """Also those of commands' help, whose text the page is made of: a form that fill.awk does not understand would lose some."""
    text = plain(manual(top, binaries, page))
    if page == "reviewd.ini.5":
        told = re.findall(r'^\.It Sy "([a-z_0-9]+)"$', text, re.M)
        options = re.findall(r"^([a-z_0-9]+) =", run(binaries.reviewd, "--dump-config").stdout, re.M)
        assert options and told == options
    else:
        words = run(binaries.folder / PAGES[page], "--help").stdout.split("\n", 1)[1].split()
        for word in words:
            assert word.rstrip(":") in text, word
