#!/bin/bash
# Brings the schema up to date and gives the nodes' role its password, as the database's owner. setup.sh runs it on the
# maintenance machine; safe to repeat. PostgreSQL is told what proves the password, not the password itself. ROOT is as in
# configure.sh; REVIEWD, the program.
set -euo pipefail

release=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=/dev/null
source "${ROOT:-}/etc/reviewd-machine"
export AWS_DEFAULT_REGION

verifier=$("$release/password.sh" "$SERVER_SECRET" | python3 "$release/scram.py")
"$release/as-owner.sh" "${REVIEWD:-reviewd}" --migrate
"$release/as-owner.sh" psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<SQL
ALTER ROLE reviewd_server LOGIN PASSWORD '$verifier';
SQL
