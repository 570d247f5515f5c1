# shellcheck shell=bash
# ./dev test deploy: what goes with the server, from load tests to manifests (tests/deploy).

test_deploy() {
  local status=0 junit=$var/test/deploy.xml
  test_build release || return 0
  npm_modules "$top/loadtest/k6" "the check of the k6 script" || true
  (k8s_tools) || true
  (monitoring_tools) || true
  (aws_tools) || true
  test_started=$SECONDS
  say "tests of deployment, release"
  rm -f "$junit"
  REVIEWD_BUILD=$top/build/release REVIEWD_K8S_TOOLS=$var/k8s REVIEWD_TOOLS=$var/tools REVIEWD_AWS_TOOLS=$var/aws PYTHONDONTWRITEBYTECODE=1 step /usr/bin/python3 -m pytest -q --tb=short -rs \
    --rootdir "$top" -p no:cacheprovider --junitxml "$junit" "$top/tests/deploy" || status=$?
  test_count "deploy" "$status" "$junit"
}

# Prometheus and the exporter of PostgreSQL, unpacked into var/tools: installed, Debian's packages would start services.
monitoring_tools() {
  local folder=$var/tools
  [[ ! -x $folder/usr/bin/promtool ]] || return 0
  mkdir -p "$folder"
  say "fetching Prometheus for the tests of the rules"
  if ! (cd "$folder" && apt-get -q download prometheus prometheus-postgres-exporter) >"$var/log/tools" 2>&1; then
    say "skipped: the tests of monitoring, because Prometheus could not be fetched ($var/log/tools)"
    return 1
  fi
  local package
  for package in "$folder"/*.deb; do
    dpkg -x "$package" "$folder"
  done
}
