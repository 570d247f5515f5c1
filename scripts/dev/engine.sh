# shellcheck shell=bash
# The container engine: podman from Debian, or the one that REVIEWD_ENGINE names.

engine=${REVIEWD_ENGINE:-podman}

engine_need() {
  case $engine in
  podman) packages_need podman ;;
  docker) command -v docker >/dev/null || die "REVIEWD_ENGINE is docker, but there is no docker here" ;;
  *) die "REVIEWD_ENGINE is \"$engine\"; it may be podman or docker" ;;
  esac
  [[ $engine == podman ]] || return 0
  [[ $EUID -ne 0 || -d /run/systemd/system ]] || engine_configure
  podman info >/dev/null 2>"$var/log/podman" || {
    show_file "$var/log/podman"
    die "podman does not work here"
  }
}

# Without systemd: runc and plain control groups, events in a file, and limits that a sandbox may set.
engine_configure() {
  export CONTAINERS_CONF=${CONTAINERS_CONF:-$var/containers.conf}
  [[ -e $CONTAINERS_CONF ]] || cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=16384:16384"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
}
