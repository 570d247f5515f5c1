#!/bin/bash
# Makes of a new Debian 12 machine what its role in the fleet is: node, nginx or maintenance. cloud-init runs it once, as root,
# from the folder of the release; a failure ends it, and then the stack's change is rolled back.
set -euo pipefail

release=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cd "$release"
# S3 keeps no modes.
chmod +x ./*.sh
# shellcheck source=/dev/null
source /etc/reviewd-machine
export AWS_DEFAULT_REGION DEBIAN_FRONTEND=noninteractive

install_packages() {
  apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
}

# The package starts the service at once; it is started again below, when it is configured.
setup_node() {
  install_packages ./reviewd_*.deb
  ./configure.sh
  # Says the sum when PostgreSQL does not admit the connections of all nodes.
  systemd-run --quiet --wait --pipe --property=User=reviewd --property=EnvironmentFile=/etc/reviewd/environment \
    reviewd --config /etc/reviewd/reviewd.ini --check-database
  systemctl restart reviewd
  wait_for http://127.0.0.1:9090/ready
}

setup_nginx() {
  # Debian would start its own site on port 80.
  systemctl mask nginx.service
  install_packages nginx logrotate
  ./configure-nginx.sh
  cp reviewd-nginx.service reviewd-follow.service /etc/systemd/system/
  cp reviewd-nginx.logrotate /etc/logrotate.d/reviewd-nginx
  systemctl daemon-reload
  systemctl enable --now reviewd-follow.service reviewd-nginx.service
  wait_for http://127.0.0.1:8080/nginx/live
}

setup_maintenance() {
  install_packages ./reviewd_*.deb postgresql-client
  systemctl disable --now reviewd.service
  ln -sf "$release/as-owner.sh" /usr/local/sbin/as-owner
  ./migrate.sh
  # Started again later, it stays on until somebody stops it.
  shutdown --poweroff +10 "Maintenance is done; start this machine again when it is needed."
}

# wait_for URL: two minutes at most.
wait_for() {
  local tries
  for ((tries = 0; tries < 120; tries++)); do
    if python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)' "$1" 2>/dev/null; then
      return 0
    fi
    sleep 1
  done
  echo "setup: $1 did not answer within two minutes" >&2
  return 1
}

case $ROLE in
node | nginx | maintenance) "setup_$ROLE" ;;
*) echo "setup: there is no role $ROLE" >&2 && exit 1 ;;
esac
