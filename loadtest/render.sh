#!/usr/bin/env bash
# In what form should the database hold lists, and should the server keep some? Four answers, measured.
set -euo pipefail
# shellcheck source=loadtest/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'HELP'
loadtest/render.sh - ways to keep and render lists: rates, CPU and space of each

Usage: loadtest/render.sh [--records N] [--rounds R] [--seconds S] [--only PATH,...] [--folder DIR] [--results FILE]

  --records N      reviews (3000000)
  --rounds R       how often each measurement is made, in turns (3)
  --seconds S      how long one takes (4)
  --only PATH,...  of list, mixed (of 1,000 requests: 855 lists, 95 totals, 10 new reviews, 40 votes), write (new reviews and votes as
                   1 to 4), each also with -zipf behind it (all)
  --folder DIR     where the databases go (var/bench); they take 4 KiB a review
  --results FILE   every single result, as JSON

The ways, each with a database of its own:

  rows       rows that the server renders, as shipped with db.pages = off but without versions of products
  json       JSON of each review in a column beside the others (loadtest/render/json.sql)
  json-only  the same instead of the columns that are in it
  page       JSON of each product's default list in a table, made anew by every write (loadtest/render/page.sql)
  kept       rows; the server keeps rendered lists in its memory and asks for their versions

All give the same lists, byte for byte, which is checked. reviewd-render does what a DB actor does between requests and answers,
with the server's statements, batches, pipelines and rendering, but without HTTP: what HTTP costs is the same for all.
HELP
}

records=3000000 rounds=3 seconds=4 only='' folder=$top/var/bench results=''
bench_options records rounds seconds only folder results -- "$@"
[[ -x $bench_build/reviewd-render ]] || die "$bench_build/reviewd-render is missing: ./dev bench render builds it"

bench_begin "$folder"
bench_postgres load
fresh_database render_rows
"$bench_build/reviewd-seed" load --dsn "$(dsn render_rows)" --records "$records" >&2
bench_postgres_restart serve
python3 "$top/loadtest/measure/render.py" --postgres-bin "$postgres_bin" --socket "$bench_folder/data" --build "$bench_build" \
  --rounds "$rounds" --seconds "$seconds" ${only:+--only "$only"} ${results:+--results "$results"}
