# shellcheck shell=bash
# ./dev fleet: six nodes behind nginx on one PostgreSQL, as deploy/compose.yaml says.

fleet_nodes=(node1 node2 node3 node4 node5 node6)
fleet_watchers=(postgres-exporter prometheus)

fleet_help() {
  cat <<'HELP'
./dev fleet - six micro nodes behind nginx, in containers

Usage: ./dev fleet up [--records N] [--port P] [--monitoring]
       ./dev fleet status | kill N | start N | restart | logs SERVICE | down [--volumes]

  up         builds the images that are missing (./dev images --offline), starts PostgreSQL, brings the schema up to date,
             fills an empty database (N reviews; default 1000000) with PostgreSQL's limits lifted meanwhile, checks the sum of
             connections, and starts six nodes and nginx. Safe to repeat. The address is printed
  status     each part: running, ready, CPU time used, memory, limits
  kill N     kill -9 of node N, which stays away until start N
  restart    rolling: drains and starts one node after the other
  logs       what a part has said: postgres, node1 to node6, nginx, prometheus, postgres-exporter
  down       ends all of it; the data stays, unless --volumes is given

Options of up:
  --records N   reviews of an empty database
  --port P      where nginx listens, on 127.0.0.1 (default 8080)
  --monitoring  Prometheus as well, on 127.0.0.1 port 9091 (REVIEWD_PROMETHEUS_PORT), with PostgreSQL's statistics by
                postgres_exporter, which has a role of its own; see docs/monitoring.md. Its data stays like PostgreSQL's

Every node has 1 CPU and 1 GiB, and so has PostgreSQL: REVIEWD_CPUS, REVIEWD_MEMORY, REVIEWD_PG_CPUS and REVIEWD_PG_MEMORY
change that. REVIEWD_ENGINE=docker takes docker instead of podman. Passwords are made at the first start: var/fleet.env.

Exit status: 0 when it is as asked.
HELP
}

fleet_command() {
  local action=${1-}
  [[ $# -eq 0 ]] || shift
  case $action in
  up | status | restart | down) ;;
  kill | start) [[ ${1-} =~ ^[1-6]$ && $# -eq 1 ]] || usage_error "$action wants the number of a node, 1 to 6" "./dev fleet --help" ;;
  logs) [[ $# -eq 1 ]] || usage_error "logs wants a service" "./dev fleet --help" ;;
  '') usage_error "fleet wants to be told what to do" "./dev fleet --help" ;;
  *) usage_error "fleet knows no \"$action\"" "./dev fleet --help" ;;
  esac
  engine_need
  packages_need fleet
  fleet_environment
  "fleet_$action" "$@"
}

# The variables of compose.yaml. Passwords are made once.
fleet_environment() {
  local file=$var/fleet.env who
  for who in OWNER SERVER MONITOR; do
    grep -qs "^REVIEWD_${who}_PASSWORD=" "$file" ||
      (umask 077 && printf 'REVIEWD_%s_PASSWORD=%s\n' "$who" "$(fleet_secret)" >>"$file")
  done
  set -a
  # shellcheck disable=SC1090 # made above
  source "$file"
  set +a
}

fleet_secret() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

fleet_container() {
  echo "reviewd-$1"
}

# fleet_run OPTION SERVICE: starts a container for a service of compose.yaml; --detach, or --rm for one that ends by itself.
fleet_run() {
  local words=()
  /usr/bin/python3 "$top/scripts/dev/compose.py" "$top/deploy/compose.yaml" reviewd "$2" >"$var/fleet.words" ||
    die "deploy/compose.yaml cannot be used"
  mapfile -d '' -t words <"$var/fleet.words"
  rm -f "$var/fleet.words"
  "$engine" rm --force "$(fleet_container "$2")" >/dev/null 2>&1 || true
  # podman lets systemd call the health checks.
  [[ $engine != podman || -d /run/systemd/system ]] || words=(--no-healthcheck "${words[@]}")
  step "$engine" run "$1" "${words[@]}"
}

fleet_running() {
  [[ $("$engine" container inspect --format '{{.State.Running}}' "$(fleet_container "$1")" 2>/dev/null) == true ]]
}

# fleet_start_service SERVICE...: those that do not run yet.
fleet_start_service() {
  local service
  for service in "$@"; do
    ! fleet_running "$service" || continue
    fleet_run --detach "$service" >>"$var/log/fleet" 2>&1 || {
      show_file "$var/log/fleet"
      die "$service did not start"
    }
  done
}

# fleet_once SERVICE: runs one that ends by itself, and shows what it says.
fleet_once() {
  fleet_run --rm "$1" </dev/null >"$var/log/fleet-$1" 2>&1 || {
    show_file "$var/log/fleet-$1"
    die "the fleet's service \"$1\" failed"
  }
  tail -n 2 "$var/log/fleet-$1" >&2
}

# fleet_await WHAT COMMAND...: until it succeeds, for a minute.
fleet_await() {
  local what=$1 attempt
  shift
  for ((attempt = 0; attempt < 120; attempt++)); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.5
  done
  die "$what does not get ready: ./dev fleet logs $what"
}

fleet_exec() {
  local service=$1
  shift
  "$engine" exec "$(fleet_container "$service")" "$@"
}

fleet_ready() {
  case $1 in
  postgres) fleet_exec postgres pg_isready -q -h /tmp -U postgres ;;
  nginx) fleet_exec nginx reviewd-probe 127.0.0.1 8080 /nginx/live ;;
  prometheus) fleet_exec prometheus reviewd-probe 127.0.0.1 9090 /-/ready ;;
  postgres-exporter) fleet_exec postgres-exporter reviewd-probe 127.0.0.1 9187 / ;;
  *) fleet_exec "$1" reviewd-probe 127.0.0.1 9090 /ready ;;
  esac
}

