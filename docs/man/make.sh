#!/bin/sh
# Makes a manual page of a template here and of what the programs say of themselves, on standard output.
# Usage: docs/man/make.sh PAGE FOLDER DATE VERSION, for example reviewd.8 build/release 2026-11-25 0.1.0
set -eu

page=$1 folder=$2 date=$3 version=$4
here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case $page in
reviewd-seed.*) program=reviewd-seed ;;
*) program=reviewd ;;
esac
env -i "$folder/$program" --help >"$scratch/help"
env -i "$folder/reviewd" --dump-config >"$scratch/options"
awk -v "date=$date" -v "version=$version" -v "help=$scratch/help" -v "options=$scratch/options" \
  -f "$here/fill.awk" "$here/$page.in"
