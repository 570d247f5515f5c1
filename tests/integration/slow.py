"""What makes PostgreSQL slow: locks and sleeps."""

from contextlib import contextmanager


@contextmanager
def locked(database, statement):
    """Holds the locks that the statement takes."""
    connection = database.connect()
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            yield
    finally:
        connection.close()


def waiting_for_locks(database):
    """The processes of the server that wait for a lock."""
    return [pid for (pid,) in database.rows("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                                            "AND usename = 'reviewd_server' AND wait_event_type = 'Lock'")]


def make_posts_slow(database):
    """Each takes 20 ms."""
    database.execute("CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END'")
    database.execute("CREATE TRIGGER slowly BEFORE INSERT ON review FOR EACH ROW EXECUTE FUNCTION slowly()")


def make_lists_slow(database):
    """Each review that the server reads takes 50 ms."""
    database.execute("CREATE FUNCTION read_slowly() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN true; END'")
    for (leaf,) in database.rows("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'review'::regclass"):
        database.execute(f"ALTER TABLE {leaf} ENABLE ROW LEVEL SECURITY")
        database.execute(f"CREATE POLICY slowly ON {leaf} FOR SELECT TO reviewd_server USING (read_slowly())")
        database.execute(f"CREATE POLICY writes ON {leaf} FOR INSERT TO reviewd_server WITH CHECK (true)")
