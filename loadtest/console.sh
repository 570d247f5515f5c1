#!/usr/bin/env bash
# What does the operators' console cost the server while somebody watches?
set -euo pipefail
# shellcheck source=loadtest/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'HELP'
loadtest/console.sh - the rate of answers with and without a reader of the console's stream

Usage: loadtest/console.sh [--url URL] [--admin-url URL] [--products N] [--rounds R] [--seconds S]

  --url URL         a running server (http://127.0.0.1:8080)
  --admin-url URL   its admin port (http://127.0.0.1:9090)
  --products N      products to ask for (30000)
  --rounds R        pairs of measurements, in turns (7)
  --seconds S       how long one takes (5)

Lets wrk ask for /list?count=10 of random products, in turns without a reader and with one of /actors?stream, which is what an
open page reads. Prints the medians and what is left of the rate.
HELP
}

url=http://127.0.0.1:8080 admin_url=http://127.0.0.1:9090 products=30000 rounds=7 seconds=5
bench_options url admin-url products rounds seconds -- "$@"
command -v wrk >/dev/null || die "wrk is missing: apt install wrk"
curl -sf -o /dev/null "$admin_url/ready" || die "nothing is ready at $admin_url"

rate() {
  wrk -t1 -c64 -d"${seconds}s" -s "$top/loadtest/wrk/products.lua" "$url" -- "$products" '/reviews/%d/list?count=10' |
    awk '/answers other than 200/ && $NF > 0 { exit 1 } /Requests\/sec/ { print $2 }'
}

rate_watched() {
  curl -sN "$admin_url/actors?stream" >/dev/null &
  local reader=$!
  rate
  kill "$reader"
  wait "$reader" || true
}

alone=() watched=()
rate >/dev/null # warms up
for ((round = 0; round < rounds; round++)); do
  if ((round % 2 == 0)); then
    alone+=("$(rate)") watched+=("$(rate_watched)")
  else
    watched+=("$(rate_watched)") alone+=("$(rate)")
  fi
  say "round $((round + 1)) of $rounds: ${alone[-1]} alone, ${watched[-1]} watched"
done
printf 'alone %.0f, watched %.0f a second: %.2f%% left\n' "$(median "${alone[@]}")" "$(median "${watched[@]}")" \
  "$(calculate "100 * $(median "${watched[@]}") / $(median "${alone[@]}")")"
