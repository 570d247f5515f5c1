#!/usr/bin/env bash
# How fast does reviewd-seed make files, next to how fast PostgreSQL writes the same reviews to a file?
set -euo pipefail
# shellcheck source=loadtest/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'HELP'
loadtest/generate.sh - rows a second of `reviewd-seed generate` and of PostgreSQL's COPY TO

Usage: loadtest/generate.sh [--records N] [--rounds R] [--threads T] [--folder DIR]

  --records N   reviews (4000000)
  --rounds R    how often each side runs, in turns (3)
  --threads T   threads of reviewd-seed (one a CPU)
  --folder DIR  where database and files go (var/bench): 2.5 KiB a review are needed

Loads N reviews into a PostgreSQL of its own. Then, in turns, lets PostgreSQL write them with

    COPY (SELECT * FROM review) TO 'file' (FORMAT csv, HEADER)

and reviewd-seed make them as CSV files on the same disk. COPY leaves its file in the page cache; reviewd-seed syncs its own.
Prints both rates of each round, their medians and ratio, and the greatest memory of reviewd-seed.
HELP
}

records=4000000 rounds=3 threads=$(nproc) folder=$top/var/bench
bench_options records rounds threads folder -- "$@"

# Runs a command, its output to nowhere; sets `elapsed` (seconds) and `peak_kib`, the greatest resident memory.
measure() {
  local measured
  measured=$(/usr/bin/env python3 -c '
import resource, subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
elapsed = time.monotonic() - begin
print(f"{elapsed:.3f}", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@")
  read -r elapsed peak_kib <<<"$measured"
}

copy_to_file() {
  measure "$postgres_bin/psql" -X -q "$(dsn reviews)" \
    -c "COPY (SELECT * FROM review) TO '$bench_folder/copied/review.csv' (FORMAT csv, HEADER)"
  rm "$bench_folder/copied/review.csv"
}

make_files() {
  measure "$bench_build/reviewd-seed" generate --out "$bench_folder/made" --records "$records" --threads "$threads"
  rm -r "$bench_folder/made"
}

bench_begin "$folder"
bench_postgres load
mkdir "$bench_folder/copied"
[[ $EUID -ne 0 ]] || chown postgres: "$bench_folder/copied"
fresh_database reviews
"$bench_build/reviewd-seed" load --dsn "$(dsn reviews)" --records "$records" --threads "$threads" >&2
# What the load has left to write is not to be written meanwhile.
sql reviews CHECKPOINT

greatest_kib=0
printf '%-8s %24s %24s\n' round "COPY TO, rows/s" "reviewd-seed, rows/s"
for ((round = 1; round <= rounds; round++)); do
  sync -f "$bench_folder"
  copy_to_file
  copied+=("$(calculate "$records / $elapsed" %.0f)")
  sync -f "$bench_folder"
  make_files
  made+=("$(calculate "$records / $elapsed" %.0f)")
  greatest_kib=$((peak_kib > greatest_kib ? peak_kib : greatest_kib))
  printf '%-8s %24s %24s\n' "$round" "${copied[-1]}" "${made[-1]}"
done
printf '%-8s %24s %24s\n' median "$(median "${copied[@]}")" "$(median "${made[@]}")"
printf 'ratio    %s\n' "$(calculate "$(median "${made[@]}") / $(median "${copied[@]}")")"
printf 'memory   %s MiB at most (reviewd-seed)\n' "$(calculate "$greatest_kib / 1024" %.1f)"
