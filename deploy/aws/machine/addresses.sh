#!/bin/sh
# Prints the private addresses of the running machines that bear a name, one a line, for follow.sh: addresses.sh NAME.
set -eu

aws ec2 describe-instances --filters "Name=tag:Name,Values=$1" Name=instance-state-name,Values=running \
  --query 'Reservations[].Instances[].PrivateIpAddress' --output text | tr -s '\t ' '\n'
