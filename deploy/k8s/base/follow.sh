#!/bin/sh
# Keeps nginx's list of servers equal to the addresses behind a name.
# Usage: follow.sh --once|--always NAME PORT FOLDER
#
# Writes FOLDER/servers.conf with one line "server ADDRESS:PORT ...;" each. --once waits for the first address and ends; --always looks
# every 2 seconds (FOLLOW_SECONDS), and when the list has changed has nginx (FOLDER/nginx.pid) read it: no request is lost by that. A name without
# addresses leaves the last list: asking Pods that may be gone beats asking nobody. FOLLOW_COMMAND NAME prints addresses in the
# resolver's place, where there is no such name (deploy/aws).
set -eu

mode=$1 name=$2 port=$3 folder=$4
file=$folder/servers.conf

# One address a line, or first in its line: what the name means to the resolver, or to FOLLOW_COMMAND.
addresses() {
  if [ -n "${FOLLOW_COMMAND:-}" ]; then "$FOLLOW_COMMAND" "$name"; else getent ahosts "$name"; fi
}

# The list for the addresses that the name has now; fails when there is none.
list() {
  addresses | awk -v port="$port" '
    NF && !seen[$1]++ { print "server " ($1 ~ /:/ ? "[" $1 "]" : $1) ":" port " max_fails=1 fail_timeout=2s;" }' | sort
}

# write: returns true if the list has changed.
write() {
  now=$(list) || return 1
  [ -n "$now" ] || return 1
  [ "$now" != "$(cat "$file" 2>/dev/null)" ] || return 1
  printf '%s\n' "$now" >"$file.new"
  mv "$file.new" "$file"
  echo "follow: $(printf '%s\n' "$now" | wc -l) servers"
}

case $mode in
--once)
  until write || [ -s "$file" ]; do
    sleep 1
  done
  ;;
--always)
  trap 'exit 0' TERM INT
  while :; do
    if write && [ -s "$folder/nginx.pid" ]; then
      kill -HUP "$(cat "$folder/nginx.pid")" || true
    fi
    sleep "${FOLLOW_SECONDS:-2}" &
    wait $! || true
  done
  ;;
*)
  echo "usage: follow.sh --once|--always NAME PORT FOLDER" >&2
  exit 2
  ;;
esac
