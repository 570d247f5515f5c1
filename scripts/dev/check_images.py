"""Tries the images of the fleet as they are meant to run: check_images.py ENGINE SBOM_FOLDER IMAGE...

Each image, on a read-only root file system, without capabilities, network or a shell (nothing is at their paths), as the user it
names: its program starts, its health check says so, and it may write nowhere but in what it was given. Beside that: who the user
is, the labels, the size of reviewd above its base, and that the SBOM lists what dpkg knows in the image. "ok: …" for what holds,
"not ok: …" for what does not; exit status 1 if there is any.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

BASE = "debian:bookworm-slim"
MOST_ABOVE_BASE = {"reviewd": 30 * 1024 * 1024}
HARDENED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none"]
# /dev/null in their place: whoever starts a shell gets "permission denied".
NO_SHELL = [word for shell in ("dash", "bash") for word in ("--volume", f"/dev/null:/usr/bin/{shell}:ro")]
NODES = [word for node in range(1, 7) for word in ("--add-host", f"node{node}:127.0.0.1")]

# An exporter that knows no signals ends by Go's own handling of SIGTERM.
STOPPED = {"reviewd-postgres-exporter": "2"}

# What each wants beside that, and the command that says that it lives; None: it ends by itself, with 0.
RUN = {
    "reviewd": (NO_SHELL + ["--env", "REVIEWD_DB_DSN=host=127.0.0.1 dbname=nowhere"], ["reviewd-probe", "127.0.0.1", "9090", "/live"]),
    "reviewd-seed": (NO_SHELL, None),
    "reviewd-nginx": (NO_SHELL + NODES + ["--tmpfs", "/tmp:mode=1777"], ["reviewd-probe", "127.0.0.1", "8080", "/nginx/live"]),
    # initdb wants a shell.
    "reviewd-postgres": (["--tmpfs", "/tmp:mode=1777", "--env", "REVIEWD_OWNER_PASSWORD=check", "--env", "REVIEWD_SERVER_PASSWORD=check"],
                         ["pg_isready", "-q", "-h", "/tmp", "-U", "postgres"]),
    "reviewd-prometheus": (NO_SHELL, ["reviewd-probe", "127.0.0.1", "9090", "/-/ready"]),
    "reviewd-postgres-exporter": (NO_SHELL + ["--env", "DATA_SOURCE_NAME=postgresql://x@127.0.0.1/x"], ["reviewd-probe", "127.0.0.1", "9187", "/"]),
}


def head():
    """The commit of the checkout, as ./dev images labels with it."""
    done = subprocess.run(["git", "-C", Path(__file__).parent, "rev-parse", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


class Image:
    def __init__(self, engine, name):
        self.engine, self.name, self.failed = engine, name, 0
        # podman puts a writable /tmp into a read-only container unless told not to.
        self.hardened = HARDENED + (["--read-only-tmpfs=false"] if engine == "podman" else [])
        self.about = json.loads(self.call("image", "inspect", name).stdout)[0]

    def call(self, *words):
        return subprocess.run([self.engine, *words], capture_output=True, text=True)

    def once(self, program, *arguments, options=()):
        return self.call("run", "--rm", "--no-healthcheck", *self.hardened, *options, "--entrypoint", program, self.name, *arguments)

    def check(self, holds, what, why=""):
        print(f"{'ok' if holds else 'not ok'}: {self.name}: {what}" + ("" if holds or not why else f" ({why})"), flush=True)
        self.failed += not holds

    def check_facts(self):
        config = self.about["Config"]
        user = config.get("User", "")
        self.check(user.split(":")[0] not in ("", "0", "root"), f"runs as {user or 'root'}")
        labels = config.get("Labels") or {}
        self.check(all(labels.get(f"org.opencontainers.image.{key}") for key in ("title", "description", "licenses")), "is labelled")
        self.check(labels.get("org.opencontainers.image.revision") == head(), "names the commit that it was made of")
        if RUN[self.name][1]:
            health = self.about.get("HealthCheck") or self.about.get("Healthcheck") or config.get("Healthcheck") or {}
            self.check((health.get("Test") or [""])[0] == "CMD", "has a health check, without a shell")
        if self.name in MOST_ABOVE_BASE:
            above = self.about["Size"] - json.loads(self.call("image", "inspect", BASE).stdout)[0]["Size"]
            most = MOST_ABOVE_BASE[self.name]
            self.check(above <= most, f"is {above / 2**20:.1f} MiB above its base, of at most {most / 2**20:.0f}")

    def check_rights(self):
        identity = self.once("id", "-u").stdout.strip()
        self.check(identity.isdigit() and identity != "0", f"has the user id {identity}")
        for place in ("/etc/x", "/usr/bin/x", "/var/tmp/x", "/x"):
            touched = self.once("touch", place)
            self.check(touched.returncode == 1 and "touch" in touched.stderr, f"cannot write {place}", touched.stderr)
        if NO_SHELL[0] in RUN[self.name][0]:
            self.check(self.once("sh", "-c", "exit 0", options=NO_SHELL).returncode != 0, "has no shell in what follows")

    def check_run(self):
        options, alive = RUN[self.name]
        if alive is None:
            done = self.call("run", "--rm", *self.hardened, *options, self.name)
            self.check(done.returncode == 0, "runs", done.stderr)
            return
        container = f"check-{self.name}"
        self.call("rm", "--force", "--volumes", container)
        started = self.call("run", "--detach", "--no-healthcheck", "--name", container, *self.hardened, *options, self.name)
        try:
            lives = started.returncode == 0 and self.await_life(container, alive)
            self.check(lives, "starts and lives", (started.stderr + self.call("logs", container).stderr)[-600:])
            stopped = self.call("stop", "--time", "20", container)
            code = self.call("container", "inspect", "--format", "{{.State.ExitCode}}", container).stdout.strip()
            self.check(stopped.returncode == 0 and code == STOPPED.get(self.name, "0"), "ends in order when it is told to", f"exit code {code}")
        finally:
            self.call("rm", "--force", "--volumes", container)

    def await_life(self, container, alive):
        for _ in range(60):
            if self.call("exec", container, *alive).returncode == 0:
                return True
            time.sleep(0.5)
        return False

    def check_sbom(self, folder):
        document = json.loads((folder / f"{self.name}.spdx.json").read_text())
        listed = {(package["name"], package.get("versionInfo")) for package in document["packages"] if package["SPDXID"].startswith("SPDXRef-deb-")}
        # From the image's own files, by other means than those that made the list.
        status = self.once("cat", "/var/lib/dpkg/status").stdout
        fields = [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != " ") for block in status.split("\n\n")]
        installed = {(field["Package"], field["Version"]) for field in fields if field.get("Status") == "install ok installed"}
        self.check(installed and listed == installed, f"its SBOM lists the {len(installed)} packages in it", str(listed ^ installed)[:300])
        own = [package for package in document["packages"] if package["SPDXID"].startswith("SPDXRef-own-")]
        self.check(bool(own), f"its SBOM lists what is ours: {', '.join(package['name'] + ' ' + package['versionInfo'] for package in own)}")


def main():
    engine, folder, *names = sys.argv[1:]
    failed = 0
    for name in names:
        image = Image(engine, name)
        image.check_facts()
        image.check_rights()
        image.check_run()
        image.check_sbom(Path(folder))
        failed += image.failed
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
