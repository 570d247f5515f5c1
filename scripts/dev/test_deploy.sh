# shellcheck shell=bash
# ./dev test deploy: what goes with the server, from load tests to manifests (tests/deploy).

test_deploy() {
  local status=0 junit=$var/test/deploy.xml
  test_build release || return 0
  npm_modules "$top/loadtest/k6" "the check of the k6 script" || true
  (k8s_tools) || true
  test_started=$SECONDS
  say "tests of deployment, release"
  rm -f "$junit"
  REVIEWD_BUILD=$top/build/release REVIEWD_K8S_TOOLS=$var/k8s PYTHONDONTWRITEBYTECODE=1 step /usr/bin/python3 -m pytest -q --tb=short -rs \
    --rootdir "$top" -p no:cacheprovider --junitxml "$junit" "$top/tests/deploy" || status=$?
  test_count "deploy" "$status" "$junit"
}
