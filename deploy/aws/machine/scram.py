"""Reads a password of ASCII characters, a line, and prints what PostgreSQL stores of it (SCRAM-SHA-256, RFC 5802)."""

import base64
import hashlib
import hmac
import secrets
import sys

ITERATIONS = 4096


def main():
    password = sys.stdin.readline().rstrip("\n").encode("ascii")
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt, stored, server = (base64.b64encode(part).decode() for part in (salt, stored, server))
    print(f"SCRAM-SHA-256${ITERATIONS}:{salt}${stored}:{server}")


main()
