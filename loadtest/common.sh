# shellcheck shell=bash
# What the benchmarks share: a PostgreSQL of their own, a stopwatch, medians, and an end that leaves nothing behind.
# Sourced by loadtest/*.sh, which set -euo pipefail.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
bench_folder=   # everything is in here; removed at the end
bench_more=     # settings of PostgreSQL that come last
bench_server=   # the pid of reviewd, if it runs
bench_build=$(realpath -m "${REVIEWD_BUILD:-$top/build/release}") # the programs that are measured
# shellcheck source=scripts/dev/postgres_conf.sh
source "$top/scripts/dev/postgres_conf.sh"
postgres_bin=$(dirname "$(find /usr/lib/postgresql -name pg_ctl 2>/dev/null | sort -V | tail -n 1)")

say() {
  printf '%s\n' "$*" >&2
}

die() {
  say "$0: $*"
  exit 1
}

as_postgres() {
  if [[ $EUID -eq 0 ]]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
  else
    "$@"
  fi
}

bench_end() {
  local status=$?
  trap - EXIT
  [[ -z $bench_server ]] || kill "$bench_server" 2>/dev/null || true
  if [[ -n $bench_folder ]]; then
    as_postgres "$postgres_bin/pg_ctl" -D "$bench_folder/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf --one-file-system "$bench_folder"
  fi
  exit "$status"
}

# bench_options NAME... -- ARGUMENT...: reads the options --NAME VALUE into the variables of these names (- becomes _), and
# answers --help by usage().
bench_options() {
  local names=()
  while [[ $1 != -- ]]; do
    names+=("$1")
    shift
  done
  shift
  while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
      usage
      exit
      ;;
    esac
    if [[ " ${names[*]/#/--} " != *" $1 "* || $# -lt 2 ]]; then
      say "${0##*/}: $([[ " ${names[*]/#/--} " == *" $1 "* ]] && echo "$1 needs a value" || echo "unknown option \"$1\""); --help explains"
      exit 2
    fi
    local variable=${1#--}
    printf -v "${variable//-/_}" %s "$2"
    shift 2
  done
}

# bench_begin PARENT: makes the folder below PARENT, which must have room, and sees to its end.
bench_begin() {
  [[ -x $bench_build/reviewd-seed ]] || die "$bench_build/reviewd-seed is missing: ./dev build"
  [[ -x $postgres_bin/pg_ctl ]] || die "PostgreSQL is missing: apt install postgresql-15"
  mkdir -p "$1"
  bench_folder=$(mktemp -d "$(realpath "$1")/reviewd-bench.XXXXXX")
  chmod 0711 "$bench_folder"
  as_postgres test -x "$bench_folder" 2>/dev/null || {
    rmdir "$bench_folder"
    die "the user postgres cannot enter $1; name another place with --folder"
  }
  trap bench_end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# bench_settings [load]: the settings that fit this machine, as `./dev run` chooses them, and those of a load if asked for; without
# replicas in both cases.
bench_settings() {
  local choice
  choice=$(postgres_choose '' "$(postgres_memory_mib /)" "$(nproc)")
  cat "$(head -n 1 <<<"$choice")"
  tail -n +2 <<<"$choice"
  printf "wal_level = minimal\nmax_wal_senders = 0\nlog_checkpoints = off\n"
  [[ ${1-} != load ]] || cat "$top/pg/conf/load.conf"
  printf '%s\n' "$bench_more"
}

# bench_postgres [load]: makes and starts a cluster with these settings.
bench_postgres() {
  local data=$bench_folder/data
  install -d -m 0700 "$data"
  [[ $EUID -ne 0 ]] || chown postgres: "$data"
  as_postgres "$postgres_bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  bench_postgres_configure "$@"
  as_postgres "$postgres_bin/pg_ctl" -D "$data" -l "$data/server.log" -w -t 300 start >/dev/null
}

bench_postgres_configure() {
  {
    bench_settings "$@"
    # In the folder of the data: a socket's path has room for 107 bytes.
    printf "listen_addresses = ''\nunix_socket_directories = '%s'\n" "$bench_folder/data"
  } | as_postgres tee "$bench_folder/data/postgresql.conf" >/dev/null
}

# bench_postgres_restart load|serve: the same cluster with other settings.
bench_postgres_restart() {
  bench_postgres_configure "$@"
  as_postgres "$postgres_bin/pg_ctl" -D "$bench_folder/data" -l "$bench_folder/data/server.log" -m fast -w -t 600 restart >/dev/null
}

dsn() {
  printf "host=%s port=5432 user=%s dbname=%s" "$bench_folder/data" "${2:-postgres}" "$1"
}

# sql DATABASE STATEMENT...: each in a transaction of its own; rows without decoration.
sql() {
  local database=$1 statements=()
  shift
  for statement in "$@"; do statements+=(-c "$statement"); done
  "$postgres_bin/psql" -X -q -At -v ON_ERROR_STOP=1 "$(dsn "$database")" "${statements[@]}"
}

# fresh_database NAME: migrated and empty.
fresh_database() {
  sql postgres "DROP DATABASE IF EXISTS $1" "CREATE DATABASE $1" 2>/dev/null
  REVIEWD_DB_DSN=$(dsn "$1") "$bench_build/reviewd" --migrate >/dev/null
}

# warm DATABASE: reads what is going to be asked for into the shared buffers, as far as they have room.
warm() {
  sql "$1" 'CREATE EXTENSION IF NOT EXISTS pg_prewarm' "SELECT count(pg_prewarm(quote_ident(leaf))) FROM segment" \
    "SELECT count(pg_prewarm(indexrelid)) FROM pg_index JOIN segment ON indrelid = quote_ident(leaf)::regclass
     WHERE indexrelid::regclass::text LIKE '%relevant%'" \
    "SELECT count(pg_prewarm(name)) FROM unnest('{product_meta, product_meta_pkey}'::regclass[]) AS name" >/dev/null
}

# seconds COMMAND...: how long it takes; its output goes to stderr.
seconds() {
  local start end
  start=$(date +%s.%N)
  "$@" >&2
  end=$(date +%s.%N)
  awk -v start="$start" -v end="$end" 'BEGIN { printf "%.2f", end - start }'
}

# median NUMBER...
median() {
  printf '%s\n' "$@" | sort -g | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# calculate EXPRESSION [FORMAT]
calculate() {
  awk "BEGIN { printf \"${2:-%.2f}\", $1 }"
}
