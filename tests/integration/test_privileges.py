"""The role that the server runs as can read, add and mark reviews, and nothing else."""

from contextlib import closing

import psycopg2
import psycopg2.errors
import pytest

from api import Api
from cluster import SERVER_ROLE

LEAF = "review_0001"


@pytest.fixture
def database(empty_database, start_server):
    """One with a review in it."""
    with start_server(empty_database).connect() as connection:
        Api(connection).add(5)
    return empty_database


def run_as_server(database, sql):
    with closing(database.connect(SERVER_ROLE)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


FORBIDDEN = [
    f"DELETE FROM {LEAF}",
    "DELETE FROM review",
    "DELETE FROM product_meta",
    f"TRUNCATE {LEAF}",
    f"SELECT email FROM {LEAF}",
    f"SELECT * FROM {LEAF}",
    "SELECT email FROM review",
    f"SELECT review_id FROM {LEAF} WHERE email LIKE '%@%'",
    f"SELECT {LEAF} FROM {LEAF}",
    f"COPY {LEAF} TO STDOUT",
    f"UPDATE {LEAF} SET helpfulness = 1 RETURNING email",
    f"UPDATE {LEAF} SET body = 'changed'",
    f"UPDATE {LEAF} SET rating = 5",
    f"UPDATE {LEAF} SET email = 'a@b'",
    f"UPDATE {LEAF} SET product_id = 6",
    "CREATE TABLE mine (x integer)",
    "CREATE SCHEMA mine",
    "CREATE INDEX ON product_meta (next_n)",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    f"ALTER TABLE {LEAF} ADD COLUMN x integer",
    f"ALTER TABLE {LEAF} DISABLE TRIGGER ALL",
    f"DROP TABLE {LEAF}",
    "DROP VIEW segment",
    "CREATE ROLE mine",
    "ALTER ROLE reviewd_server SUPERUSER",
    "CREATE DATABASE mine",
    "SELECT segment_create('mine')",
    "INSERT INTO schema_migration (version, name) VALUES (99, 'mine')",
    "SELECT pg_read_file('postgresql.conf')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_everything_else_is_forbidden(empty_database, sql):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run_as_server(empty_database, sql)


def test_what_the_server_needs_is_allowed(database):
    assert run_as_server(database, f"SELECT count(body) FROM {LEAF}") == [(1,)]
    assert run_as_server(database, "SELECT rating_4 FROM product_meta") == [(1,)]
    assert run_as_server(database, "SELECT leaf FROM segment") == [(LEAF,)]
    run_as_server(database, f"UPDATE {LEAF} SET helpfulness = helpfulness + 1")


def test_the_server_connects_as_this_role(server):
    roles = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    assert server.database.rows(roles, (server.database.name,)) == [(SERVER_ROLE,)]


def test_the_role_has_no_attributes_but_login(empty_database):
    attributes = "rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin"
    row = empty_database.rows(f"SELECT {attributes} FROM pg_roles WHERE rolname = %s", (SERVER_ROLE,))
    assert row == [(False, False, False, False, False, True)]


def test_nothing_secret_is_logged_while_things_go_wrong(start_server, empty_database):
    """stop() reads the log for e-mail addresses, SQL and the password; here it has reasons to tell them."""
    server = start_server(empty_database, {"log.level": "debug"})
    with server.connect() as connection:
        api = Api(connection)
        api.add(5, email="told.to.nobody@mail.example")
        empty_database.execute("ALTER TABLE review ADD CONSTRAINT refused CHECK (rating <> 1) NOT VALID")
        reply = connection.request_json(
            "POST", "/reviews/5", {"rating": 1, "recommend": 1, "body": "b", "name": "n", "email": "a@mail.example"}
        )
        assert reply.status in (422, 500)
        empty_database.execute("ALTER TABLE product_meta RENAME rating_1 TO rating_one")
        assert connection.request("GET", "/reviews/5/meta").status == 500
        assert b"rating_1" not in connection.request("GET", "/reviews/5/meta").body
    assert "told" not in server.log_text()
