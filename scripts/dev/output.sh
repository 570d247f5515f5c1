# shellcheck shell=bash
# What ./dev says: one line for each thing it does, and errors that name the way out. All of it goes to stderr, so that
# what a command answers can be piped.

# A reader that went away must not stop a clean-up.
say() {
  printf '%s\n' "dev: $*" >&2 2>/dev/null || true
}

die() {
  say "$@"
  exit 1
}

# usage_error WHAT HINT: for a command line that cannot be meant.
usage_error() {
  say "$1; $2"
  exit 2
}

# show_file FILE: its end, for an error that it explains.
show_file() {
  [[ -s $1 ]] && tail -n 25 "$1" | sed 's/^/  | /' >&2
  return 0
}
