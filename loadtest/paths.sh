#!/usr/bin/env bash
# How fast is each path of a request, next to PostgreSQL alone and to other servers on the same database?
set -euo pipefail
# shellcheck source=loadtest/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'HELP'
loadtest/paths.sh - rates and latencies of reviewd, against pgbench running the same statements and against other servers

Usage: loadtest/paths.sh [--records N] [--rounds R] [--seconds S] [--only NAME,...] [--against DIR] [--peers no]
                         [--folder DIR | --socket DIR --database NAME] [--results FILE] [--write FILE]

  --records N     reviews (3000000)
  --rounds R      how often each measurement is made, in turns (3)
  --seconds S     how long one takes (5)
  --only NAME,... of the rates: list, list-256, list-600, list-zipf, list-rows, list-rows-256, meta, post, vote, vote-zipf, mixed,
                  mixed-zipf;
                  half         latency at half of the maximum, open loop
                  overload     three times the maximum
                  one-cpu      one loop against a loop an actor, on one CPU
                  memory       with 600 connections to PostgreSQL, and with 10,000 clients
                  connections  throughput against connections used
                  wrk          the same lists asked for by wrk
                  (all)
  --against DIR   a second build of reviewd, measured in turns with the first
  --peers no      without the servers in loadtest/peers, which need Node.js 20 with npm, and Go
  --folder DIR    where the database goes (var/bench)
  --socket DIR, --database NAME
                  a database that is there, reached as postgres through the socket in DIR; it gets new reviews and votes
  --shared-buffers SIZE
                  instead of a quarter of the memory, and in huge pages, which must have been set aside:
                  sysctl vm.nr_hugepages=(SIZE / 2 MB + 300)
  --results FILE  every single result, as JSON; what the file already holds of other measurements is kept
  --write FILE    a page that gets tables and plots, such as docs/performance.md

Environment: REVIEWD_BUILD, the folder of the build to measure (build/release).
HELP
}

records=3000000 rounds=3 seconds=5 only='' against='' peers=yes folder=$top/var/bench socket='' database=reviews shared_buffers=''
results='' write=''
bench_options records rounds seconds only against peers folder socket database shared-buffers results write -- "$@"
[[ -z $shared_buffers ]] || bench_more="shared_buffers = $shared_buffers"$'\nhuge_pages = on'
[[ -x $postgres_bin/pgbench ]] || die "pgbench is missing: apt install postgresql-15"
for build in "$bench_build" ${against:+"$against"}; do
  [[ -x $build/reviewd ]] || die "$build/reviewd is missing: ./dev build there"
done
without=()
[[ $peers != no ]] || without=(--without-peers)
loadgen=$top/build/release/reviewd-loadgen
[[ -x $loadgen ]] || die "$loadgen is missing: ./dev build"

if [[ -z $socket ]]; then
  bench_begin "$folder"
  bench_postgres load
  fresh_database "$database"
  "$bench_build/reviewd-seed" load --dsn "$(dsn "$database")" --records "$records" >&2
  bench_postgres_restart serve
  warm "$database"
  socket=$bench_folder/data
fi
# Debian's Python has Debian's matplotlib.
/usr/bin/python3 "$top/loadtest/measure" --postgres-bin "$postgres_bin" --socket "$socket" --database "$database" \
  --records "$records" --build "$bench_build" --loadgen "$loadgen" --rounds "$rounds" --seconds "$seconds" \
  ${only:+--only "$only"} ${against:+--against "$(realpath "$against")"} ${results:+--results "$results"} \
  ${write:+--write "$write"} "${without[@]}"
