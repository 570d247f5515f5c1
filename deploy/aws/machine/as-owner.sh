#!/bin/bash
# Runs a command as the owner of the database, on the maintenance machine: as-owner.sh psql, as-owner.sh reviewd --migrate,
# as-owner.sh reviewd-seed load --records 1000000. The password is asked of AWS each time, since RDS changes it every week, and
# is in the command's environment only. ROOT is as in configure.sh.
set -euo pipefail

release=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
[[ $# -gt 0 ]] || { echo "usage: as-owner.sh COMMAND [ARGUMENT...]" >&2 && exit 2; }

# shellcheck source=/dev/null
source "${ROOT:-}/etc/reviewd-machine"
export AWS_DEFAULT_REGION
PGPASSWORD=$("$release/password.sh" "$OWNER_SECRET")
export PGPASSWORD
export PGHOST=$DATABASE_HOST PGPORT=${DATABASE_PORT:-5432} PGDATABASE=reviewd PGUSER=reviewd_owner
export PGSSLMODE=verify-full PGSSLROOTCERT=$release/rds-ca.pem
export REVIEWD_DB_DSN="dbname=reviewd"
exec "$@"
