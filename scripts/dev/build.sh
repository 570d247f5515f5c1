# shellcheck shell=bash
# ./dev build: compiles one preset into build/PRESET.

build_help() {
  cat <<'HELP'
./dev build - compile reviewd

Usage: ./dev build [PRESET]

Compiles everything, unit tests included, into build/PRESET. Presets (see CMakePresets.json):
  release          gcc, optimized; what ./dev run serves (the default)
  debug            gcc, for a debugger
  asan             gcc, with AddressSanitizer and UndefinedBehaviorSanitizer
  tsan             gcc, with ThreadSanitizer
  clang-release, clang-debug, clang-asan, clang-tsan
                   the same with clang

Example: ./dev build debug && gdb --args build/debug/reviewd --config config/reviewd.ini

Exit status: 0 when all was built.
HELP
}

build_command() {
  local preset=${1:-release}
  [[ $# -le 1 ]] || usage_error "build takes one preset" "./dev build --help lists them"
  case $preset in
  release | debug | asan | tsan | clang-release | clang-debug | clang-asan | clang-tsan) ;;
  *) usage_error "there is no preset \"$preset\"" "./dev build --help lists them" ;;
  esac
  build_packages "$preset"
  setup_begin
  build_preset "$preset"
  setup_end
  say "built: build/$preset"
}

# build_packages PRESET...: what building them needs.
build_packages() {
  local needs=(build)
  [[ " $*" != *" clang"* ]] || needs+=(clang)
  packages_need "${needs[@]}"
}

# build_preset PRESET [TARGET...]: compiles all of it, or the targets.
build_preset() {
  local preset=$1
  shift
  say "building $preset${1+ ($*)}"
  [[ -w $top/build || ! -e $top/build && -w $top ]] ||
    die "$top belongs to $(stat -c %U "$top"): cannot build there as $(id -un)"
  local log=$var/log/configure-$preset
  # Afresh if need be: the checkout may have been moved or copied with its build folder.
  if ! step cmake -S "$top" --preset "$preset" >"$log" 2>&1 &&
    ! step cmake -S "$top" --preset "$preset" --fresh >"$log" 2>&1; then
    show_file "$log"
    say "the configuration of $preset failed"
    return 1
  fi
  local quiet=()
  [[ -t 1 && -z ${CI-} ]] || quiet=(--quiet)
  step ninja -C "$top/build/$preset" "${quiet[@]}" "$@"
}
