# shellcheck shell=bash
# ./dev run: reviewd on its private database, in the foreground.

run_help() {
  cat <<'HELP'
./dev run - serve reviews on this machine

Usage: ./dev run [--records N] [--port P] [--config FILE] [--postgres-conf NAME|FILE]

Builds the release binaries, starts a PostgreSQL of its own, brings its schema up to date, fills it when it is empty,
starts reviewd and prints its address with three requests to try. Safe to repeat: a filled database is never touched,
whatever N. With the default configuration the demo shop of web/storefront/ is served at /.

Options:
  --records N     how many reviews an empty database is filled with (default 1000000; 0: none)
  --port P        the port that reviewd listens on; the operators' port is then P + 1010, unless FILE or the environment
                  sets it (default: as configured, 8080 and 9090)
  --config FILE   the configuration (default config/reviewd.ini). The private database replaces its db.dsn
  --postgres-conf NAME|FILE
                  PostgreSQL's settings: micro or small, for pg/conf/NAME.conf as it is, or a file of your own (default:
                  micro with less than 3 GiB of memory; otherwise small, with its memory scaled to the machine's). A limit of
                  the control group counts as the machine's memory. pg/conf/dev.conf always comes on top

Ctrl-C, or SIGTERM, drains reviewd first: it finishes what it has accepted. PostgreSQL stops last.

Environment:
  REVIEWD_VAR     where the database and the logs live (default: var/ in this checkout). Two states run side by side on
                  two ports; two ./dev run on one state share its PostgreSQL
  REVIEWD_SECTION_KEY
                  overrides one option, as in REVIEWD_LOG_LEVEL=debug

Exit status: 0 when reviewd drained and ended in order; 1 when something failed; 2 for wrong usage.

Examples:
  ./dev run
  ./dev run --records 30000000 --port 8081
  REVIEWD_VAR=/tmp/second ./dev run --port 8082 --records 1000
HELP
}

run_command() {
  local records=1000000 port='' config=$top/config/reviewd.ini own_config= settings=
  while [[ $# -gt 0 ]]; do
    case $1 in
    --records=* | --port=* | --config=* | --postgres-conf=*)
      set -- "${1%%=*}" "${1#*=}" "${@:2}"
      continue
      ;;
    --records | --port | --config | --postgres-conf)
      [[ $# -ge 2 ]] || usage_error "$1 wants a value" "./dev run --help"
      ;;&
    --records) records=$2 ;;
    --port) port=$2 ;;
    --config) config=$2 own_config=yes ;;
    --postgres-conf) settings=$2 ;;
    --help | -h)
      run_help
      return
      ;;
    *) usage_error "run knows no \"$1\"" "./dev run --help" ;;
    esac
    shift 2
  done
  [[ $records =~ ^(0|[1-9][0-9]{0,9})$ ]] ||
    usage_error "--records wants a whole number, not \"$records\"" "./dev run --help"
  [[ -z $port || $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] ||
    usage_error "--port wants a number from 1 to 65535, not \"$port\"" "./dev run --help"
  [[ -r $config ]] || usage_error "$config cannot be read" "--config wants a file"
  config=$(realpath "$config")
  if [[ -n $settings && $settings != micro && $settings != small ]]; then
    [[ -f $settings && -r $settings ]] ||
      usage_error "$settings cannot be read" "--postgres-conf wants micro, small or a file"
    settings=$(realpath "$settings")
  fi

  packages_need build database run
  setup_begin
  build_preset release reviewd reviewd-seed storefront || die "the build failed"
  run_configure "$config" "$port" "$own_config"
  run_check_ports
  postgres_conf=$settings
  postgres_use
  run_fill "$records"
  setup_end
  run_check_ports
  server_start "$config"
  server_await
  run_invite
  server_watch
}

reviewd=$top/build/release/reviewd
server_url= # what reviewd answers at
admin_url=  # what the operators' port answers at

# run_configure FILE PORT OWN_CONFIG: the environment that reviewd is to run in, and the addresses that follow.
run_configure() {
  local config=$1 port=$2 own_config=$3 effective
  # The demo shop at /, unless somebody's configuration is what is to be run.
  [[ -n $own_config ]] || export REVIEWD_SERVER_STATIC_DIR=${REVIEWD_SERVER_STATIC_DIR-$top/build/release/storefront}
  if [[ -n $port ]]; then
    export REVIEWD_SERVER_PORT=$port
    if [[ -z ${REVIEWD_ADMIN_PORT-} ]] && ! [[ -n $own_config && -n $(ini_value admin port <"$config") ]]; then
      export REVIEWD_ADMIN_PORT=$((port + 1010 <= 65535 ? port + 1010 : port - 1010))
    fi
  fi
  effective=$("$reviewd" --config "$config" --dump-config) || exit
  [[ $(ini_value server port <<<"$effective") -gt 0 && $(ini_value admin port <<<"$effective") -gt 0 ]] ||
    die "./dev run wants ports that are known beforehand, not 0"
  server_url=http://$(url_host "$(ini_value server address <<<"$effective")"):$(ini_value server port <<<"$effective")
  admin_url=http://$(url_host "$(ini_value admin address <<<"$effective")"):$(ini_value admin port <<<"$effective")
}

