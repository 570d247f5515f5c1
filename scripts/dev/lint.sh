# shellcheck shell=bash
# ./dev lint and ./dev fmt: how the code is written.

lint_help() {
  cat <<'HELP'
./dev lint - check how the code is written

Usage: ./dev lint [FILE...]

With no FILE: clang-format (nothing is changed), clang-tidy and shellcheck on everything, and tests/check_tree.sh. With
FILEs, C sources, headers or scripts, only these are read, each by its own linters. clang-tidy reads the flags of the
preset clang-debug, which is built first.

Example: ./dev lint core/mailbox.c

Exit status: 0 when nothing was found, 1 otherwise.
HELP
}

lint_command() {
  packages_need build clang format lint
  local status=0 c=() shell=() file
  if [[ $# -gt 0 ]]; then
    for file in "$@"; do
      [[ -f $file ]] || usage_error "there is no file $file" "./dev lint --help"
      case $file in
      *.c | *.h) c+=("$(realpath "$file")") ;;
      *) if shell_script "$file"; then shell+=("$(realpath "$file")"); else shell+=("$top/dev"); fi ;;
      esac
    done
  else
    mapfile -t c < <(tree_c_files)
    mapfile -t shell < <(tree_shell_files)
  fi
  lint_format "${c[@]}" || status=1
  lint_shell "${shell[@]}" || status=1
  lint_tidy "${c[@]}" || status=1
  [[ $# -gt 0 ]] || step "$top/tests/check_tree.sh" || status=1
  [[ $status -ne 0 ]] || say "lint found nothing"
  return "$status"
}

fmt_help() {
  cat <<'HELP'
./dev fmt - format the C code in place, as .clang-format says

Usage: ./dev fmt
HELP
}

fmt_command() {
  [[ $# -eq 0 ]] || usage_error "fmt takes no arguments" "./dev fmt --help"
  packages_need format
  local files=()
  mapfile -t files < <(tree_c_files)
  clang-format -i "${files[@]}"
}

# The tree without what is made in it.
tree_files() {
  find "$top" \( -path "$top/build" -o -path "$var" -o -path "$top/var" -o -name .git -o -name node_modules \) -prune \
    -o -type f "$@" -print | sort
}

tree_c_files() {
  tree_files -name '*.[ch]'
}

# Programs only: parts that others source are read with them.
tree_shell_files() {
  local file
  while read -r file; do
    ! shell_script "$file" || echo "$file"
  done < <(tree_files \( -name '*.sh' -o ! -name '*.*' -o -perm -u+x \))
}

# Whether a file's first line asks for a shell.
shell_script() {
  [[ $(head -c 80 "$1" | head -n 1 | tr -d '\0') =~ ^\#!.*[/\ ](ba)?sh(\ |$) ]]
}

lint_format() {
  [[ $# -gt 0 ]] || return 0
  say "clang-format: $# files"
  step clang-format --dry-run -Werror "$@"
}

lint_shell() {
  [[ $# -gt 0 ]] || return 0
  say "shellcheck: $# files"
  # Run from the root: the paths in "source=" directives begin there.
  step env --chdir="$top" shellcheck --external-sources --check-sourced "$@"
}

# Headers are read with the sources that include them, and what the build leaves out (the fuzzers) not at all.
lint_tidy() {
  local sources=() file
  setup_begin
  build_preset clang-debug || return 1
  setup_end
  for file in "$@"; do
    ! grep -qF "\"file\": \"$file\"" "$top/build/clang-debug/compile_commands.json" || sources+=("$file")
  done
  [[ ${#sources[@]} -gt 0 ]] || return 0
  say "clang-tidy: ${#sources[@]} files"
  local list=$var/log/clang-tidy-files noise=$var/log/clang-tidy status=0
  printf '%s\0' "${sources[@]}" >"$list"
  step xargs -0 -n 1 -P "$(nproc)" -a "$list" clang-tidy --quiet -p "$top/build/clang-debug" 2>"$noise" || status=1
  # It counts even the warnings that it does not show.
  grep -vE '^[0-9]+ warnings? generated' "$noise" >&2 || true
  return "$status"
}
