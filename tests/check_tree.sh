#!/usr/bin/env bash
# Rules of the tree that no compiler checks: layers, headers that stand alone, options that are documented, tidy files.
# Usage: tests/check_tree.sh [ROOT]. Prints each violation, and last "N passed, N failed", where a rule counts as one.
set -euo pipefail

root=$(cd "${1:-$(dirname "$0")/..}" && pwd -P)
cd "$root"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Every file of the project, without what is made in the tree.
files() {
  find . \( -path ./build -o -path ./var -o -name .git -o -name __pycache__ -o -name .pytest_cache -o -name node_modules \) -prune \
    -o -type f "$@" -print | sed 's|^\./||' | sort
}

# Which folders a folder's files may include from. Those not listed here hold no C code, or may include from everywhere.
declare -A below=(
  [core]="core"
  [proto]="core proto"
  [pg]="core proto pg"
  [actors]="core proto pg actors"
  [seed]="core proto pg seed"
  [tests]="core proto pg actors seed loadtest tests"
)

# An include names a file from the root, and a layer knows nothing of those above it.
check_layers() {
  local layer file included
  for layer in "${!below[@]}"; do
    while read -r file included; do
      if [[ $included != */* ]]; then
        echo "$file includes \"$included\" without its folder"
      elif [[ " ${below[$layer]} " != *" ${included%%/*} "* ]]; then
        echo "$file includes \"$included\", but $layer may only include from: ${below[$layer]}"
      fi
    done < <(files -path "./$layer/*" -name '*.[ch]' | xargs -r -d '\n' grep -HoE '^ *# *include *"[^"]+"' |
      sed -E 's/^([^:]+):.*"([^"]+)"$/\1 \2/')
  done
}

# Every header compiles by itself, twice in a row, and its guard says where it is.
check_headers() {
  local flags header guard
  read -ra flags < <(pkg-config --cflags libevent_core libpq msgpack json-c inih cunit)
  flags+=(-std=c11 -D_GNU_SOURCE '-DREVIEWD_VERSION="0"' '-DSOURCE_DIR="."' -DLLHTTP_STRICT_MODE=1 -Wall -Wextra -Werror
    -I. -isystem /usr/share/include/llhttp)
  files -name '*.h' >"$scratch/headers"
  [[ -s $scratch/headers ]] || echo "there are no headers"
  while read -r header; do
    guard=REVIEWD_$(tr 'a-z/.-' 'A-Z___' <<<"$header")
    grep -q "^#ifndef $guard\$" "$header" || echo "$header lacks the include guard $guard"
  done <"$scratch/headers"
  # shellcheck disable=SC2016 # expanded by the inner shell
  xargs -r -d '\n' -n 1 -P "$(nproc)" bash -c 'header=${*: -1}
    printf "#include \"%s\"\n" "$header" "$header" |
      gcc "${@:1:$#-1}" -fsyntax-only -x c - 2>"$0/$$" || { echo "$header does not compile alone:"; head -n 5 "$0/$$"; }
    ' "$scratch" "${flags[@]}" <"$scratch/headers"
}

# "section.key = default" of every option in the table, whose lines are KIND(section, key, default, ...). The default of
# a CHOICE is a name of the code: it is left out.
options_of_table() {
  sed -nE -e 's/^CHOICE\(([a-z0-9_]+), *([a-z0-9_]+),.*/\1.\2 = /p' \
    -e 's/^(INT|TEXT)\(([a-z0-9_]+), *([a-z0-9_]+), *"?([^",]*).*/\2.\3 = \4/p' core/config.def | sort
}

# The same of the options that an ini file sets.
options_of_ini() {
  awk '/^\[[a-z_]+\]/ { section = substr($1, 2, length($1) - 2) }
    /^[a-z][a-z0-9_]* *=/ { sub(/ *= */, " = "); print section "." $0 }' "$1" | sort
}

# And of those that the manual tells of: | `key` | `default` | in the table below ## [section].
options_of_manual() {
  awk '/^## / { section = ""; if ($2 ~ /^\[/) section = substr($2, 2, length($2) - 2) }
    section != "" && /^\| `/ { split($0, cell, "`"); print section "." cell[2] " = " cell[4] }' \
    docs/configuration.md | sort
}

# compare_options FILE OPTIONS: what differs from the table. Choices are compared without their default.
compare_options() {
  local choices
  choices=$(sed -n 's/ = $//p' "$scratch/table" | paste -sd '|')
  sed -E "s/^($choices) = .*/\1 = /" "$2" >"$scratch/there"
  comm -23 "$scratch/table" "$scratch/there" | sed "s|.*|$1 lacks: &|"
  comm -13 "$scratch/table" "$scratch/there" | sed "s|.*|$1 has what core/config.def has not: &|"
}

# The options in core/config.def, with their defaults, are those of config/reviewd.ini and docs/configuration.md, and
# the other files in config/ set no others.
check_options() {
  local file
  for file in core/config.def config/reviewd.ini docs/configuration.md; do
    [[ -f $file ]] || { echo "there is no $file" && return; }
  done
  options_of_table >"$scratch/table"
  [[ -s $scratch/table ]] || echo "core/config.def has no options"
  options_of_ini config/reviewd.ini >"$scratch/ini"
  compare_options config/reviewd.ini "$scratch/ini"
  options_of_manual >"$scratch/manual"
  compare_options docs/configuration.md "$scratch/manual"
  for file in config/*.ini; do
    options_of_ini "$file" | sed 's/ =.*//' | sort -u >"$scratch/keys"
    sed 's/ =.*//' "$scratch/table" | comm -13 - "$scratch/keys" | sed "s|.*|$file sets &, which is no option|"
  done
}

# A file of code is about one thing: below 600 lines.
check_length() {
  files \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.sql' -o -name '*.def' -o -name '*.js' \
    -o -name dev \) |
    xargs -r -d '\n' wc -l | awk '$2 != "total" && $1 >= 600 { print $2 " has " $1 " lines" }'
}

# Nothing is left for later or from a merge, and nobody's own folders are named. (The words are split so that this file passes.)
check_leftovers() {
  local marks='TO''DO|FIX''ME|XX''X|HA''CK'
  local paths='(^|[^A-Za-z0-9_./-])/(root|work|workspace|home/[a-z]+|Users/[A-Za-z]+)/'
  files | xargs -r -d '\n' grep -HnIwE "$marks" || true
  files | xargs -r -d '\n' grep -HnIE '^(<{7}|>{7}) ' || true
  files | xargs -r -d '\n' grep -HnIE "$paths" || true
}

passed=0
failed=0
for rule in layers headers options length leftovers; do
  "check_$rule" >"$scratch/found"
  if [[ -s $scratch/found ]]; then
    failed=$((failed + 1))
    echo "not ok: $rule"
    sed 's/^/  /' "$scratch/found"
  else
    passed=$((passed + 1))
    echo "ok: $rule"
  fi
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
