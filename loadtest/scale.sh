#!/usr/bin/env bash
# Does reviewd keep its rate when the data grow tenfold?
set -euo pipefail
# shellcheck source=loadtest/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'HELP'
loadtest/scale.sh - the rates of lists and totals as the data grow, against pgbench's own

Usage: loadtest/scale.sh [--small N] [--large N] [--rounds R] [--seconds S] [--shared-buffers SIZE] [--folder DIR]

  --small N     reviews to begin with (3000000)
  --large N     reviews to compare with (30000000)
  --rounds R    how often each measurement is made, in turns (3)
  --seconds S   how long one takes (8)
  --shared-buffers SIZE
                instead of a quarter of the memory, and in huge pages, which must have been set aside:
                sysctl vm.nr_hugepages=(SIZE / 2 MB + 300)
  --folder DIR  where the database goes (var/bench)

For both sizes: fills a database, then asks reviewd (wrk, 64 clients) for /list?count=10 and /meta of uniformly random
products, and in turns with that lets pgbench (16 clients) run the statements by which reviewd answers these, prepared, one
product each, on the same server. Prints the medians, and what is left of each rate at the larger size. Both read stored
pages, which each product has; with REVIEWD_DB_PAGES=off in the environment both read the reviews.
HELP
}

small=3000000 large=30000000 rounds=3 seconds=8 shared_buffers='' folder=$top/var/bench
bench_options small large rounds seconds shared-buffers folder -- "$@"
[[ -z $shared_buffers ]] || bench_more="shared_buffers = $shared_buffers"$'\nhuge_pages = on'
command -v wrk >/dev/null || die "wrk is missing: apt install wrk"
[[ -x $postgres_bin/pgbench ]] || die "pgbench is missing: apt install postgresql-15"

loadgen=$top/build/release/reviewd-loadgen
[[ -x $loadgen ]] || die "$loadgen is missing: ./dev build"
port=18080

# statement NAME PARAMETER...: what the server runs, with the parameters in place, for pgbench.
statement() {
  local text number=1
  text=$("$bench_build/reviewd" --statements | sed -n "s/^$1\t//p")
  shift
  for parameter in "$@"; do
    text=${text//\$$number/$parameter}
    number=$((number + 1))
  done
  printf '%s;\n' "$text"
}

# The transactions of pgbench: one script a segment, as likely as the segment has products.
write_scripts() {
  rm -rf "$bench_folder/scripts"
  mkdir "$bench_folder/scripts"
  list_scripts=()
  local leaf first end
  while IFS='|' read -r leaf first end; do
    {
      echo "\\set product random($first, $((end - 1)))"
      if [[ ${REVIEWD_DB_PAGES:-stored} == stored ]]; then
        statement PAGE 'ARRAY[:product]' 1::int2
      else
        statement LIST_RELEVANT_ONE :product 10 0 | sed "s/{leaf}/$leaf/"
      fi
    } >"$bench_folder/scripts/$leaf.sql"
    list_scripts+=(-f "$bench_folder/scripts/$leaf.sql@$((end - first))")
  done < <(sql reviews 'SELECT leaf, first_product, end_product FROM segment WHERE end_product < 2147483648')
  {
    echo "\\set product random(1, $products)"
    statement META 'ARRAY[:product]'
  } >"$bench_folder/scripts/meta.sql"
}

run_pgbench() {
  PGOPTIONS='-c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off' "$postgres_bin/pgbench" -h "$bench_folder/data" -U postgres -n \
    -M prepared -c 16 -j 1 -T "$seconds" "$@" reviews 2>/dev/null | awk '/^tps/ { print $3 }'
}

run_wrk() {
  wrk -t1 -c64 -d"${seconds}s" -s "$top/loadtest/wrk/products.lua" "http://127.0.0.1:$port" -- "$products" "$1" |
    awk '/answers other than 200/ && $NF > 0 { exit 1 } /Requests\/sec/ { print $2 }'
}

start_reviewd() {
  REVIEWD_SERVER_PORT=$port REVIEWD_ADMIN_PORT=$((port + 1)) REVIEWD_DB_DSN=$(dsn reviews reviewd_server) \
    "$bench_build/reviewd" 2>"$bench_folder/reviewd.log" &
  bench_server=$!
  local attempt
  for ((attempt = 0; attempt < 100; attempt++)); do
    curl -sf -o /dev/null "http://127.0.0.1:$((port + 1))/ready" && return
    sleep 0.1
  done
  die "reviewd does not get ready: $(tail -n 3 "$bench_folder/reviewd.log")"
}

# Has each product asked for, so that its page is stored, as when a shop has been open for a while.
store_pages() {
  [[ ${REVIEWD_DB_PAGES:-stored} == stored ]] || return 0
  for _ in 1 2; do
    "$loadgen" --server "127.0.0.1:$port" --products "$products" --in-turn --warm 0 --seconds $((2 + products / 15000)) >/dev/null
  done
  sql reviews 'VACUUM (ANALYZE) product_page'
  say "$(sql reviews 'SELECT count(*) FROM product_page') pages are stored"
}

# measure RECORDS: sets rates[what]
measure() {
  local records=$1 round what
  declare -gA rates=()
  products=$((records / 30))
  bench_postgres_restart load
  fresh_database reviews
  "$bench_build/reviewd-seed" load --dsn "$(dsn reviews)" --records "$records" >&2
  bench_postgres_restart serve
  warm reviews
  write_scripts
  start_reviewd
  store_pages
  local -A values=()
  # Round 0 warms up what is left.
  for ((round = 0; round <= rounds; round++)); do
    for what in "list reviewd" "list pgbench" "meta reviewd" "meta pgbench"; do
      local rate
      case $what in
      "list reviewd") rate=$(run_wrk '/reviews/%d/list?count=10') ;;
      "list pgbench") rate=$(run_pgbench "${list_scripts[@]}") ;;
      "meta reviewd") rate=$(run_wrk '/reviews/%d/meta') ;;
      "meta pgbench") rate=$(run_pgbench -f "$bench_folder/scripts/meta.sql") ;;
      esac
      [[ $round -eq 0 ]] || values[$what]+=" $rate"
    done
    say "$records reviews, round $round of $rounds"
  done
  for what in "${!values[@]}"; do
    # shellcheck disable=SC2086 # a list of numbers
    rates[$what]=$(median ${values[$what]})
    say "  $what:${values[$what]}"
  done
  kill "$bench_server"
  wait "$bench_server" || true
  bench_server=
}

bench_begin "$folder"
bench_postgres load
measure "$small"
for what in "${!rates[@]}"; do declare -A before; before[$what]=${rates[$what]}; done
measure "$large"
printf '%-14s %12s %12s %8s\n' "a second" "$small" "$large" left
for what in "list reviewd" "list pgbench" "meta reviewd" "meta pgbench"; do
  printf '%-14s %12.0f %12.0f %7s%%\n' "$what" "${before[$what]}" "${rates[$what]}" \
    "$(calculate "100 * ${rates[$what]} / ${before[$what]}" %.1f)"
done
