# shellcheck shell=bash
# ./dev test: everything that can prove the tree wrong, and one line that sums it up.

test_help() {
  cat <<'HELP'
./dev test - every check and test

Usage: ./dev test [STEP...]

Steps, all of them unless named:
  tree      rules of the tree itself: layers, headers, configuration, files
  release   unit and end-to-end tests on the optimized gcc build
  browser   the web pages in Debian's Chromium, on that build; skipped if npm cannot fetch what drives it
  deploy    load tests and what deploys the server, on that build; what needs npm or Go is skipped where they cannot be had
  clang     unit tests on the clang build, whose warnings are errors
  asan      the whole suite again under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
  tsan      and again under ThreadSanitizer

Unit tests are CUnit programs run by ctest; each program counts as one test. The end-to-end tests are pytest's; they
start their own PostgreSQL and reviewd on free ports, so that they run beside ./dev run, two files at a time. A
sanitizer's report fails its step even if no test noticed. A step that cannot be built, or runs no test, counts as one
failure, and the others go on.

The last line is "N passed, N failed". JUnit files, sanitizer reports and the pictures of the browser tests
(screenshots/) are in var/test/ (see REVIEWD_VAR).

Example: ./dev test tree release

Exit status: 0 when nothing failed, 1 otherwise.
HELP
}

test_passed=0
test_failed=0
test_skipped=0
test_started=0
test_story=() # a line for each part

test_command() {
  local steps=("$@") step
  [[ $# -gt 0 ]] || steps=(tree release browser deploy clang asan tsan)
  for step in "${steps[@]}"; do
    case $step in
    tree | release | browser | deploy | clang | asan | tsan) ;;
    *) usage_error "there is no step \"$step\"" "./dev test --help lists them" ;;
    esac
  done
  local needs=(build test)
  [[ " ${steps[*]} " != *' clang '* ]] || needs+=(clang)
  [[ " ${steps[*]} " == ' tree ' ]] || needs+=(database)
  [[ " ${steps[*]} " != *' browser '* ]] || needs+=(browser)
  if [[ " ${steps[*]} " == *' browser '* || " ${steps[*]} " == *' deploy '* ]]; then
    command -v node >/dev/null && command -v npm >/dev/null || needs+=(node)
  fi
  [[ " ${steps[*]} " != *' deploy '* ]] || needs+=(deploy)
  packages_need "${needs[@]}"
  mkdir -p "$var/test"
  for step in "${steps[@]}"; do
    "test_$step"
  done
  printf '\n'
  printf '%s\n' "${test_story[@]}"
  printf '\n%d passed, %d failed' "$test_passed" "$test_failed"
  [[ $test_skipped -eq 0 ]] || printf ', %d skipped' "$test_skipped"
  printf '\n'
  [[ $test_failed -eq 0 ]]
}

test_tree() {
  local log=$var/test/tree
  test_started=$SECONDS
  say "rules of the tree"
  step "$top/tests/check_tree.sh" >"$log" || true
  cat "$log"
  local passed=0 failed=1
  if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
  fi
  test_add "tree" "$passed" "$failed" 0
}

test_release() {
  test_build release || return 0
  test_units release
  test_end_to_end release
}

test_browser() {
  local status=0 tap=$var/test/browser.tap
  test_started=$SECONDS
  if ! npm_modules "$top/tests/browser" "the browser tests"; then
    test_add "browser: skipped, npm cannot be reached" 0 0 1
    return
  fi
  test_build release || return 0
  say "browser tests, release"
  rm -f "$tap"
  REVIEWD_BUILD=$top/build/release REVIEWD_REPORT=$tap REVIEWD_SCREENSHOTS=$var/test/screenshots \
    step node "$top/tests/browser/run.js" || status=$?
  test_count_tap "browser" "$status" "$tap"
}

# npm_modules FOLDER WHAT: what the folder's lock file names; fetched once, and again when the lock file has changed. False if
# npm's registry is out of reach, or not trusted: then WHAT is skipped.
npm_modules() {
  local folder=$1 log=$var/test/npm
  cmp -s "$folder/package-lock.json" "$folder/node_modules/.lock" && return
  say "fetching the packages of $2, with npm"
  # Node.js has certificates of its own; those of the system count as well, where a company's proxy has its own.
  local -x NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
  if step npm ci --prefix "$folder" --ignore-scripts --fetch-retries 1 >"$log" 2>&1; then
    cp "$folder/package-lock.json" "$folder/node_modules/.lock"
  else
    show_file "$log"
    grep -qE 'ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|ENOTCACHED|_CERT' "$log" ||
      die "npm failed; the whole story is in $log"
    say "npm's packages cannot be had: skipped is $2"
    return 1
  fi
}

test_clang() {
  test_build clang-debug || return 0
  test_units clang-debug
}

