"""The k6 script against k6's published types. That it compiles is all that this proves: it is not run."""

import shutil
import subprocess

import pytest


@pytest.fixture
def folder(top, tmp_path):
    """A copy of the script beside the modules that npm has fetched."""
    source = top / "loadtest/k6"
    if not (source / "node_modules/.bin/tsc").exists() or not shutil.which("node"):
        pytest.skip("npm's packages are not there: loadtest/k6 is not type-checked")
    for name in ("shop.js", "tsconfig.json", "package.json"):
        shutil.copy(source / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(source / "node_modules")
    return tmp_path


def check(folder):
    compiler = folder / "node_modules/typescript/bin/tsc"
    return subprocess.run(["node", compiler, "--project", "."], cwd=folder, capture_output=True, text=True)


def test_k6_script_has_the_types_of_k6(folder):
    done = check(folder)
    assert done.returncode == 0, done.stdout


def test_wrong_use_of_k6_is_noticed(folder):
    script = folder / "shop.js"
    script.write_text(script.read_text().replace("executor: 'ramping-arrival-rate'", "executor: 'ramping-arrivals'"))
    done = check(folder)
    assert done.returncode != 0 and "ramping-arrivals" in done.stdout
