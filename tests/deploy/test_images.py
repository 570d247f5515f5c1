"""The images build from what the Containerfile copies, and nothing else. The images themselves: ./dev images --check."""

import re
import shlex
import shutil
import subprocess


def stage(text, name):
    """The instructions of a build stage, one a line."""
    found = re.search(rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", text, flags=re.M | re.S)
    return re.sub(r"\\\n\s*", "", found[1]).splitlines()


def test_sources_of_the_images_configure(top, tmp_path):
    sources, build = tmp_path / "sources", tmp_path / "build"
    sources.mkdir()
    instructions = stage((top / "deploy/images/Containerfile").read_text(), "build")
    for source, target in (line.split()[1:] for line in instructions if line.startswith("COPY ")):
        if (top / source).is_dir():
            shutil.copytree(top / source, sources / target, ignore=shutil.ignore_patterns("node_modules"))
        else:
            shutil.copy(top / source, sources / target)
    commands = next(line for line in instructions if line.startswith("RUN cmake "))
    configure = shlex.split(commands.removeprefix("RUN ").split("&&")[0])
    configure[configure.index("/build")] = str(build)
    done = subprocess.run(configure, cwd=sources, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    targets = shlex.split(commands.split("&&")[1])
    assert targets[:3] == ["ninja", "-C", "/build"]
    asked = subprocess.run(["ninja", "-C", build, "-n", *targets[3:]], capture_output=True, text=True)
    assert asked.returncode == 0, asked.stdout + asked.stderr
