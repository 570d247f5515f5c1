# shellcheck shell=bash
# Where the state lives, and the locks that let several ./dev share it.

# Sets $var, the absolute path of the state, and makes it. A folder made here can be entered by the database's user,
# whatever the umask; one that was there keeps its mode.
state_open() {
  var=${REVIEWD_VAR:-$top/var}
  if [[ ! -d $var ]]; then
    (umask 022 && mkdir -p "$var") || die "cannot make $var; REVIEWD_VAR may name another place"
  fi
  var=$(cd "$var" && pwd -P)
  if ! mkdir -p "$var/lock" "$var/log" || [[ ! -w $var/lock || ! -w $var/log ]]; then
    die "$var belongs to $(stat -c %U "$var"): run as that user, or set REVIEWD_VAR to a folder of your own"
  fi
  local name
  # Root may come by in a user's checkout: its locks must stay open to the user, so they are only ever read.
  for name in setup postgres-users postgres-start; do
    [[ -e $var/lock/$name ]] || : >"$var/lock/$name"
  done
  # libpq's own variables would lead astray from the private database.
  for name in "${!PG@}"; do
    unset "$name"
  done
}

setup_lock=

# Building, migrating and filling are done by one ./dev at a time.
setup_begin() {
  exec {setup_lock}<"$var/lock/setup"
  flock -n "$setup_lock" && return
  say "waiting for another ./dev that is setting up in $var"
  step flock "$setup_lock"
}

setup_end() {
  exec {setup_lock}>&-
  setup_lock=
}

# For a child that outlives this ./dev: a lock is held as long as anybody has its descriptor.
locks_close() {
  local descriptor
  for descriptor in $setup_lock $postgres_users $postgres_starting; do
    exec {descriptor}>&-
  done
}
