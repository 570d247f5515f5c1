# shellcheck shell=bash
# The Debian packages that ./dev needs, by purpose, and how it installs those that are missing.

declare -A packages=(
  # The C compiler, the build system and reviewd's libraries; node-llhttp holds llhttp's C sources.
  [build]="gcc libc6-dev cmake ninja-build pkg-config libevent-dev libpq-dev libmsgpack-dev libjson-c-dev libinih-dev
    node-llhttp libcunit1-dev"
  [clang]="clang libclang-rt-14-dev"
  [database]="postgresql-15"
  # The requests that `./dev run` suggests are written for curl, and it asks /ready with it.
  [run]="curl"
  [bench]="wrk curl python3"
  [plot]="python3-matplotlib"
  [load]="python3-locust"
  [proxy]="nginx-light"
  [deploy]="python3-locust python3-yaml python3-jsonschema python3-pip nginx-light mandoc systemd"
  [podman]="podman buildah runc iptables netavark aardvark-dns catatonit"
  [base]="mmdebstrap"
  [images]="python3"
  [fleet]="python3 python3-yaml"
  [test]="python3 python3-pytest python3-pytest-xdist python3-psycopg2"
  # Chromium depends on no font. These hold the scripts of the storefront's languages.
  [browser]="chromium fonts-dejavu-core fonts-ipafont-gothic"
  # Only where these commands are missing: Node.js from elsewhere brings its own npm.
  [node]="nodejs npm"
  [package]="dpkg-dev file"
  [package-test]="lintian mmdebstrap iproute2"
  [format]="clang-format"
  [lint]="clang-tidy shellcheck"
)

# packages_need PURPOSE...: installs what is missing for them. Calls no package tool when nothing is.
packages_need() {
  local purpose wanted=() missing=()
  for purpose in "$@"; do
    # shellcheck disable=SC2206 # a list in one string
    wanted+=(${packages[$purpose]})
  done
  mapfile -t missing < <(packages_missing "${wanted[@]}")
  [[ ${#missing[@]} -eq 0 ]] || packages_install "${missing[@]}"
}

packages_missing() {
  local package
  command -v dpkg-query >/dev/null || return 0
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) == ?i* ]] || echo "$package"
  done
}

packages_install() {
  local log=$var/log/packages
  say "installing Debian packages: $*"
  local as_root=()
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || die "no sudo here; as root: apt-get install --no-install-recommends $*"
    as_root=(sudo)
    say "(through sudo, which may ask for your password)"
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300
    -o Dpkg::Use-Pty=0)
  local no_main=
  if [[ " $* " == *" postgresql-15 "* && ! -d /etc/postgresql/15 ]]; then
    no_main=/etc/postgresql-common/createcluster.d/reviewd-dev.conf
    say "(without the cluster \"main\" that Debian would start on port 5432; pg_createcluster 15 main makes it)"
    "${as_root[@]}" mkdir -p "${no_main%/*}"
    echo 'create_main_cluster = false' | "${as_root[@]}" tee "$no_main" >/dev/null
  fi
  # Nor nginx on port 80: here it is started by hand, on other ports.
  local no_start=
  if [[ " $* " == *" nginx "* && ! -e /usr/sbin/policy-rc.d ]]; then
    no_start=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$no_start" >/dev/null
    "${as_root[@]}" chmod 0755 "$no_start"
  fi
  local installed=false
  : >"$log"
  # The lists that are there may be missing or too old; then they are fetched, and only then.
  if packages_listed "$@" && "${apt[@]}" install --no-install-recommends "$@" </dev/null >>"$log" 2>&1; then
    installed=true
  elif say "fetching the package lists" && "${apt[@]}" update </dev/null >>"$log" 2>&1 &&
    "${apt[@]}" install --no-install-recommends "$@" </dev/null >>"$log" 2>&1; then
    installed=true
  fi
  [[ -z $no_main ]] || "${as_root[@]}" rm -f "$no_main"
  [[ -z $no_start ]] || "${as_root[@]}" rm -f "$no_start"
  if ! $installed; then
    show_file "$log"
    die "the packages could not be installed; the whole story is in $log"
  fi
}

# packages_listed PACKAGE...: whether apt's lists know them all.
packages_listed() {
  local package
  for package in "$@"; do
    [[ $(LC_ALL=C apt-cache policy "$package" 2>/dev/null) == *'Candidate: '[!\(]* ]] || return 1
  done
}
