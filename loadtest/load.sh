#!/usr/bin/env bash
# How long do reviewd-seed and PostgreSQL alone take to fill a database?
set -euo pipefail
# shellcheck source=loadtest/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'HELP'
loadtest/load.sh - reviewd-seed load against PostgreSQL's own COPY and CREATE INDEX

Usage: loadtest/load.sh [--records N] [--rounds R] [--folder DIR]

  --records N   reviews (30000000)
  --rounds R    how often each side runs, in turns (3)
  --folder DIR  where the databases go (var/bench): 2 KiB a review are needed

One side is `reviewd-seed load`, from nothing to reviews that are generated, loaded, indexed, analysed, logged and visible.
The other is PostgreSQL alone: one COPY FROM of a CSV file that is ready, into a table without indexes, and then the same
indexes one by one, without statistics. Both run on one server with the same settings (pg/conf).
HELP
}

records=30000000 rounds=3 folder=$top/var/bench
bench_options records rounds folder -- "$@"

indexes=(
  'ALTER TABLE plain ADD PRIMARY KEY (product_id, review_id)'
  'CREATE INDEX ON plain (product_id, relevance DESC, created_at DESC, review_id DESC) WHERE NOT reported'
  'CREATE INDEX ON plain (product_id, created_at DESC, review_id DESC) WHERE NOT reported'
  'CREATE INDEX ON plain (product_id, helpfulness DESC, created_at DESC, review_id DESC) WHERE NOT reported'
)

ours() {
  fresh_database ours
  "$bench_build/reviewd-seed" load --dsn "$(dsn ours)" --records "$records"
}

plain_copy() {
  sql plain "COPY plain FROM '$bench_folder/csv/review_0001.csv' (FORMAT csv, HEADER match)"
}

bench_begin "$folder"
bench_postgres load
say "making the CSV file for PostgreSQL alone"
"$bench_build/reviewd-seed" generate --out "$bench_folder/csv" --records "$records" --segment-records "$records" >&2
chmod -R a+rX "$bench_folder/csv"

for ((round = 1; round <= rounds; round++)); do
  sql postgres CHECKPOINT
  our_seconds+=("$(seconds ours)")
  [[ $(sql ours 'SELECT sum(reviews) FROM segment') -ge $((records * 99 / 100)) ]] || die "reviews are missing"
  size=$(sql ours "SELECT pg_size_pretty(pg_database_size('ours'))")
  fresh_database plain
  sql plain 'CREATE TABLE plain (LIKE review INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)' \
    'DROP TABLE review CASCADE'
  sql postgres 'DROP DATABASE ours' CHECKPOINT
  copy=$(seconds plain_copy)
  index=0
  for statement in "${indexes[@]}"; do
    index=$(calculate "$index + $(seconds sql plain "$statement")")
  done
  sql postgres 'DROP DATABASE plain'
  copy_seconds+=("$copy")
  index_seconds+=("$index")
  plain_seconds+=("$(calculate "$copy + $index")")
  say "round $round: reviewd-seed ${our_seconds[-1]} s ($size); PostgreSQL alone ${plain_seconds[-1]} s" \
    "(COPY $copy s, indexes $index s)"
done

our_median=$(median "${our_seconds[@]}")
plain_median=$(median "${plain_seconds[@]}")
printf '%s reviews, medians of %s: reviewd-seed %s s (%s rows/s), PostgreSQL alone %s s (COPY %s s, indexes %s s); ratio %s\n' \
  "$records" "$rounds" "$our_median" "$(calculate "$records / $our_median" %.0f)" "$plain_median" \
  "$(median "${copy_seconds[@]}")" "$(median "${index_seconds[@]}")" "$(calculate "$our_median / $plain_median")"
