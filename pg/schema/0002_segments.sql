-- 0002: segments in life. They fill, and new ones appear, while servers read and write.
--
-- The rule that makes it safe: a segment's name stands for its range for ever. Whoever changes a range gives the table a new
-- name, so that a server which still believes in the old range is told that the table is gone (42P01), instead of finding
-- nothing; it then reads the segments again and repeats the request.

-- How many reviews a segment holds, as far as the statistics know; the rest is as before, but a segment that is dropped while it
-- is looked at has no range (null): whoever sees that must look again.
CREATE OR REPLACE VIEW segment AS
SELECT
    leaf.relname::text AS leaf,
    CASE WHEN bound.text IS NOT NULL THEN coalesce(substring(bound.text FROM $$FROM \('?(\d+)'?\)$$), '1')::bigint END
        AS first_product,
    CASE WHEN bound.text IS NOT NULL THEN coalesce(substring(bound.text FROM $$TO \('?(\d+)'?\)$$), '2147483648')::bigint END
        AS end_product,
    CASE WHEN leaf.reltuples >= 0 THEN leaf.reltuples::bigint ELSE pg_stat_get_live_tuples(leaf.oid) END AS reviews
FROM pg_inherits
JOIN pg_class AS leaf ON leaf.oid = pg_inherits.inhrelid
CROSS JOIN LATERAL (SELECT pg_get_expr(leaf.relpartbound, leaf.oid) AS text) AS bound
WHERE pg_inherits.inhparent = 'review'::regclass;

-- A name that no segment has or had while another one with a higher number exists.
CREATE FUNCTION segment_next_name() RETURNS name
LANGUAGE sql
BEGIN ATOMIC
    SELECT format('review_%s', lpad(number::text, greatest(4, length(number::text)), '0'))::name
    FROM (
        SELECT coalesce(max(substring(relname FROM '^review_(\d{4,9})$')::integer), 0) + 1 AS number
        FROM pg_class
        WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'review'::regclass) AND relname ~ '^review_\d{4,9}$'
    ) AS next;
END;

-- Ends the last segment before end_product, which must be beyond all its reviews, and adds an empty one behind it. Every
-- review of the last segment is read under a lock that keeps everybody else out, so it should hold few.
CREATE FUNCTION segment_append(end_product integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    last_segment segment;
    leaf name;
BEGIN
    LOCK TABLE ONLY review IN ACCESS EXCLUSIVE MODE;
    SELECT * INTO last_segment FROM segment ORDER BY first_product DESC LIMIT 1;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', last_segment.leaf);
    EXECUTE format('ALTER TABLE review DETACH PARTITION %I', last_segment.leaf);
    leaf := segment_next_name();
    EXECUTE format('ALTER TABLE %I RENAME TO %I', last_segment.leaf, leaf);
    PERFORM segment_attach(leaf, last_segment.first_product::integer, end_product);
    leaf := segment_next_name();
    PERFORM segment_create(leaf), segment_attach(leaf, end_product, NULL);
END
$$;

-- Where the last segment should end: its range is as wide as a million reviews are, at the mean of reviews per product in the
-- segments before it (30 while there are none; within reason), and reaches beyond each product that it holds.
CREATE FUNCTION segment_next_end() RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    last_segment segment;
    reviews_a_product double precision;
    greatest_product bigint;
BEGIN
    SELECT * INTO last_segment FROM segment ORDER BY first_product DESC LIMIT 1;
    SELECT sum(reviews)::double precision / nullif(last_segment.first_product - 1, 0) INTO reviews_a_product
    FROM segment WHERE leaf <> last_segment.leaf;
    EXECUTE format('SELECT max(product_id) FROM %I', last_segment.leaf) INTO greatest_product;
    RETURN greatest(
        last_segment.first_product + least(greatest(1000000 / coalesce(nullif(reviews_a_product, 0), 30), 1000), 1000000)::bigint,
        greatest_product + 1);
END
$$;

-- Keeps a segment ahead of need: the last one has no end, and once it holds a thousand reviews it is given one, and an empty
-- one follows. Returns whether it did so. The servers call it once in a while; it gives way to whoever uses a table, and to
-- others who change segments.
CREATE FUNCTION segment_keep_ahead() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '100ms' AS $$
DECLARE
    in_use boolean;
    end_product bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('reviewd-segments')) THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I OFFSET 999)',
        (SELECT leaf FROM segment ORDER BY first_product DESC LIMIT 1)) INTO in_use;
    -- No server knows more than some thousand segments; far more products than they can hold are somebody's mistake.
    IF NOT in_use OR (SELECT count(*) FROM segment) >= 2000 THEN
        RETURN false;
    END IF;
    end_product := segment_next_end();
    IF end_product > 2147483647 THEN
        RETURN false;
    END IF;
    PERFORM segment_append(end_product::integer);
    RETURN true;
