# shellcheck shell=bash
# ./dev load: the swarm of loadtest/ against a running server, without a browser, and a report of how it went.

load_help() {
  cat <<'HELP'
./dev load - a swarm of visitors against a running server

Usage: ./dev load [--host URL] [--users N] [--time T] [--processes P] [--shape NAME] [OPTION...]

Visitors browse, read, vote, write and report, each once in a second, and look at what they are answered. Then come the
thresholds, kept or missed, and a report with plots. docs/load-testing.md is the guide.

Options:
  --host URL      whom to ask (default http://127.0.0.1:8080: `./dev fleet up`, or `./dev run`)
  --users N       visitors at a time (default 1000, who ask 1,600 times a second)
  --time T        how long, as in 90s, 5m, 1h30m (default 5m)
  --spawn-rate R  visitors that join in a second (default a twentieth of them)
  --processes P   processes that ask (default 1 with one or two CPUs, otherwise one for two CPUs, at most 8)
  --shape NAME    step, spike or soak instead of one steady swarm; then --minutes M says how long
  --report FILE   where the report goes (default var/load/report.html, see REVIEWD_VAR)
  OPTION...       anything else goes to Locust as it is: --pace, --products, --read-only, --min-rate, --max-errors, --max-p99
                  and Locust's own

The visitors write reviews and votes, and report only what they wrote; --read-only keeps them from all of it.

Environment:
  LOCUST          another Locust than Debian's, as in LOCUST=~/venv/bin/locust

Exit status: 0 when all thresholds were kept (over 1,000 requests/s, under 2 % errors, 99 of 100 within 1 s), 1 otherwise, 2 for
wrong usage.

Examples:
  ./dev load --users 200 --time 1m --min-rate 300
  ./dev load --host http://reviews.example:8080 --shape spike --minutes 6
HELP
}

load_command() {
  local host=http://127.0.0.1:8080 users=1000 time=5m spawn_rate='' processes='' shape='' report=$var/load/report.html
  local more=()
  while [[ $# -gt 0 ]]; do
    case $1 in
    --*=*)
      set -- "${1%%=*}" "${1#*=}" "${@:2}"
      continue
      ;;
    --host | --users | --time | --spawn-rate | --processes | --shape | --report)
      [[ $# -ge 2 ]] || usage_error "$1 wants a value" "./dev load --help"
      ;;&
    --host) host=${2%/} ;;
    --users) users=$2 ;;
    --time) time=$2 ;;
    --spawn-rate) spawn_rate=$2 ;;
    --processes) processes=$2 ;;
    --shape) shape=$2 ;;
    --report) report=$2 ;;
    *)
      more+=("$1")
      shift
      continue
      ;;
    esac
    shift 2
  done
  [[ $host =~ ^https?://[^/]+ ]] || usage_error "--host wants a URL such as http://127.0.0.1:8080, not \"$host\"" "./dev load --help"
  [[ $users =~ ^[1-9][0-9]{0,6}$ ]] || usage_error "--users wants a whole number, not \"$users\"" "./dev load --help"
  [[ -z $processes || $processes =~ ^[1-9][0-9]?$ ]] ||
    usage_error "--processes wants a number from 1 to 99, not \"$processes\"" "./dev load --help"
  [[ -z $shape || -f $top/loadtest/shapes/$shape.py ]] ||
    usage_error "there is no shape \"$shape\"" "--shape takes step, spike or soak"

  packages_need run
  [[ -n ${LOCUST-} ]] || packages_need load
  load_check_host "$host"
  mkdir -p "$(dirname "$report")"
  # Each visitor has a connection.
  ulimit -n "$(ulimit -Hn)"
  local locustfiles=$top/loadtest/locustfile.py
  local arguments=(--headless --only-summary --host "$host" --users "$users" --report "$report")
  if [[ -n $shape ]]; then
    locustfiles+=,$top/loadtest/shapes/$shape.py
  else
    arguments+=(--spawn-rate "${spawn_rate:-$(((users + 19) / 20))}" --run-time "$time")
  fi
  processes=${processes:-$(load_processes "$(nproc)")}
  say "$users visitors at $host, with $processes $([[ $processes -eq 1 ]] && echo process || echo processes)"
  export PYTHONDONTWRITEBYTECODE=1
  load_swarm "$locustfiles" "$processes" "${arguments[@]}" "${more[@]}"
}

# load_processes CPUS: how many ask by default. The server may need the other half of the machine.
load_processes() {
  local half=$(($1 / 2))
  echo $((half < 1 ? 1 : half > 8 ? 8 : half))
}

load_check_host() {
  local status=0
  curl -gs -o /dev/null --noproxy '*' --max-time 10 "$1/reviews/1/meta" || status=$?
  [[ $status -eq 0 ]] ||
    die "nothing answers at $1 (curl: $status); ./dev fleet up or ./dev run starts a server, --host names another"
}

# load_swarm FILES PROCESSES ARGUMENT...: one Locust, or a master and its workers on this machine.
load_swarm() {
  local locust=${LOCUST:-/usr/bin/locust} locustfiles=$1 processes=$2 port worker status=0 workers=()
  shift 2
  if [[ $processes -gt 1 ]]; then
    port=$(load_free_port)
    for ((worker = 0; worker < processes; worker++)); do
      "${own_session[@]}" "$locust" -f "$locustfiles" --worker --master-host 127.0.0.1 --master-port "$port" --loglevel WARNING &
      workers+=($!)
    done
    set -- --master --master-bind-host 127.0.0.1 --master-bind-port "$port" --expect-workers "$processes" "$@"
  fi
  step "$locust" -f "$locustfiles" "$@" || status=$?
  for worker in "${workers[@]}"; do
    process_wait "$worker" || true
  done
  return "$status"
}

load_free_port() {
  /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