# ini_value SECTION KEY: the value in the file on stdin, or nothing.
ini_value() {
  awk -v section="[$1]" -v key="$2" '
    /^[ \t]*\[/ { here = ($1 == section) }
    here && match($0, /^[ \t]*[a-z_0-9]+[ \t]*=/) {
      name = substr($0, RSTART, RLENGTH - 1); gsub(/[ \t]/, "", name)
      if (name == key) {
        value = substr($0, RSTART + RLENGTH)
        sub(/[ \t]+;.*/, "", value)
        gsub(/^[ \t]+|[ \t]+$/, "", value)
      }
    }
    END { if (value != "") print value }'
}

# url_host ADDRESS: where a server that listens on the address is asked from this machine.
url_host() {
  case $1 in
  0.0.0.0 | '') echo 127.0.0.1 ;;
  ::) echo '[::1]' ;;
  *:*) echo "[$1]" ;;
  *) echo "$1" ;;
  esac
}

# reviewd shares its port with others of the same user, so that a second one would not fail but take half the requests.
run_check_ports() {
  local url
  for url in "$server_url" "$admin_url"; do
    if port_taken "$url"; then
      die "port ${url##*:} is taken, perhaps by another ./dev run; choose one with --port P (the operators': P + 1010)"
    fi
  done
}

# Whether something listens there; curl's exit status is 7 when nobody does.
port_taken() {
  local status=0
  curl -gs -o /dev/null --noproxy '*' --max-time 2 "$1/" || status=$?
  [[ $status -ne 7 ]]
}

# run_fill RECORDS: the schema, and the reviews of an empty database.
run_fill() {
  local dsn
  dsn=$(postgres_dsn postgres)
  # The lock of the set-up is ours: such settings are there only when a ./dev was killed.
  postgres_load_end
  say "bringing the schema up to date"
  REVIEWD_DB_DSN=$dsn step "$reviewd" --migrate || die "the migration failed"
  [[ $1 -eq 0 ]] && return
  if [[ $(postgres_query reviewd 'SELECT EXISTS (SELECT FROM review) OR EXISTS (SELECT FROM product_meta)') == f ]]; then
    say "filling the database, with pg/conf/load.conf for as long as it takes"
    postgres_load_begin
  fi
  step "$top/build/release/reviewd-seed" --dsn "$dsn" --records "$1" --if-empty ||
    die "the database could not be filled"
  postgres_load_end
}

server_pid=
server_status=0

server_start() {
  local dsn
  dsn=$(postgres_dsn reviewd_server)
  say "starting reviewd"
  (
    locks_close
    export REVIEWD_DB_DSN=$dsn
    exec "${own_session[@]}" "$reviewd" --config "$1"
  ) &
  server_pid=$!
}

# Returns when reviewd serves.
server_await() {
  local attempt
  for ((attempt = 0; attempt < 600; attempt++)); do
    curl -gsf -o /dev/null --noproxy '*' --max-time 2 "$admin_url/ready" && return
    server_alive || server_watch
    sleep 0.1
  done
  die "reviewd does not get ready: $admin_url/ready"
}

server_alive() {
  [[ -n $server_pid ]] && kill -0 "$server_pid" 2>/dev/null
}

# Waits for reviewd to end by itself, and then exits as it did.
server_watch() {
  local status=0
  process_wait "$server_pid" || status=$?
  server_pid=
  say "reviewd ended by itself, with status $status"
  exit "$status"
}

# Drains reviewd if it runs: returns false if it does not, and sets server_status otherwise.
server_stop() {
  [[ -n $server_pid ]] || return 1
  say "draining reviewd"
  kill -TERM "$server_pid" 2>/dev/null || true
  server_status=0
  process_wait "$server_pid" || server_status=$?
  server_pid=
  [[ $server_status -eq 0 ]] || say "reviewd ended with status $server_status"
}

# The last words: where to ask, and what.
run_invite() {
  local product shop=
  [[ ${REVIEWD_SERVER_STATIC_DIR-} != "$top/build/release/storefront" ]] ||
    shop="The demo shop is at $server_url/ in a browser. "
  product=$(postgres_query reviewd \
    'SELECT product_id FROM product_meta WHERE next_n > 1 ORDER BY product_id <> 777, product_id LIMIT 1')
  cat <<INVITE

reviewd answers at $server_url (operators: $admin_url/). ${shop}Try:

  curl -s '$server_url/reviews/${product:-1}/list?count=2&sort=helpful'
  curl -s $server_url/reviews/${product:-1}/meta
  curl -si $server_url/reviews/${product:-1} --json '{"rating": 5, "recommend": true, "name": "Ada",
    "email": "ada@example.com", "summary": "Fits", "body": "Warm, light, and true to size."}'

Ctrl-C drains it and stops its database.
INVITE
}
