"""actors.scheduling: how Linux schedules the server's threads."""

import os

import pytest

POLICIES = {"normal": os.SCHED_OTHER, "batch": os.SCHED_BATCH}


@pytest.mark.parametrize("scheduling", POLICIES)
def test_the_loops_are_scheduled_as_configured(start_server, empty_database, scheduling):
    server = start_server(empty_database, {"actors.placement": "own", "actors.scheduling": scheduling})
    pid = server.process.pid
    policies = []
    for thread in map(int, os.listdir(f"/proc/{pid}/task")):
        with open(f"/proc/{pid}/task/{thread}/comm") as name:
            if thread == pid or name.read().startswith("loop-"):  # others are the log's and a sanitizer's
                policies.append(os.sched_getscheduler(thread))
    assert len(policies) >= 4 and set(policies) == {POLICIES[scheduling]}
