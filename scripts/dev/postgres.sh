# shellcheck shell=bash
# The private PostgreSQL: reached through a socket that only its owner (and root) can enter, never through TCP. It runs
# while at least one ./dev uses it, and the last one stops it.

postgres_bin=/usr/lib/postgresql/15/bin
postgres_home=     # the folder with data/, socket/ and log
postgres_owner=    # the user that the server runs as
postgres_socket=   # the folder of the socket
postgres_conf=     # micro, small or a file; empty: what fits the machine
postgres_visit=    # not empty: a short use, whose end is not worth a word
postgres_users=    # descriptor of the lock that every user of the server shares
postgres_starting= # descriptor of the lock held while the server is being started

# Sets the variables above for the state in $var, and makes the home. PostgreSQL refuses to run as root: then the home
# is another user's, namely that of the cluster or, for a new one, "postgres".
postgres_locate() {
  postgres_home=$var/postgres
  postgres_owner=$(id -un)
  if [[ $EUID -ne 0 ]]; then
    [[ -d $postgres_home ]] || mkdir -m 0700 "$postgres_home"
    [[ -w $postgres_home ]] || die "$postgres_home belongs to $(stat -Lc %U "$postgres_home"); run as that user"
  else
    postgres_locate_as_root
  fi
  postgres_socket=$postgres_home/socket
  # A socket's whole path has room for 107 bytes, 14 of them for /.s.PGSQL.5432, and libpq takes a comma for the end of
  # it.
  if [[ $(printf %s "$postgres_socket" | wc -c) -gt 93 || $postgres_socket == *,* ]]; then
    local short=/tmp
    [[ $EUID -ne 0 ]] || short=/run
    postgres_socket=$short/reviewd-$(postgres_key "$postgres_home")
  fi
}

# A short name for a path.
postgres_key() {
  printf %s "$1" | sha256sum | cut -c 1-16
}

postgres_locate_as_root() {
  local outside
  outside=/var/lib/reviewd/$(postgres_key "$var")
  if [[ -L $postgres_home && $(readlink "$postgres_home") != "$outside" ]]; then
    say "$postgres_home led to the database of another checkout; this one gets its own"
    rm "$postgres_home"
  fi
  if [[ -L $postgres_home && ! -d $postgres_home ]]; then
    rm "$postgres_home"
  fi
  postgres_owner=postgres
  if [[ ! -d $postgres_home ]]; then
    install -d -m 0700 -o postgres -g postgres "$postgres_home" 2>/dev/null || true
    if ! as_postgres test -w "$postgres_home"; then
      [[ ! -d $postgres_home ]] || rmdir "$postgres_home"
      postgres_move_outside "$outside"
    fi
  fi
  postgres_owner=$(stat -Lc %U "$postgres_home")
  [[ $postgres_owner != root ]] || die "$postgres_home belongs to root, as whom PostgreSQL refuses to run; remove it"
  if [[ -L $postgres_home ]]; then
    postgres_home=$outside
  elif ! as_postgres test -w "$postgres_home"; then
    die "the user $postgres_owner, whose database is in $postgres_home, can no longer enter there"
  fi
}

# postgres_move_outside FOLDER: for a checkout that the user postgres cannot enter.
postgres_move_outside() {
  say "the user postgres cannot enter $var: the database goes to $1, and var/postgres links to it"
  if [[ -d $1 ]]; then
    say "(removing the one there, of an earlier state at the same place)"
    postgres_home=$1 postgres_stop
    rm -rf --one-file-system "$1"
  fi
  install -d -m 0755 "${1%/*}"
  install -d -m 0700 -o postgres -g postgres "$1"
  ln -s "$1" "$postgres_home"
}

# Runs a command as the server's user, in its home if there is one already, or else in a folder that everybody can
# enter.
as_postgres() (
  cd "$postgres_home" 2>/dev/null || cd /
  if [[ $EUID -ne 0 ]]; then
    "$@"
  else
    setpriv --reuid "$postgres_owner" --regid "$(id -g "$postgres_owner")" --init-groups -- "$@"
  fi
)

# The server's pid, if it runs: the process in the pid file, when it works in this very folder. The file may be stale,
# name a pid that another process has got since, or be a copy of another checkout's.
postgres_pid() {
  local data=$postgres_home/data pid
  [[ -r $data/postmaster.pid ]] || return 1
  read -r pid <"$data/postmaster.pid" || return 1
  as_postgres test "/proc/$pid/cwd" -ef "$data" || return 1
  echo "$pid"
}

# Starts the server unless it runs, and keeps it running until postgres_release. Makes the cluster and the database.
postgres_use() {
  postgres_locate
  exec {postgres_users}<"$var/lock/postgres-users"
  flock -s "$postgres_users"
  exec {postgres_starting}<"$var/lock/postgres-start"
  flock "$postgres_starting"
  if ! postgres_pid >/dev/null; then
    [[ -s $postgres_home/data/PG_VERSION ]] || postgres_create
    postgres_start
  elif [[ -n $postgres_conf ]]; then
    say "PostgreSQL runs already and keeps its settings; --postgres-conf is for its next start (./dev stop ends it)"
  fi
  [[ -n $(postgres_query postgres "SELECT 1 FROM pg_database WHERE datname = 'reviewd'") ]] ||
    postgres_query postgres 'CREATE DATABASE reviewd' >/dev/null
  exec {postgres_starting}>&-
  postgres_starting=
}

