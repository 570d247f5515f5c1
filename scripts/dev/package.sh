# shellcheck shell=bash
# ./dev package: the Debian package, and a test of its life on a machine of its own.

package_help() {
  cat <<'HELP'
./dev package - build the Debian package

Usage: ./dev package [--test]

Builds the preset "package" and makes build/package/reviewd_VERSION_ARCH.deb of it: the programs, their manual pages, the
configuration, a systemd unit. The same commit gives the same bytes. Install it with
  sudo apt install ./build/package/reviewd_*.deb
and read reviewd(8), or docs/operations.md.

  --test   lets lintian look at it, then makes a small Debian in var/ (root only; some 250 MB from Debian's mirror, once) and
           tries it in there: installed, serving from a PostgreSQL under a notification socket, upgraded with an edited
           configuration, removed, purged. No systemd runs in there: the unit is checked by systemd-analyze, and its command is
           run as its user.

Exit status: 0 when the package was built (and passed), 1 otherwise.
HELP
}

package_command() {
  local try=false
  case ${1-} in
  '') ;;
  --test) try=true ;;
  *) usage_error "package knows no \"$1\"" "./dev package --help" ;;
  esac
  packages_need build package
  package_build
  $try || return 0
  [[ $EUID -eq 0 ]] || die "package --test makes a Debian in a folder, which takes root: sudo ./dev package --test"
  packages_need package-test
  say "lintian"
  # Who maintains it, and in which bug it was asked for, is for whoever publishes it.
  step lintian --allow-root --fail-on error,warning \
    --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs "$package_file"
  package_test
}

# Sets $package_file.
package_build() {
  local date log=$var/log/package
  setup_begin
  date=$(git -C "$top" log -1 --format=%ct 2>/dev/null) || date=$(stat -c %Y "$top/CHANGELOG.md")
  export SOURCE_DATE_EPOCH=$date
  build_preset package || die "the build failed"
  rm -f "$top"/build/package/*.deb
  if ! (cd "$top/build/package" && step cpack >"$log" 2>&1); then
    show_file "$log"
    die "cpack failed; the whole story is in $log"
  fi
  setup_end
  package_file=$(echo "$top"/build/package/reviewd_*.deb)
  say "built: ${package_file#"$top/"}"
}

# The machine to try it on is unpacked from an archive that is made once.
package_test() {
  local base=$var/package/base.tar root=$var/package/root status=0
  mkdir -p "$var/package"
  if [[ ! -s $base ]]; then
    say "making a small Debian, once"
    # Debian's mirror, as this machine knows it.
    local mirror
    mirror=$(sed -nE 's/^(deb|URIs:) *(\[[^]]*\] *)?(https?:[^ ]+).*/\3/p' /etc/apt/sources.list /etc/apt/sources.list.d/* \
      2>/dev/null | head -n 1) || true
    step mmdebstrap --quiet --mode=root --variant=minbase \
      --include=adduser,curl,ca-certificates,postgresql-15,python3,systemd,strace \
      bookworm "${base%.tar}.part.tar" ${mirror:+"$mirror"}
    mv "${base%.tar}.part.tar" "$base"
  fi
  rm -rf --one-file-system "$root"
  mkdir -p "$root"
  tar -xf "$base" -C "$root"
  mkdir -p "$root/src"
  cp -a "$package_file" "$top/tests/package" "$root/src/"
  rm -f "$root/etc/apt/sources.list"
  cp -a /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d "$root/etc/apt/" 2>/dev/null || true
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/" || true
  say "trying it in there"
  # What it depends on is fetched with the network of this machine; the rest has one of its own, so that ports are free.
  package_enter "$root" 'apt-get -qq update && apt-get -qq -y install --download-only ./*.deb >/dev/null' --mount &&
    package_enter "$root" 'package/install.sh ./*.deb' --mount --net || status=$?
  rm -rf --one-file-system "$root"
  return "$status"
}

# package_enter ROOT COMMAND NAMESPACE...
package_enter() {
  local root=$1 command=$2
  shift 2
  # In a chroot, / is not a mount point whose propagation could be changed; there the folder becomes one of its own.
  if [[ " $* " == *" --mount "* ]] && ! unshare --mount true 2>/dev/null; then
    say "(/ is no mount point here: mounts are kept apart below ${root#"$top/"} only)"
    set -- "$@" --propagation unchanged
  fi
  # shellcheck disable=SC2016 # expanded by the inner shell
  step unshare --pid --fork "$@" --kill-child bash -euc '
    ip link set lo up 2>/dev/null || true
    mount --bind "$1" "$1" && mount --make-rprivate "$1"
    cd "$1"
    mount -t proc proc "$1/proc"
    mount --rbind /sys "$1/sys" && mount --make-rslave "$1/sys"
    mount --rbind /dev "$1/dev" && mount --make-rslave "$1/dev"
    exec chroot "$1" /usr/bin/env -i HOME=/ PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
      bash -c "cd /src && $2"
  ' package "$root" "$command"
}
