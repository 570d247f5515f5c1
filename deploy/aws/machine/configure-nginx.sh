#!/bin/bash
# Writes the configuration of nginx in front of the nodes. setup.sh runs it as root on a machine of the fleet.
# ROOT (default: /) is where it writes.
set -euo pipefail

release=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=${ROOT:-}

install -d -m 0755 "$root/etc/reviewd-nginx" "$root/usr/share/reviewd/web"
cp -r "$release/nginx/." "$root/etc/reviewd-nginx/"
cp "$release/aws.conf" "$root/etc/reviewd-nginx/aws.conf"
# The log goes to a file: systemd's journal cannot be opened as /dev/stdout.
sed -i 's|/dev/stdout|/var/log/reviewd-nginx/access.log|' "$root/etc/reviewd-nginx/http.conf"
