"""actors.scheduling: how Linux schedules the server's threads."""

import os

import pytest

POLICIES = {"normal": os.SCHED_OTHER, "batch": os.SCHED_BATCH}


@pytest.mark.parametrize("scheduling", POLICIES)
def test_the_loops_are_scheduled_as_configured(start_server, empty_database, scheduling):
    server = start_server(empty_database, {"actors.placement": "own", "actors.scheduling": scheduling})
    pid = server.process.pid
    policies = {}
    for thread in map(int, os.listdir(f"/proc/{pid}/task")):
        with open(f"/proc/{pid}/task/{thread}/comm") as name:
            policies[name.read().strip()] = os.sched_getscheduler(thread)
    loops = {name: policy for name, policy in policies.items() if name != "log"}
    assert len(loops) >= 4 and set(loops.values()) == {POLICIES[scheduling]}
