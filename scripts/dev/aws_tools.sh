# shellcheck shell=bash
# What checks the templates of deploy/aws: cfn-lint, pinned in deploy/aws/requirements.txt. Fetched once into var/aws; where it
# cannot be had, that is said and its tests are skipped.

aws_tools() {
  local folder=$var/aws pins=$top/deploy/aws/requirements.txt
  ! cmp -s "$pins" "$folder/pins" || return 0
  say "fetching cfn-lint, which checks the templates for AWS"
  rm -rf "$folder"
  mkdir -p "$folder"
  if step /usr/bin/python3 -m pip install --quiet --no-deps --require-hashes --only-binary :all: --target "$folder" -r "$pins" \
    >"$var/log/aws" 2>&1; then
    cp "$pins" "$folder/pins"
  else
    show_file "$var/log/aws"
    say "cfn-lint cannot be had (it needs Python 3.11 on x86-64, pip and a network): the tests of the AWS templates are skipped"
    return 1
  fi
}