EXCEPTION
    -- Another time.
    WHEN lock_not_available OR undefined_table THEN
        RETURN false;
END
$$;

DO $$
BEGIN
    -- What runs with its owner's rights must not take a table from wherever its caller says.
    EXECUTE format('ALTER FUNCTION segment_keep_ahead() SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE EXECUTE ON FUNCTION segment_keep_ahead() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION segment_keep_ahead() TO reviewd_server;

-- What product_meta must hold for these products, counted from a table with the columns of review.
CREATE FUNCTION product_meta_count(reviews regclass, first_product integer, last_product integer) RETURNS SETOF product_meta
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY EXECUTE format($count$
        SELECT
            product_id,
            max(review_id & 1048575)::integer,
            count(*) FILTER (WHERE NOT reported AND rating = 1)::integer,
            count(*) FILTER (WHERE NOT reported AND rating = 2)::integer,
            count(*) FILTER (WHERE NOT reported AND rating = 3)::integer,
            count(*) FILTER (WHERE NOT reported AND rating = 4)::integer,
            count(*) FILTER (WHERE NOT reported AND rating = 5)::integer,
            count(*) FILTER (WHERE NOT reported AND NOT recommend)::integer,
            count(*) FILTER (WHERE NOT reported AND recommend)::integer,
            coalesce(sum(characteristics & 7) FILTER (WHERE NOT reported), 0)::integer,
            count(*) FILTER (WHERE NOT reported AND (characteristics & 7) > 0)::integer,
            coalesce(sum(characteristics >> 3 & 7) FILTER (WHERE NOT reported), 0)::integer,
            count(*) FILTER (WHERE NOT reported AND (characteristics >> 3 & 7) > 0)::integer,
            coalesce(sum(characteristics >> 6 & 7) FILTER (WHERE NOT reported), 0)::integer,
            count(*) FILTER (WHERE NOT reported AND (characteristics >> 6 & 7) > 0)::integer,
            coalesce(sum(characteristics >> 9 & 7) FILTER (WHERE NOT reported), 0)::integer,
            count(*) FILTER (WHERE NOT reported AND (characteristics >> 9 & 7) > 0)::integer,
            coalesce(sum(characteristics >> 12 & 7) FILTER (WHERE NOT reported), 0)::integer,
            count(*) FILTER (WHERE NOT reported AND (characteristics >> 12 & 7) > 0)::integer,
            coalesce(sum(characteristics >> 15 & 7) FILTER (WHERE NOT reported), 0)::integer,
            count(*) FILTER (WHERE NOT reported AND (characteristics >> 15 & 7) > 0)::integer
        FROM %s
        WHERE product_id BETWEEN %s AND %s
        GROUP BY product_id
        $count$, reviews, first_product, last_product);
END
$$;

-- The same from all reviews.
CREATE OR REPLACE FUNCTION product_meta_recount(first_product integer, last_product integer) RETURNS SETOF product_meta
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT * FROM product_meta_count('review'::regclass, first_product, last_product);
END;