fleet_up() {
  local node monitoring=
  while [[ $# -gt 0 ]]; do
    if [[ $1 == --monitoring ]]; then
      monitoring=yes
      shift
      continue
    fi
    [[ $# -ge 2 && $2 =~ ^[0-9]+$ ]] || usage_error "$1 wants a number" "./dev fleet --help"
    case $1 in
    --records) export REVIEWD_RECORDS=$2 ;;
    --port) export REVIEWD_PORT=$2 ;;
    *) usage_error "fleet up knows no \"$1\"" "./dev fleet --help" ;;
    esac
    shift 2
  done
  : >"$var/log/fleet"
  fleet_images "${images_all[@]}" ${monitoring:+"${images_monitoring[@]}"}
  fleet_network
  say "PostgreSQL"
  fleet_start_service postgres
  fleet_await postgres fleet_ready postgres
  say "schema"
  fleet_once migrate
  fleet_fill
  say "connections"
  fleet_once check
  say "nodes"
  fleet_start_service "${fleet_nodes[@]}"
  for node in "${fleet_nodes[@]}"; do
    fleet_await "$node" fleet_ready "$node"
  done
  say "nginx"
  fleet_start_service nginx
  fleet_await nginx fleet_ready nginx
  [[ -z $monitoring ]] || fleet_watch
  say "the fleet answers at http://127.0.0.1:${REVIEWD_PORT:-8080}/reviews/777/list (./dev fleet status, ./dev fleet down)"
}

# The exporter, with a role of its own, and Prometheus.
fleet_watch() {
  local service
  say "monitoring"
  fleet_once monitor
  fleet_start_service "${fleet_watchers[@]}"
  for service in "${fleet_watchers[@]}"; do
    fleet_await "$service" fleet_ready "$service"
  done
  say "Prometheus answers at http://127.0.0.1:${REVIEWD_PROMETHEUS_PORT:-9091}/targets"
}

fleet_network() {
  "$engine" network inspect reviewd_fleet >/dev/null 2>&1 ||
    "$engine" network create --subnet "${REVIEWD_SUBNET:-10.87.23}.0/24" reviewd_fleet >/dev/null ||
    die "there is no room for the network ${REVIEWD_SUBNET:-10.87.23}.0/24; REVIEWD_SUBNET chooses another"
}

# fleet_images IMAGE...: builds those that are missing.
fleet_images() {
  local name missing=()
  for name in "$@"; do
    "$engine" image inspect "$name" >/dev/null 2>&1 || missing+=("$name")
  done
  [[ ${#missing[@]} -eq 0 ]] || images_command --offline "${missing[@]}"
}

# An empty database is filled without PostgreSQL's limits: the load sorts whole segments, and would otherwise take as long as one
# CPU and 1 GiB take. They are back before a node starts.
fleet_fill() {
  local filled
  filled=$(fleet_exec postgres psql -X -h /tmp -U postgres -d reviewd -Atc \
    'SELECT EXISTS (SELECT FROM product_meta)')
  [[ $filled == f && ${REVIEWD_RECORDS:-1000000} -gt 0 ]] || return 0
  say "filling the database with ${REVIEWD_RECORDS:-1000000} reviews, PostgreSQL's limits lifted meanwhile"
  fleet_limit "$(nproc)" "$(($(postgres_memory_mib /) * 3 / 4))m"
  # shellcheck disable=SC2016 # for the shell inside
  fleet_load_conf 'cat /etc/reviewd/pg/load.conf >"$PGDATA/15/reviewd-load.conf"'
  fleet_once seed
  # shellcheck disable=SC2016 # for the shell inside
  fleet_load_conf 'rm -f "$PGDATA/15/reviewd-load.conf"'
  # A checkpoint, so that what was loaded is not in the memory that is taken away.
  fleet_exec postgres psql -X -q -h /tmp -U postgres -c CHECKPOINT
  fleet_limit "${REVIEWD_PG_CPUS:-1}" "${REVIEWD_PG_MEMORY:-1g}"
}

# fleet_load_conf COMMAND: puts the settings of a load in place, or takes them out, and tells PostgreSQL.
fleet_load_conf() {
  fleet_exec postgres bash -c "$1"
  fleet_exec postgres psql -X -q -h /tmp -U postgres -c 'SELECT pg_reload_conf()' >/dev/null
}

# fleet_limit CPUS MEMORY: of PostgreSQL.
fleet_limit() {
  "$engine" update --cpus "$1" --memory "$2" --memory-swap "$2" "$(fleet_container postgres)" >/dev/null ||
    die "the limits of PostgreSQL could not be changed"
}

fleet_status() {
  local service ready
  printf '%-18s %-8s %-6s %s\n' part running ready 'CPU time, memory'
  for service in postgres "${fleet_nodes[@]}" nginx "${fleet_watchers[@]}"; do
    if ! fleet_running "$service"; then
      # Nobody misses monitoring that was not asked for.
      [[ " ${fleet_watchers[*]} " == *" $service "* ]] || printf '%-18s %-8s\n' "$service" no
      continue
    fi
    ready=no
    ! fleet_ready "$service" >/dev/null 2>&1 || ready=yes
    printf '%-18s %-8s %-6s %s\n' "$service" yes "$ready" "$(fleet_usage "$service")"
  done
}

# The CPU seconds and the memory that a part has used, out of its control group.
fleet_usage() {
  local format='{{.MemUsage}}'
  [[ $engine != podman ]] || format='{{.UpTime}} CPU, {{.MemUsage}}'
  "$engine" stats --no-stream --format "$format" "$(fleet_container "$1")"
}

fleet_kill() {
  "$engine" kill --signal KILL "$(fleet_container "node$1")" >/dev/null
  say "node$1 is killed; ./dev fleet start $1 brings it back"
}

fleet_start() {
  "$engine" start "$(fleet_container "node$1")" >/dev/null
  fleet_await "node$1" fleet_ready "node$1"
  say "node$1 is ready"
}

fleet_restart() {
  local node
  for node in "${fleet_nodes[@]}"; do
    "$engine" stop --time 15 "$(fleet_container "$node")" >/dev/null
    fleet_start "${node#node}"
    # nginx tries a node that was away again after fail_timeout.
    sleep 3
  done
}

fleet_logs() {
  "$engine" logs "$(fleet_container "$1")"
}

fleet_down() {
  local service
  [[ $# -eq 0 || ${1-} == --volumes ]] || usage_error "fleet down knows no \"$1\"" "./dev fleet --help"
  # The front first, then the nodes drain, PostgreSQL last.
  for service in nginx "${fleet_watchers[@]}" "${fleet_nodes[@]}" seed check migrate monitor postgres; do
    "$engine" stop "$(fleet_container "$service")" >/dev/null 2>&1 || true
    "$engine" rm --force "$(fleet_container "$service")" >/dev/null 2>&1 || true
  done
  "$engine" network rm reviewd_fleet >/dev/null 2>&1 || true
  [[ $# -eq 0 ]] || "$engine" volume rm reviewd_postgres reviewd_prometheus >/dev/null 2>&1 || true
  say "the fleet has ended${1:+, and its data is gone}"
}
