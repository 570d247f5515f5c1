"""What deploy/compose.yaml says of one service, as the arguments of `podman run` or `docker run`, each ended by a NUL:
compose.py FILE PROJECT SERVICE. Debian's podman-compose knows neither CPU limits nor fixed addresses, and a fleet has both.

An unknown key is an error: nothing in the file may go unheeded. How services depend on each other, how they are built, and which
are wanted, is for who starts them.
"""

import os
import re
import sys

import yaml

IGNORED = {"build", "depends_on", "profiles"}
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def expand(value):
    """Variables as compose expands them: ${NAME} must be set, ${NAME:-default} need not."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: os.environ.get(found[1]) or _default(found), value)
    if isinstance(value, list):
        return [expand(part) for part in value]
    if isinstance(value, dict):
        return {key: expand(part) for key, part in value.items()}
    return value


def _default(found):
    if found[2] is None:
        sys.exit(f"compose.py: the variable {found[1]} is not set")
    return found[2]


def each(option):
    return lambda values: [word for value in values for word in (option, value)]


def environment(values):
    return each("--env")(f"{key}={value}" for key, value in values.items())


OPTIONS = {
    "image": lambda value: [],
    "command": lambda value: [],
    "entrypoint": lambda value: ["--entrypoint", value],
    "networks": lambda value: [],
    "volumes": lambda value: [],
    "read_only": lambda value: ["--read-only"] if value else [],
    "cap_drop": each("--cap-drop"),
    "security_opt": each("--security-opt"),
    "restart": lambda value: ["--restart", value],
    "stop_grace_period": lambda value: ["--stop-timeout", value.removesuffix("s")],
    "cpus": lambda value: ["--cpus", value],
    "mem_limit": lambda value: ["--memory", value, "--memory-swap", value],
    "shm_size": lambda value: ["--shm-size", value],
    "tmpfs": each("--tmpfs"),
    "ports": each("--publish"),
    "environment": environment,
}


def arguments(project, name, service):
    words = ["--name", f"{project}-{name}", "--hostname", name, "--network-alias", name]
    networks = service["networks"]
    if isinstance(networks, list):
        networks = dict.fromkeys(networks)
    ((network, settings),) = networks.items()
    words += ["--network", f"{project}_{network}"]
    if settings:
        words += ["--ip", settings["ipv4_address"]]
    for volume in service.get("volumes", []):
        source, target = volume.split(":", 1)
        source = source if source.startswith(("/", ".")) else f"{project}_{source}"
        words += ["--volume", f"{source}:{target}"]
    for key, value in service.items():
        if key in OPTIONS:
            words += OPTIONS[key](value)
        elif key not in IGNORED:
            sys.exit(f"compose.py: {name} has \"{key}\", which is not known here")
    return words + [service["image"], *service.get("command", [])]


def main():
    file, project, name = sys.argv[1:]
    with open(file, encoding="utf-8") as text:
        services = yaml.safe_load(text)["services"]
    if name not in services:
        sys.exit(f"compose.py: there is no service {name}")
    for word in arguments(project, name, expand(services[name])):
        sys.stdout.write(f"{word}\0")


if __name__ == "__main__":
    main()
