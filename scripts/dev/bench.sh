# shellcheck shell=bash
# ./dev bench: the benchmarks of loadtest/, on release binaries.

bench_help() {
  cat <<'HELP'
./dev bench - measure against PostgreSQL's own tools, and against other servers

Usage: ./dev bench [OPTIONS]
       ./dev bench NAME [OPTIONS]
       ./dev bench NAME --help

Each builds the release binaries, starts a PostgreSQL of its own, prints its medians, and leaves nothing behind. With their
defaults they take long and need room on the disk (below var/, unless --folder says otherwise).

  paths     each path of a request, against pgbench running the same statements and against the servers in loadtest/peers:
            rates, latency, overload, memory              3 million; 20 minutes, 10 GB
  generate  files of reviews, against COPY TO               4,000,000 reviews; some minutes, 10 GB
  load      a database from nothing, against COPY FROM      30,000,000 reviews; half an hour, 60 GB
  render    ways to keep and render lists                   3 million; ten minutes, 15 GB
  usl       the rate as nodes are added, CPU by tier        3 million; five minutes, 10 GB; needs root
  scale     the rate of answers as the data grow            3 and 30 million; quarter of an hour, 30 GB

Without a name it is "paths", and its tables and plots go to docs/performance.md and docs/performance/. A peer whose tools (Node.js
20 with npm; Go) are missing is left out, with a line that says so.

Examples:
  ./dev bench --records 30000000
  ./dev bench paths --only list,meta --against ../before/build/release
  ./dev bench load --records 3000000

Environment: REVIEWD_BUILD, the folder of another build to measure.
HELP
}

bench_command() {
  local name=${1-} write=()
  case $name in
  generate | load | scale | paths | render | usl) shift ;;
  '' | --*)
    name=paths
    write=(--write "$top/docs/performance.md")
    ;;
  *) usage_error "bench knows no \"$name\"" "./dev bench --help" ;;
  esac
  if [[ " $* " == *" --help "* ]]; then
    exec "$top/loadtest/$name.sh" --help
  fi
  packages_need build database bench
  [[ $name != paths ]] || packages_need plot
  [[ $name != usl ]] || packages_need proxy
  local targets=(reviewd reviewd-seed reviewd-loadgen)
  [[ $name != render ]] || targets+=(reviewd-render)
  build_preset release "${targets[@]}" || die "the build failed"
  locks_close
  exec "$top/loadtest/$name.sh" "${write[@]}" "$@"
}
