#!/usr/bin/env bash
# The life of the Debian package on a machine of its own: installed, served from, upgraded, removed, purged. Changes the machine
# that it runs on: for a throw-away root only, as ./dev package --test makes one.
# Usage: tests/package/install.sh PACKAGE.deb. Ends with "N passed, N failed".
set -euo pipefail

package=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd -P)
export DEBIAN_FRONTEND=noninteractive
passed=0
failed=0

check() {
  local what=$1
  shift
  if "$@"; then
    echo "ok: $what"
    passed=$((passed + 1))
  else
    echo "not ok: $what"
    failed=$((failed + 1))
  fi
}

apt() {
  apt-get -qq -y -o Dpkg::Use-Pty=0 "$@" >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; return 1; }
}

# equals FOUND EXPECTED
equals() {
  [[ $1 == "$2" ]] || { echo "  \"$1\" instead of \"$2\""; return 1; }
}

# Every path that has to do with us, outside of what the system itself rewrites.
traces() {
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /src -o -path /var/cache -o -path /var/lib/postgresql \
    -o -path /var/log \) -prune -o -name '*reviewd*' -print
}

# The same package with another version and another default in its configuration.
make_newer() {
  local tree=/tmp/newer
  rm -rf "$tree"
  dpkg-deb -R "$package" "$tree"
  sed -i 's/^Version: .*/Version: 99.0-1/' "$tree/DEBIAN/control"
  sed -i 's/^backlog = .*/backlog = 2048/' "$tree/etc/reviewd/reviewd.ini"
  (cd "$tree" && find etc lib usr -type f -exec md5sum {} + >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -b "$tree" /tmp/newer.deb >/dev/null
}

# As reviewd(8) describes it: the service's user may take the role by its name.
prepare_database() {
  local data=/etc/postgresql/15/main
  sed -i '1i local reviewd reviewd_server peer map=reviewd' $data/pg_hba.conf
  echo 'reviewd reviewd reviewd_server' >>$data/pg_ident.conf
  pg_ctlcluster 15 main start
  runuser -u postgres -- createdb reviewd
  (cd / && runuser -u postgres -- env REVIEWD_DB_DSN=dbname=reviewd reviewd --migrate >/dev/null)
}

config=/etc/reviewd/reviewd.ini
before=$(traces)

check "it installs" apt install "$package"
check "the service has a user" equals "$(getent passwd reviewd | cut -d: -f6-7)" /nonexistent:/usr/sbin/nologin
check "its configuration is its own" equals "$(stat -c '%U:%G %a' $config)" "root:reviewd 640"
check "its configuration is good" runuser -u reviewd -- reviewd --config $config --check-config
check "the service is enabled" test -L /etc/systemd/system/multi-user.target.wants/reviewd.service
check "the unit is well formed" systemd-analyze verify --man=no /lib/systemd/system/reviewd.service
check "the manual has its pages" test -s /usr/share/man/man8/reviewd.8.gz -a -s /usr/share/man/man5/reviewd.ini.5.gz
prepare_database
check "it serves as its unit says" python3 "$here/serve.py" /lib/systemd/system/reviewd.service

make_newer
check "an upgrade succeeds" apt -o Dpkg::Options::=--force-confdef install /tmp/newer.deb
check "it renews a configuration that nobody edited" grep -q '^backlog = 2048' $config
check "and leaves its mode" equals "$(stat -c '%U:%G %a' $config)" "root:reviewd 640"
check "back to the older one" apt --allow-downgrades -o Dpkg::Options::=--force-confdef install "$package"
sed -i 's/^max_clients = .*/max_clients = 4321/' $config
chmod 600 $config
check "an upgrade of an edited configuration succeeds" apt -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install /tmp/newer.deb
check "it keeps what was edited" grep -q '^max_clients = 4321' $config
check "and its mode" equals "$(stat -c %a $config)" 600
check "the new one lies beside it" grep -q '^backlog = 2048' $config.dpkg-dist
chmod 640 $config

install -m 600 /dev/null /etc/reviewd/environment
check "it can be removed" apt remove reviewd
check "what was edited stays" grep -q '^max_clients = 4321' $config
check "the program does not" test ! -e /usr/bin/reviewd
check "it can be installed again" apt install /tmp/newer.deb
check "with what was edited" grep -q '^max_clients = 4321' $config
check "and the service is enabled" test -L /etc/systemd/system/multi-user.target.wants/reviewd.service -a ! -e /etc/systemd/system/reviewd.service
check "it can be purged" apt purge reviewd
check "nothing of it is left" equals "$(traces)" "$before"
check "nor its user" equals "$(getent passwd reviewd; getent group reviewd)" ""

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
