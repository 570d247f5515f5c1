-- 0006: the first reviews of a product, stored as they are sent.

-- What servers made of a product's first reviews in the default order when they last read them, so that the next one need not read
-- ten reviews from ten places. pg/product_page.h tells what `reviews` holds. A page is good only while its version is the product's
-- and its epoch that of all products (the version of product 0); any write makes it void without touching it. It can always be made
-- anew: so it is not logged, and empty after a crash of PostgreSQL.
CREATE UNLOGGED TABLE product_page (
    product_id integer PRIMARY KEY,
    format smallint NOT NULL,
    epoch bigint NOT NULL,
    version bigint NOT NULL,
    reviews bytea NOT NULL
);

-- Compressed, three pages fit into a block, and beside the row, not behind a second table's index.
ALTER TABLE product_page ALTER COLUMN reviews SET STORAGE MAIN;
DO $$
BEGIN
    ALTER TABLE product_page ALTER COLUMN reviews SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this PostgreSQL was built without lz4: pages are compressed by its own method, which is slower';
END
$$;

GRANT SELECT, INSERT, UPDATE ON product_page TO reviewd_server;

-- Servers renew a product's version with each of their writes. For all others this does it, so that a change by hand is seen at once.
-- It locks the version behind the review, where servers do it the other way round: in the rare deadlock servers try again, and by
-- hand one may have to.
CREATE FUNCTION review_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
AS $$
BEGIN
    INSERT INTO product_version (product_id)
    SELECT DISTINCT product_id FROM (VALUES (NEW.product_id), (OLD.product_id)) AS changed (product_id)
    WHERE product_id IS NOT NULL
    ON CONFLICT (product_id) DO UPDATE SET version = excluded.version
    WHERE product_version.version <> excluded.version; -- once a transaction
    RETURN NULL;
END
$$;
DO $$
BEGIN
    -- Who may change reviews need have no right to their versions; and what runs with its owner's rights must not take a table from
    -- wherever its caller says.
    EXECUTE format('ALTER FUNCTION review_changed() SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE EXECUTE ON FUNCTION review_changed() FROM PUBLIC;

CREATE TRIGGER review_changed AFTER INSERT OR UPDATE OR DELETE ON review
FOR EACH ROW WHEN (current_user <> 'reviewd_server')
EXECUTE FUNCTION review_changed();
