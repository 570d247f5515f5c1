#!/usr/bin/env bash
# How does the rate grow with the number of nodes, and what does each tier cost a request?
set -euo pipefail
# shellcheck source=loadtest/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'HELP'
loadtest/usl.sh - the rate of 1, 2, 3 … nodes behind nginx, and the Universal Scalability Law that fits it

Usage: loadtest/usl.sh [--records N] [--rounds R] [--seconds S] [--nodes N,...] [--share PERCENT] [--folder DIR]
                       [--results FILE] [--plot FILE]

  --records N      reviews (3000000)
  --rounds R       how often each number of nodes is measured, in turns (3)
  --seconds S      how long one takes (4)
  --nodes N,...    how many nodes (1,2,3,4,6,8,12)
  --share PERCENT  of one CPU that each node may use (3), so that all of them, nginx, PostgreSQL and the clients fit into this
                   machine. Set by a control group: needs root
  --folder DIR     where the database goes (var/bench)
  --results FILE   every single result, as JSON
  --plot FILE      the measured rates and the fitted law, as SVG

Nodes run config/micro.ini. 16 clients for each node ask nginx (least_conn) for what a shop's page asks for: 60 of 100 requests a
list, 35 totals, 2 new reviews, 3 votes. docs/scaling.md tells what follows.
HELP
}

records=3000000 rounds=3 seconds=4 nodes=1,2,3,4,6,8,12 share=3 folder=$top/var/bench results='' plot=''
bench_options records rounds seconds nodes share folder results plot -- "$@"
[[ $EUID -eq 0 ]] || die "control groups need root"
command -v nginx >/dev/null || die "nginx is missing: apt install nginx-light"
loadgen=$top/build/release/reviewd-loadgen
[[ -x $loadgen ]] || die "$loadgen is missing: ./dev build"

bench_begin "$folder"
bench_postgres load
fresh_database reviews
"$bench_build/reviewd-seed" load --dsn "$(dsn reviews)" --records "$records" >&2
bench_postgres_restart serve
warm reviews
# What the load has left to write would hold up the first commits.
sql reviews CHECKPOINT
sync
python3 "$top/loadtest/measure/usl.py" --postgres-bin "$postgres_bin" --socket "$bench_folder/data" --database reviews \
  --build "$bench_build" --loadgen "$loadgen" --config "$top/config/micro.ini" --rounds "$rounds" --seconds "$seconds" \
  --nodes "$nodes" --share "$share" ${results:+--results "$results"} ${plot:+--plot "$plot"}
