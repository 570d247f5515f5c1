#!/usr/bin/env bash
# How fast is each path of a request, next to PostgreSQL alone and to other servers on the same database?
set -euo pipefail
# shellcheck source=loadtest/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'HELP'
loadtest/paths.sh - rates and latencies of reviewd, against pgbench running the same statements

Usage: loadtest/paths.sh [--records N] [--rounds R] [--seconds S] [--only NAME,...] [--against DIR]
                         [--folder DIR | --socket DIR --database NAME] [--results FILE]

  --records N     reviews (3000000)
  --rounds R      how often each measurement is made, in turns (3)
  --seconds S     how long one takes (5)
  --only NAME,... list, list-256, meta, list-zipf, post, vote, vote-zipf, mixed (all)
  --against DIR   a second build of reviewd, measured in turns with the first
  --folder DIR    where the database goes (var/bench)
  --socket DIR, --database NAME
                  a database that is there, reached as postgres through the socket in DIR; it gets new reviews and votes
  --shared-buffers SIZE
                  instead of a quarter of the memory, and in huge pages, which must have been set aside:
                  sysctl vm.nr_hugepages=(SIZE / 2 MB + 300)
  --results FILE  every single result, as JSON

Environment: REVIEWD_BUILD, the folder of the build to measure (build/release).
HELP
}

records=3000000 rounds=3 seconds=5 only='' against='' folder=$top/var/bench socket='' database=reviews shared_buffers='' results=''
bench_options records rounds seconds only against folder socket database shared-buffers results -- "$@"
[[ -z $shared_buffers ]] || bench_more="shared_buffers = $shared_buffers"$'\nhuge_pages = on'
[[ -x $postgres_bin/pgbench ]] || die "pgbench is missing: apt install postgresql-15"
for build in "$bench_build" ${against:+"$against"}; do
  [[ -x $build/reviewd ]] || die "$build/reviewd is missing: ./dev build there"
done
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
python3 "$top/loadtest/measure" --postgres-bin "$postgres_bin" --socket "$socket" --database "$database" --build "$bench_build" \
  --loadgen "$loadgen" \
  --rounds "$rounds" --seconds "$seconds" ${only:+--only "$only"} ${against:+--against "$(realpath "$against")"} \
  ${results:+--results "$results"}
