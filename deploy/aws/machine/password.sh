#!/bin/bash
# Prints the password that a secret of AWS holds: password.sh SECRET. An error tells nothing of what the secret holds.
set -euo pipefail

secret=$(aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text)
printf '%s' "$secret" | python3 -c '
import json, sys
try:
    password = json.load(sys.stdin)["password"]
    good = password.isascii() and password.isprintable() and password
except (ValueError, LookupError, TypeError, AttributeError):
    good = False
print(password) if good else sys.exit(f"password: the secret {sys.argv[1]} is no JSON object with a password of printable ASCII")
' "$1"
