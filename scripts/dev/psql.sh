# shellcheck shell=bash
# ./dev psql and ./dev stop: the private database by hand.

psql_help() {
  cat <<'HELP'
./dev psql - psql on the private database, as its superuser

Usage: ./dev psql [ARGUMENTS OF PSQL...]

Starts the private PostgreSQL when it does not run, and then stops it again at the end. It can be used while ./dev run
serves. Everything after `psql` is psql's own: see psql(1).

Examples:
  ./dev psql
  ./dev psql -Atc 'SELECT count(*) FROM review'
  ./dev psql -f report.sql

Exit status: psql's.
HELP
}

psql_command() {
  packages_need database
  postgres_visit=yes
  postgres_use
  trap : INT
  PGHOST=$postgres_socket PGPORT=5432 PGUSER=postgres PGDATABASE=reviewd "$postgres_bin/psql" "$@"
}

stop_help() {
  cat <<'HELP'
./dev stop - stop a private PostgreSQL that was left running

Usage: ./dev stop

`./dev run` stops its PostgreSQL when it ends. One that was killed cannot: then this does, or the next ./dev run takes
the server over. A server that another ./dev uses is left alone.

Exit status: 0 when no server runs any more, 1 when it is in use.
HELP
}

stop_command() {
  [[ $# -eq 0 ]] || usage_error "stop takes no arguments" "./dev stop --help"
  [[ -d $var/postgres ]] || return 0
  postgres_locate
  local users
  exec {users}<"$var/lock/postgres-users"
  flock -n -x "$users" || die "another ./dev uses the database in $var; end that one first"
  postgres_stop
}
