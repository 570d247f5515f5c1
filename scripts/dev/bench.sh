# shellcheck shell=bash
# ./dev bench: the benchmarks of loadtest/, on release binaries.

bench_help() {
  cat <<'HELP'
./dev bench - measure against PostgreSQL's own tools

Usage: ./dev bench NAME [OPTIONS]
       ./dev bench NAME --help

Each builds the release binaries, starts a PostgreSQL of its own, prints its medians, and leaves nothing behind. With their
defaults they take long and need room on the disk (below var/, unless --folder says otherwise).

  generate  files of reviews, against COPY TO               4,000,000 reviews; some minutes, 10 GB
  load      a database from nothing, against COPY FROM      30,000,000 reviews; half an hour, 60 GB
  paths     each path of a request, against pgbench         3 million; quarter of an hour, 10 GB
  scale     the rate of answers as the data grow            3 and 30 million; quarter of an hour, 30 GB

Examples:
  ./dev bench load --records 3000000
  ./dev bench scale --folder /mnt/fast
  ./dev bench paths --only list,meta --against ../before/build/release

Environment: REVIEWD_BUILD, the folder of another build to measure.
HELP
}

bench_command() {
  local name=${1-}
  case $name in
  generate | load | scale | paths) shift ;;
  '') usage_error "bench wants a name" "./dev bench --help" ;;
  *) usage_error "bench knows no \"$name\"" "./dev bench --help" ;;
  esac
  packages_need build database bench
  build_preset release reviewd reviewd-seed reviewd-loadgen || die "the build failed"
  locks_close
  exec "$top/loadtest/$name.sh" "$@"
}
