#!/usr/bin/env bash
# How fast does reviewd-seed make files, next to how fast PostgreSQL writes the same reviews to a file?
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$top/build/release
disk=${TMPDIR:-/tmp}
records=4000000
rounds=3
threads=$(nproc)

show_help() {
  cat <<HELP
loadtest/generate.sh - rows a second of \`reviewd-seed generate\` and of PostgreSQL's COPY TO

Usage: loadtest/generate.sh [--records N] [--rounds N] [--threads N] [--build FOLDER] [--disk FOLDER]

Starts a PostgreSQL of its own in a temporary folder and loads N made-up reviews into it. Then, in turns, lets PostgreSQL
write them with

    COPY (SELECT * FROM review) TO 'file' (FORMAT csv, HEADER)

and reviewd-seed make them as CSV files on the same disk. COPY leaves its file in the page cache; reviewd-seed syncs its own.
Prints both rates of each round, their medians and ratio, and the greatest memory of reviewd-seed. Takes about 2.5 KB of
disk a review, and removes everything at the end.

  --records N      reviews (4000000)
  --rounds N       how often (3)
  --threads N      threads of reviewd-seed (one a CPU: $threads)
  --build FOLDER   where reviewd and reviewd-seed are (build/release)
  --disk FOLDER    where the temporary folder is made ($disk)
HELP
}

bad_usage() {
  echo "generate.sh: $1; --help explains" >&2
  exit 2
}

while [[ $# -gt 0 ]]; do
  case $1 in
  -h | --help)
    show_help
    exit 0
    ;;
  --records | --rounds | --threads | --build | --disk)
    [[ $# -gt 1 ]] || bad_usage "$1 needs a value"
    printf -v "${1#--}" %s "$2"
    shift 2
    ;;
  *) bad_usage "unknown option \"$1\"" ;;
  esac
done
for number in "$records" "$rounds" "$threads"; do
  [[ $number =~ ^[1-9][0-9]*$ ]] || bad_usage "\"$number\" is not a positive number"
done
for program in reviewd reviewd-seed; do
  [[ -x $build/$program ]] || bad_usage "$build/$program is not there (./dev build makes it)"
done

folder=$(mktemp -d "$disk/reviewd-generate.XXXXXX")
started=
finish() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  [[ -z $started ]] || "$top/tests/private_postgres.sh" stop "$folder/postgres" immediate || true
  rm -rf "$folder"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# The user postgres passes through; its own files go into a folder of its own.
chmod 711 "$folder"
mkdir "$folder/copied"
if [[ $EUID == 0 ]]; then chown postgres: "$folder/copied"; fi

# Runs a command, its output to nowhere; sets `seconds` and `peak_kib`, the greatest resident memory.
measure() {
  local measured
  measured=$(/usr/bin/env python3 -c '
import resource, subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
seconds = time.monotonic() - begin
print(f"{seconds:.3f}", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@")
  read -r seconds peak_kib <<<"$measured"
}

rate() {
  awk -v records="$records" -v seconds="$1" 'BEGIN {printf "%.0f", records / seconds}'
}

# Of the numbers given: the middle one, or the lower of the two in the middle.
median() {
  printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

echo "loading $records reviews into a PostgreSQL of our own ..."
started=yes
dsn=$("$top/tests/private_postgres.sh" start "$folder/postgres")
REVIEWD_DB_DSN=$dsn "$build/reviewd" --migrate >/dev/null
"$build/reviewd-seed" load --dsn "$dsn" --records "$records" --threads "$threads" >/dev/null
# What the load has left to write is not to be written meanwhile.
psql -X -q -d "$dsn" -c CHECKPOINT
sync -f "$folder"

copied=()
made=()
greatest_kib=0
printf '%-8s %24s %24s\n' round "COPY TO, rows/s" "reviewd-seed, rows/s"
for ((round = 1; round <= rounds; round++)); do
  measure psql -X -q -d "$dsn" -c "COPY (SELECT * FROM review) TO '$folder/copied/review.csv' (FORMAT csv, HEADER)"
  copied+=("$(rate "$seconds")")
  rm "$folder/copied/review.csv"
  sync -f "$folder"
  measure "$build/reviewd-seed" generate --out "$folder/made" --format csv --records "$records" --threads "$threads"
  made+=("$(rate "$seconds")")
  rm -r "$folder/made"
  sync -f "$folder"
  greatest_kib=$((peak_kib > greatest_kib ? peak_kib : greatest_kib))
  printf '%-8s %24s %24s\n' "$round" "${copied[-1]}" "${made[-1]}"
done

copied_median=$(median "${copied[@]}")
made_median=$(median "${made[@]}")
printf '%-8s %24s %24s\n' median "$copied_median" "$made_median"
awk -v made="$made_median" -v copied="$copied_median" 'BEGIN {printf "ratio    %.2f\n", made / copied}'
printf 'memory   %.1f MiB at most (reviewd-seed)\n' "$(awk -v kib="$greatest_kib" 'BEGIN {print kib / 1024}')"
