#!/usr/bin/env bash
# Puts into S3 what the stacks serve and install. It needs the AWS CLI (version 1 or 2), with your credentials and region.
#
#   publish.sh release BUCKET PACKAGE.deb     a release for the fleet; prints its name
#   publish.sh site BUCKET live|next FOLDER   the storefront that `cmake --build build/release --target storefront` made
#
# A release is never changed: a name that is there is refused. REVIEWD_RDS_CA names a file with the certificates of RDS's
# authorities; without it they are fetched from AWS, with curl.
set -euo pipefail

top=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd -P)
authorities=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
# As deploy/nginx/site.conf and reviewd say it of the same files; a test compares.
hashed='.*\.[0-9a-f]{12}\.[a-z0-9]+'
for_good='public, max-age=31536000, immutable'
anew='no-cache'

usage() {
  sed -n '2,/^set/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

fail() {
  echo "publish: $*" >&2
  exit 1
}

# Gathers what the machines need in one folder, whose parts setup.sh names.
publish_release() {
  local bucket=$1 package=$2 name folder
  [[ -f $package ]] || fail "there is no $package; ./dev package makes it"
  name=$(basename "$package" .deb)
  name=${name#reviewd_}
  # The same version may be built of several commits.
  name=${REVIEWD_RELEASE:-$name-$(sha256sum "$package" | cut -c 1-8)}
  ! aws s3 ls "s3://$bucket/$name/setup.sh" >/dev/null || fail "the release $name is there already"
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$folder'" EXIT
  cp "$package" "$top/config/micro.ini" "$top/deploy/k8s/base/follow.sh" "$folder"
  cp "$top"/deploy/aws/machine/* "$folder"
  cp -r "$top/deploy/nginx" "$folder/nginx"
  if [[ -n ${REVIEWD_RDS_CA:-} ]]; then
    cp "$REVIEWD_RDS_CA" "$folder/rds-ca.pem"
  else
    curl --fail --silent --show-error --location --output "$folder/rds-ca.pem" "$authorities"
  fi
  # setup.sh comes last: by it a release is known to be whole.
  aws s3 cp --recursive --only-show-errors --exclude setup.sh "$folder" "s3://$bucket/$name/" >&2
  aws s3 cp --only-show-errors "$folder/setup.sh" "s3://$bucket/$name/setup.sh" >&2
  echo "$name"
}

# Files with hashed names first, so that no page names one that is not there. Those of former versions stay for pages that are
# open in browsers.
publish_site() {
  local bucket=$1 stage=$2 folder=$3 part
  [[ $stage == live || $stage == next ]] || usage
  [[ -f $folder/index.html ]] || fail "there is no $folder/index.html; cmake --build build/release --target storefront"
  for part in shop widget; do
    put_files "$bucket/$stage/$part" "$folder" "$part" "$for_good" -regex "$hashed"
  done
  put_files "$bucket/$stage/shop" "$folder" shop "$anew" ! -regex "$hashed"
}

# put_files TARGET FOLDER PART CACHE_CONTROL TEST...: those files of the part that pass find's test.
put_files() {
  local target=$1 folder=$2 part=$3 control=$4 file
  shift 4
  [[ $part == shop ]] || set -- "$@" '(' -name 'product-reviews.*' -o -path '*/messages/*' ')'
  while read -r file; do
    aws s3 cp --only-show-errors --cache-control "$control" "$folder/$file" "s3://$target/$file" >&2
  done < <(find "$folder" -regextype posix-extended -type f "$@" -printf '%P\n' | sort)
}

case "${1:-} $#" in
'release 3') publish_release "$2" "$3" ;;
'site 4') publish_site "$2" "$3" "$4" ;;
*) usage ;;
esac
