#!/bin/bash
# Writes the configuration of a node of reviewd. setup.sh runs it as root on a machine of the fleet.
#
# Reads the files of the release beside it and /etc/reviewd-machine (what the launch template says of the machine); asks AWS for
# the password of the nodes' role. ROOT (default: /) is where it reads and writes.
set -euo pipefail

release=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=${ROOT:-}

# shellcheck source=/dev/null
source "$root/etc/reviewd-machine"
export AWS_DEFAULT_REGION

password=$("$release/password.sh" "$SERVER_SECRET")
# It stands within quotes in two files. A secret of one's own making may hold anything.
if [[ ! $password =~ ^[A-Za-z0-9_.~-]{16,}$ ]]; then
  echo "configure: the password in $SERVER_SECRET must be 16 or more letters, digits, and _ . ~ -" >&2
  exit 1
fi

group=$(id -g)
if [[ $EUID -eq 0 ]] && getent group reviewd >/dev/null; then
  group=reviewd
fi
install -d -m 0755 "$root/etc/reviewd"
install -m 0644 "$release/rds-ca.pem" "$root/etc/reviewd/rds-ca.pem"
install -m 0640 -g "$group" "$release/micro.ini" "$root/etc/reviewd/reviewd.ini"

# By name and not by address: RDS changes the address when it fails over.
umask 077
cat >"$root/etc/reviewd/environment.new" <<ENVIRONMENT
# Written by configure.sh when the machine was made.
REVIEWD_DB_DSN='host=$DATABASE_HOST port=${DATABASE_PORT:-5432} dbname=reviewd user=reviewd_server password=$password sslmode=verify-full sslrootcert=$root/etc/reviewd/rds-ca.pem'
REVIEWD_DB_NODES=$NODES
REVIEWD_DB_CONNECTIONS=$CONNECTIONS
ENVIRONMENT
mv "$root/etc/reviewd/environment.new" "$root/etc/reviewd/environment"