# A half-made cluster is never taken for one: it gets its name at the end.
postgres_create() {
  say "making a PostgreSQL cluster in $postgres_home/data"
  local log=$var/log/initdb
  as_postgres rm -rf data.new data
  if ! as_postgres "$postgres_bin/initdb" -D data.new -U postgres --encoding=UTF8 --locale=C.UTF-8 \
    --auth-local=trust --auth-host=reject --no-instructions >"$log" 2>&1; then
    show_file "$log"
    die "initdb failed"
  fi
  as_postgres mv data.new data
}

postgres_start() {
  local data=$postgres_home/data log=$postgres_home/log
  say "starting PostgreSQL in $postgres_home (log: $log)"
  [[ ! -L $postgres_socket ]] || die "$postgres_socket is a link; it must be a folder of $postgres_owner's"
  [[ -d $postgres_socket ]] || as_owner_folder "$postgres_socket"
  [[ $(stat -c '%U %a' "$postgres_socket") == "$postgres_owner 700" ]] ||
    die "$postgres_socket must be $postgres_owner's, and closed to all others"
  # A pid file left behind is PostgreSQL's to judge, unless another process has got the pid: that would stop it.
  if [[ -f $data/postmaster.pid ]] && kill -0 "$(head -n 1 "$data/postmaster.pid")" 2>/dev/null; then
    rm -f "$data/postmaster.pid"
  fi
  rm -f "$postgres_socket/.s.PGSQL.5432" "$postgres_socket/.s.PGSQL.5432.lock"
  postgres_configure
  # After a kill, processes of the old server may need a moment to notice that it is gone.
  local attempt
  for attempt in 1 2 3 4 5; do
    (
      locks_close
      as_postgres "$postgres_bin/pg_ctl" start -s -w -t 300 -D data -l log </dev/null >/dev/null 2>&1
    ) && return
    [[ $(tail -n 3 "$log" 2>/dev/null) == *'shared memory block'* ]] || break
    sleep "$attempt"
  done
  show_file "$log"
  die "PostgreSQL did not start"
}

# Writes postgresql.conf: what fits the machine, what ./dev needs, and what is put there while it fills the database.
postgres_configure() {
  local folder=${postgres_socket//\\/\\\\} choice file computed
  folder=${folder//\'/\'\'}
  choice=$(postgres_choose "$postgres_conf" "$(postgres_memory_mib /)" "$(nproc)")
  file=$(head -n 1 <<<"$choice")
  computed=$(tail -n +2 <<<"$choice")
  say "PostgreSQL's settings: ${file#"$top/"}${computed:+, with ${computed//$'\n'/, }}"
  as_postgres rm -f "data/$postgres_load_conf"
  {
    cat "$file"
    printf "\n# Computed by ./dev for this machine.\n%s\n\n" "${computed:-# nothing}"
    cat "$top/pg/conf/dev.conf"
    printf "\n# Added by ./dev.\nunix_socket_directories = '\"%s\"'\n" "${folder//\"/\"\"}"
    printf "include_if_exists = '%s'\n" "$postgres_load_conf"
  } | as_postgres tee data/postgresql.conf >/dev/null
}

# In the data folder while the database is being filled: the settings of load.conf.
postgres_load_conf='reviewd-load.conf'
postgres_loading= # not empty: this ./dev has put them there

# Lets the server write with less care for time to recover, until postgres_load_end.
postgres_load_begin() {
  postgres_loading=yes
  as_postgres tee "data/$postgres_load_conf" <"$top/pg/conf/load.conf" >/dev/null
  postgres_reload
}

# Also takes out what a ./dev that was killed has left.
postgres_load_end() {
  postgres_loading=
  as_postgres test -e "data/$postgres_load_conf" || return 0
  as_postgres rm -f "data/$postgres_load_conf"
  postgres_reload
}

postgres_reload() {
  as_postgres "$postgres_bin/pg_ctl" reload -s -D data </dev/null
}

# as_owner_folder PATH: a folder that only the server's user can enter.
as_owner_folder() {
  if [[ $EUID -eq 0 ]]; then
    install -d -m 0700 -o "$postgres_owner" -g "$(id -g "$postgres_owner")" "$1"
  else
    mkdir -m 0700 "$1"
  fi
}

# Stops the server in $postgres_home, if it runs.
postgres_stop() {
  postgres_pid >/dev/null || return 0
  say "stopping PostgreSQL"
  as_postgres "$postgres_bin/pg_ctl" stop -s -w -t 120 -m fast -D data </dev/null ||
    say "PostgreSQL did not stop; its log is $postgres_home/log"
}

# Ends this ./dev's use of the server; the last user stops it.
postgres_release() {
  [[ -n $postgres_users ]] || return 0
  # A server that has gone away takes no settings back.
  [[ -z $postgres_loading ]] || postgres_load_end || true
  if flock -n -x "$postgres_users"; then
    postgres_stop
  elif [[ -z $postgres_visit ]]; then
    say "PostgreSQL goes on: another ./dev uses it"
  fi
  exec {postgres_users}>&-
  postgres_users=
}

# postgres_query DATABASE SQL: runs it as superuser; rows without decoration.
postgres_query() {
  "$postgres_bin/psql" -X -q -At -v ON_ERROR_STOP=1 -h "$postgres_socket" -p 5432 -U postgres -d "$1" -c "$2"
}

# postgres_dsn ROLE: how a program reaches the database, for libpq.
postgres_dsn() {
  local host=${postgres_socket//\\/\\\\}
  printf "host='%s' port=5432 dbname=reviewd user=%s" "${host//\'/\\\'}" "$1"
}
