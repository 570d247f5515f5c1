"""Waiting for something to come true, and how much a test may ask of a slow build."""

import os
import time

# Sanitizers make the server 5 to 15 times slower: with REVIEWD_SLOW=1 the big tests do less, and nothing waits less.
IS_SLOW = os.environ.get("REVIEWD_SLOW", "0") not in ("", "0")

# Far longer than anything takes; reached only when something is broken.
PATIENCE_S = 120


def scaled(size):
    """The size of a big test: a fifth of it on a slow build."""
    return max(1, size // 5) if IS_SLOW else size


def wait_until(condition, what, patience_s=PATIENCE_S):
    """Asks again and again until the condition holds, and returns what it returned."""
    deadline = time.monotonic() + patience_s
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"waited {patience_s} s in vain for {what}"
        time.sleep(0.02)
