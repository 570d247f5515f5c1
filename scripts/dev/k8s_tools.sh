# shellcheck shell=bash
# What checks the manifests of deploy/k8s: kustomize and the published schemas, pinned in deploy/k8s/tools.txt and schemas.txt.
# Fetched once into var/k8s; what cannot be had is said, and its tests are skipped.

k8s_tools() {
  local folder=$var/k8s
  mkdir -p "$folder"
  if cat "$top/deploy/k8s/tools.txt" "$top/deploy/k8s/schemas.txt" | cmp -s - "$folder/pins"; then
    return
  fi
  say "fetching what checks the Kubernetes manifests"
  if k8s_schemas "$folder" >"$var/log/k8s" 2>&1 && k8s_modules "$folder" >>"$var/log/k8s" 2>&1; then
    cat "$top/deploy/k8s/tools.txt" "$top/deploy/k8s/schemas.txt" >"$folder/pins"
  else
    show_file "$var/log/k8s"
    say "kustomize or the schemas cannot be had (they need Go 1.25 or later, Python's pip and a network): the tests of the manifests are skipped"
    return 1
  fi
}

k8s_schemas() {
  rm -f "$1"/*.whl
  step /usr/bin/python3 -m pip download --quiet --no-deps --require-hashes --only-binary :all: -r "$top/deploy/k8s/schemas.txt" -d "$1"
}

# Modules are compared with their pinned hashes before anything of them is built or read.
k8s_modules() {
  local folder=$1 module version hash found go=$1/go
  command -v go || return 1
  mkdir -p "$go"
  cd "$go" || return 1
  [[ -f go.mod ]] || step go mod init tools || return 1
  while read -r module version hash; do
    [[ $module != \#* ]] || continue
    found=$(GOFLAGS=-mod=mod go mod download -json "$module@$version") || return 1
    [[ $found == *"\"Sum\": \"$hash\""* ]] || {
      echo "$module $version has other contents than those of the pinned hash"
      return 1
    }
    found=$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' <<<"$found")
    case $module in
    *kustomize*) GOFLAGS=-mod=mod GOBIN=$folder step go install "$module@$version" || return 1 ;;
    *cloudnative-pg) install -m 0644 "$found"/config/crd/bases/postgresql.cnpg.io_clusters.yaml "$folder/" || return 1 ;;
    *prometheus-operator)
      install -m 0644 "$found"/example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml "$folder/" || return 1
      ;;
    esac
  done <"$top/deploy/k8s/tools.txt"
}