test_asan() {
  local reports=$var/test/asan-reports
  test_build asan || return 0
  rm -rf "$reports"
  mkdir -p "$reports"
  export REVIEWD_SLOW=1
  # Not detect_stack_use_after_return: gcc 12 puts objects that are aligned to a cache line into frames that are not.
  export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0:strict_string_checks=1:log_path=\"$reports/asan\"
  # UBSan cannot write elsewhere beside ASan; but the build lets it end the process, which no test overlooks.
  export UBSAN_OPTIONS=print_stacktrace=1
  test_units asan
  test_end_to_end asan
  unset REVIEWD_SLOW ASAN_OPTIONS UBSAN_OPTIONS
  test_reports asan "$reports"
}

test_tsan() {
  local reports=$var/test/tsan-reports
  test_build tsan || return 0
  rm -rf "$reports"
  mkdir -p "$reports"
  export REVIEWD_SLOW=1
  export TSAN_OPTIONS=second_deadlock_stack=1:log_path=\"$reports/tsan\"
  # gcc 12's runtime cannot start where the kernel spreads addresses wider than it knows.
  local steady=()
  ! setarch --addr-no-randomize true 2>/dev/null || steady=(setarch --addr-no-randomize)
  test_units tsan "${steady[@]}"
  test_end_to_end tsan "${steady[@]}"
  unset REVIEWD_SLOW TSAN_OPTIONS
  test_reports tsan "$reports"
}

# test_build PRESET: a build that fails is a failed test.
test_build() {
  test_started=$SECONDS
  setup_begin
  local status=0
  build_preset "$1" || status=1
  setup_end
  [[ $status -eq 0 ]] || test_add "$1: build" 0 1 0
  return "$status"
}

# test_units PRESET [WRAPPER...]: the CUnit programs.
test_units() {
  local preset=$1 status=0
  local junit=$var/test/$preset-units.xml
  shift
  test_started=$SECONDS
  say "unit tests, $preset"
  rm -f "$junit"
  step "$@" ctest --test-dir "$top/build/$preset" --output-on-failure --no-tests=error --parallel 2 \
    --output-junit "$junit" || status=$?
  test_count "$preset: unit" "$status" "$junit"
}

# test_end_to_end PRESET [WRAPPER...]: pytest against the binaries of the preset.
test_end_to_end() {
  local preset=$1 status=0
  local junit=$var/test/$preset-end-to-end.xml
  shift
  test_started=$SECONDS
  say "end-to-end tests, $preset"
  rm -f "$junit"
  REVIEWD_BUILD=$top/build/$preset PYTHONDONTWRITEBYTECODE=1 step "$@" /usr/bin/python3 -m pytest -q \
    --numprocesses 2 --dist loadfile --tb=short --maxfail=40 --rootdir "$top" -p no:cacheprovider --junitxml "$junit" "$top/tests/integration" || status=$?
  test_count "$preset: end to end" "$status" "$junit"
}

# test_reports STEP FOLDER: what a sanitizer reported, whoever was running.
test_reports() {
  local reports
  mapfile -t reports < <(find "$2" -type f -size +0)
  if [[ ${#reports[@]} -eq 0 ]]; then
    test_add "$1: no report" 1 0 0
  else
    head -n 60 -- "${reports[@]}"
    test_add "$1: reports (see above)" 0 "${#reports[@]}" 0
  fi
}

# test_count WHAT STATUS JUNIT: a runner that failed without a failed test counts as one.
test_count() {
  local passed=0 failed=0 skipped=0
  read -r passed failed skipped < <(/usr/bin/python3 "$top/scripts/dev/count_tests.py" "$3") || true
  [[ $2 -eq 0 || $failed -gt 0 ]] || failed=1
  [[ $((passed + failed)) -gt 0 ]] || failed=1
  test_add "$1" "$passed" "$failed" "$skipped"
}

# test_count_tap WHAT STATUS TAP: the same of Node's test runner.
test_count_tap() {
  local passed failed skipped
  passed=$(sed -n 's/^# pass //p' "$3" 2>/dev/null || true)
  failed=$(awk '/^# (fail|cancelled) / { sum += $3 } END { print sum + 0 }' "$3" 2>/dev/null || true)
  skipped=$(sed -n 's/^# skipped //p' "$3" 2>/dev/null || true)
  [[ $2 -eq 0 || ${failed:-0} -gt 0 ]] || failed=1
  [[ $((${passed:-0} + ${failed:-0})) -gt 0 ]] || failed=1
  test_add "$1" "${passed:-0}" "${failed:-0}" "${skipped:-0}"
}

# test_add WHAT PASSED FAILED SKIPPED
test_add() {
  test_passed=$((test_passed + $2))
  test_failed=$((test_failed + $3))
  test_skipped=$((test_skipped + $4))
  test_story+=("$(printf '%-40s %5d passed %4d failed %6d s' "$1" "$2" "$3" $((SECONDS - test_started)))")
  test_started=$SECONDS
}
