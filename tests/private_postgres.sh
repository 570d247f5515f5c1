#!/usr/bin/env bash
# A PostgreSQL of a test's own: a socket in a directory, no TCP, trusting whoever can enter.
#   private_postgres.sh start DIRECTORY    makes and starts it in the (empty or absent) directory, prints its DSN
#   private_postgres.sh restart DIRECTORY  starts it again after stop
#   private_postgres.sh stop DIRECTORY [fast|immediate]
# As root it runs as the user postgres.
set -euo pipefail

command=${1:?start, restart or stop}
directory=${2:?directory}
binaries=$(dirname "$(find /usr/lib/postgresql -name pg_ctl | sort -V | tail -n 1)")

as_owner() {
  if [[ $EUID == 0 ]]; then
    setpriv --reuid=postgres --regid=postgres --init-groups --reset-env "$@"
  else
    "$@"
  fi
}

launch() {
  as_owner "$binaries/pg_ctl" -D "$directory/data" -l "$directory/log" -w -t 60 start \
    -o "-c listen_addresses= -c unix_socket_directories='$directory' -c max_connections=100 -c shared_buffers=32MB -c logging_collector=off" >/dev/null
}

case $command in
start)
  mkdir -p "$directory"
  if [[ $EUID == 0 ]]; then chown postgres: "$directory"; fi
  as_owner "$binaries/initdb" -D "$directory/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
  launch
  echo "host=$directory user=postgres dbname=postgres"
  ;;
restart) launch ;;
stop) as_owner "$binaries/pg_ctl" -D "$directory/data" -w -m "${3:-fast}" stop >/dev/null ;;
*)
  echo "private_postgres.sh: start, restart or stop, not $command" >&2
  exit 2
  ;;
esac
