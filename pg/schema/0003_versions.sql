-- 0003: versions of products, by which servers know whether a list that they keep is still what the database holds.

-- The transaction that last changed what a product's lists show; a product without a row has not changed since it was loaded.
-- Only whether two versions are equal means something. Every write sets it, in its own transaction, before it touches the
-- product's reviews; so a server that sees a version again sees the reviews that it saw with it.
--
-- Product 0 stands for all of them: its version changes when reviews are replaced by other means than single writes.
CREATE TABLE product_version (
    product_id integer PRIMARY KEY,
    version bigint NOT NULL DEFAULT txid_current()
) WITH (fillfactor = 50);

INSERT INTO product_version (product_id) VALUES (0);

-- For who changes reviews by hand: makes all servers forget the lists that they keep.
CREATE FUNCTION product_version_renew() RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO product_version (product_id) VALUES (0)
    ON CONFLICT (product_id) DO UPDATE SET version = excluded.version;
END;

GRANT SELECT, INSERT, UPDATE ON product_version TO reviewd_server;
