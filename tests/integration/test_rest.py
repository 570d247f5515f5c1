"""A server that has nothing to do sleeps: what is due wakes it, and no ticks of a few milliseconds."""

import os
import time

from api import Api
from waiting import wait_until

SECONDS = 3


def switches(pid):
    """How often the loops' threads have gone to sleep."""
    count = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm") as name, open(f"/proc/{pid}/task/{thread}/status") as status:
            if int(thread) == pid or name.read().startswith("loop-"):
                count += next(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt_switches"))
    return count


def test_a_server_at_rest_hardly_wakes_up(start_server, empty_database, product):
    server = start_server(empty_database, {"actors.acceptors": 1, "actors.db": 2, "actors.writers": 1})
    with server.connect() as client:
        Api(client).add(product)
        wait_until(lambda: client.request("GET", f"/reviews/{product}/list").status == 200, "a list")
    pid = server.process.pid
    time.sleep(1)  # the last connections open
    before = switches(pid)
    time.sleep(SECONDS)
    # The acceptor looks at its clients ten times a second and the writer twice; libevent's clock may wake them up four times for each.
    # Ticks of five or ten milliseconds would add hundreds a second.
    assert switches(pid) - before < 60 * SECONDS
