"""Reply slots: clients that ask for much at once always leave some for the others."""

from contextlib import closing

from api import meta_path
from http_client import build_request

SLOTS = 64
OPTIONS = {
    "actors.acceptors": 1,
    "actors.writers": 1,
    "mailbox.reply_slots": SLOTS,
    "server.max_pipeline": SLOTS,
    "deadline.request_ms": 300000,
    "deadline.queue_ms": 300000,
}
GREEDY_CLIENTS = 20


def test_greedy_clients_leave_slots_for_others(start_server, empty_database, product):
    server = start_server(empty_database, OPTIONS)
    greedy = [server.connect() for _ in range(GREEDY_CLIENTS)]
    try:
        with closing(empty_database.connect()) as holder:
            holder.autocommit = False
            holder.cursor().execute("LOCK TABLE product_meta IN ACCESS EXCLUSIVE MODE")
            for connection in greedy:
                connection.send(build_request("GET", meta_path(product)) * SLOTS)
            for _ in range(10):
                with server.connect() as fair:
                    assert fair.request("GET", "/nowhere").status == 404
            holder.rollback()
        for connection in greedy:  # and in the end all of them have all their answers
            assert [connection.read_reply().status for _ in range(SLOTS)] == [200] * SLOTS
    finally:
        for connection in greedy:
            connection.close()
