# shellcheck shell=bash
# ./dev images: the fleet's OCI images, out of deploy/images/Containerfile.

images_all=(reviewd reviewd-seed reviewd-nginx reviewd-postgres)
# Built when they are asked for.
images_monitoring=(reviewd-prometheus reviewd-postgres-exporter)

images_help() {
  cat <<'HELP'
./dev images - build the images of the fleet

Usage: ./dev images [--offline] [--verify] [--check] [IMAGE...]

Builds reviewd, reviewd-seed, reviewd-nginx and reviewd-postgres, or those named (reviewd-prometheus and
reviewd-postgres-exporter as well), with podman (REVIEWD_ENGINE=docker: with docker), each tagged with its name and "latest" and
labelled with the commit. deploy/images/README.md says what each wants. Beside them it writes, to var/images/, the packages in
each image as an SBOM (SPDX 2.3, NAME.spdx.json).

Options:
  --offline   do not fetch debian:bookworm-slim from a registry: make it with mmdebstrap, from the Debian mirror of this
              machine, unless it is there already
  --verify    build each image a second time, from nothing, and compare the two layer by layer
  --check     try each image as it is meant to run: read-only, without rights, capabilities, network and shell; and compare
              its health check, size, labels and SBOM with what they should be

Environment:
  SOURCE_DATE_EPOCH   the time that the images and the files in them bear (default: that of the last commit)

Example: ./dev images --offline reviewd

Exit status: 0 when all were built, and with --verify when both times gave the same, and with
--check when all held.
HELP
}

images_command() {
  local offline= verify= check= wanted=() name
  while [[ $# -gt 0 ]]; do
    case $1 in
    --offline) offline=yes ;;
    --verify) verify=yes ;;
    --check) check=yes ;;
    *)
      [[ " ${images_all[*]} ${images_monitoring[*]} " == *" $1 "* ]] || usage_error "images knows no \"$1\"" "./dev images --help"
      wanted+=("$1")
      ;;
    esac
    shift
  done
  [[ ${#wanted[@]} -gt 0 ]] || wanted=("${images_all[@]}")
  engine_need
  packages_need images
  mkdir -p "$var/images"
  export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(images_epoch)}
  [[ -z $offline ]] || images_base
  for name in "${wanted[@]}"; do
    # A layer that is kept bears the time of an earlier commit.
    images_build "$name" "$name" ${verify:+--no-cache}
    images_sbom "$name"
    [[ -z $verify ]] || images_verify "$name"
  done
  [[ -z $check ]] || step /usr/bin/python3 "$top/scripts/dev/check_images.py" "$engine" "$var/images" "${wanted[@]}" ||
    die "not all of the images are as they should be"
}

# A checkout without its history gets a fixed time.
images_epoch() {
  git -C "$top" log -1 --format=%ct 2>/dev/null || echo 1704067200
}

# debian:bookworm-slim out of the mirror: the essential packages, without documents.
images_base() {
  ! "$engine" image inspect debian:bookworm-slim >/dev/null 2>&1 || return 0
  packages_need base
  say "making debian:bookworm-slim with mmdebstrap"
  local tar=$var/images/base.tar
  step mmdebstrap --quiet --variant=minbase --format=tar --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' bookworm "$tar" || die "mmdebstrap failed"
  step "$engine" import "$tar" debian:bookworm-slim >/dev/null
  rm -f "$tar"
}

# images_build TARGET TAG [OPTION...]
images_build() {
  local target=$1 tag=$2 log=$var/log/image-$1
  shift 2
  local options=("$@" --file "$top/deploy/images/Containerfile" --target "$target" --tag "$tag"
    --build-arg "REVISION=$(git -C "$top" rev-parse HEAD 2>/dev/null || echo unknown)")
  # Format docker: the OCI format has no place for a health check.
  [[ $engine != podman ]] || options+=(--layers --format docker --timestamp "$SOURCE_DATE_EPOCH" --pull=missing)
  # Where no systemd runs, a build cannot have a container of its own.
  [[ $engine != podman || -z ${CONTAINERS_CONF-} ]] || options+=(--isolation chroot)
  say "building $tag (log: $log)"
  step "$engine" build "${options[@]}" "$top" >"$log" 2>&1 || {
    show_file "$log"
    die "$target could not be built"
  }
}

images_layers() {
  "$engine" image inspect --format '{{range .RootFS.Layers}}{{println .}}{{end}}' "$1"
}

images_verify() {
  images_build "$1" "$1:verify" --no-cache
  local first second
  first=$(images_layers "$1") second=$(images_layers "$1:verify")
  "$engine" rmi "$1:verify" >/dev/null 2>&1 || true
  [[ $first == "$second" ]] || die "$1 came out differently the second time:"$'\n'"$(diff <(echo "$first") <(echo "$second"))"
  say "$1 is the same, layer by layer, when it is built again"
}

images_sbom() {
  local version run=("$engine" run --rm --network none --no-healthcheck --entrypoint)
  version=$(sed -n 's/^project(reviewd VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
  {
    # shellcheck disable=SC2016 # dpkg-query's own fields
    "${run[@]}" dpkg-query "$1" -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\n'
    [[ $1 != reviewd ]] || "${run[@]}" cat "$1" /usr/share/reviewd/linked
  } | /usr/bin/python3 "$top/scripts/dev/sbom.py" "$1" "$SOURCE_DATE_EPOCH" "$version" >"$var/images/$1.spdx.json"
}
