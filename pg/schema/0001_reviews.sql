-- 0001: reviews in segments, one row of totals a product, and the role that the server runs as.
--
-- Applied by `reviewd --migrate`, in one transaction, as a role that may create tables and roles. Every table is keyed by
-- product_id first, so that the same statements can be distributed by it.

-- The server's role: it can read, add and mark reviews, and nothing else. It has no password: who deploys gives it one,
-- or lets pg_hba.conf trust a private socket.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reviewd_server') THEN
        CREATE ROLE reviewd_server LOGIN;
    END IF;
END
$$;

-- One review. The columns go from wide to narrow so that none is padded.
CREATE TABLE review (
    -- product_id * 2^20 + n, where n counts the product's reviews from 1: the id alone names the product and so the segment.
    review_id bigint NOT NULL,
    created_at timestamptz(3) NOT NULL,
    -- See review_relevance().
    relevance timestamptz NOT NULL,
    product_id integer NOT NULL,
    helpfulness integer NOT NULL DEFAULT 0,
    -- Six ratings of three bits each, 0 for none: bits 3i to 3i+2 rate the characteristic with id i.
    characteristics integer NOT NULL DEFAULT 0,
    rating smallint NOT NULL,
    recommend boolean NOT NULL,
    reported boolean NOT NULL DEFAULT false,
    summary text NOT NULL DEFAULT '',
    body text NOT NULL,
    response text,
    reviewer_name text NOT NULL,
    email text NOT NULL,
    -- Ready to send: [{"url": …, "thumbnail_url": …}, …]; null for none.
    photos json,
    PRIMARY KEY (product_id, review_id),
    CONSTRAINT review_product_id_range CHECK (product_id >= 1),
    CONSTRAINT review_id_names_product CHECK (review_id >> 20 = product_id),
    CONSTRAINT review_rating_range CHECK (rating BETWEEN 1 AND 5),
    CONSTRAINT review_helpfulness_range CHECK (helpfulness >= 0),
    CONSTRAINT review_characteristics_range CHECK (characteristics BETWEEN 0 AND 262143),
    CONSTRAINT review_summary_length CHECK (char_length(summary) <= 150),
    CONSTRAINT review_body_length CHECK (char_length(body) BETWEEN 1 AND 2000),
    CONSTRAINT review_reviewer_name_length CHECK (char_length(reviewer_name) BETWEEN 1 AND 100),
    CONSTRAINT review_email_length CHECK (char_length(email) <= 254)
) PARTITION BY RANGE (product_id);

-- One index a sort order, over visible reviews only. Ties go to the newer review.
CREATE INDEX review_relevant ON review (product_id, relevance DESC, created_at DESC, review_id DESC) WHERE NOT reported;
CREATE INDEX review_newest ON review (product_id, created_at DESC, review_id DESC) WHERE NOT reported;
CREATE INDEX review_helpful ON review (product_id, helpfulness DESC, created_at DESC, review_id DESC) WHERE NOT reported;

-- The key of the sort "relevant": the review's date, moved forward by 90 days for every doubling of (votes + 1). Ten times
-- the votes outweigh ten months of age, and the order needs no refreshing as time passes, because every review ages alike.
-- (The shape is that of Reddit's "hot" rank: a logarithm of votes plus a linear term of time.)
CREATE FUNCTION review_relevance(created_at timestamptz, helpfulness integer) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN created_at + make_interval(secs => 7776000 * (ln(1 + helpfulness::double precision) / ln(2::double precision)));

-- A product's totals over its visible reviews, kept in the transaction of every write, so that they always equal a recount.
-- next_n is the n of the latest review ever added. Rows are updated in place (HOT): hence the room in each page.
CREATE TABLE product_meta (
    product_id integer PRIMARY KEY,
    next_n integer NOT NULL DEFAULT 0,
    rating_1 integer NOT NULL DEFAULT 0,
    rating_2 integer NOT NULL DEFAULT 0,
    rating_3 integer NOT NULL DEFAULT 0,
    rating_4 integer NOT NULL DEFAULT 0,
    rating_5 integer NOT NULL DEFAULT 0,
    recommend_0 integer NOT NULL DEFAULT 0,
    recommend_1 integer NOT NULL DEFAULT 0,
    fit_sum integer NOT NULL DEFAULT 0,
    fit_count integer NOT NULL DEFAULT 0,
    length_sum integer NOT NULL DEFAULT 0,
    length_count integer NOT NULL DEFAULT 0,
    comfort_sum integer NOT NULL DEFAULT 0,
    comfort_count integer NOT NULL DEFAULT 0,
    quality_sum integer NOT NULL DEFAULT 0,
    quality_count integer NOT NULL DEFAULT 0,
    width_sum integer NOT NULL DEFAULT 0,
    width_count integer NOT NULL DEFAULT 0,
    size_sum integer NOT NULL DEFAULT 0,
    size_count integer NOT NULL DEFAULT 0,
    CONSTRAINT product_meta_product_id_range CHECK (product_id >= 1),
    CONSTRAINT product_meta_next_n_range CHECK (next_n BETWEEN 0 AND 1048575)
) WITH (fillfactor = 70);

-- What product_meta must hold for the products from first_product to last_product, counted from the reviews themselves.
CREATE FUNCTION product_meta_recount(first_product integer, last_product integer) RETURNS SETOF product_meta
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
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
    FROM review
    WHERE product_id BETWEEN first_product AND last_product
    GROUP BY product_id;
END;

-- The segments: partitions of review by ranges of product_id, about a million reviews each. end_product is exclusive; the
-- first segment begins at 1 and the last one has no end (2^31).
CREATE VIEW segment AS
SELECT
    leaf.relname::text AS leaf,
    coalesce(substring(bound.text FROM $$FROM \('?(\d+)'?\)$$), '1')::bigint AS first_product,
    coalesce(substring(bound.text FROM $$TO \('?(\d+)'?\)$$), '2147483648')::bigint AS end_product
FROM pg_inherits
JOIN pg_class AS leaf ON leaf.oid = pg_inherits.inhrelid
CROSS JOIN LATERAL (SELECT pg_get_expr(leaf.relpartbound, leaf.oid) AS text) AS bound
WHERE pg_inherits.inhparent = 'review'::regclass;

-- Makes an empty table with the columns and constraints of review but without indexes, to be filled, indexed and then
-- attached by segment_attach().
CREATE FUNCTION segment_create(leaf name) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE review INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', leaf);
END
$$;

-- Makes the table a segment for the products from first_product up to, but without, end_product (null: without end).
-- Indexes that the table already has like those of review are taken over; missing ones are built.
CREATE FUNCTION segment_attach(leaf name, first_product integer, end_product integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE review ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', leaf,
        CASE WHEN first_product = 1 THEN 'MINVALUE' ELSE first_product::text END, coalesce(end_product::text, 'MAXVALUE'));
    -- The server names leaves directly, so it needs its rights on each; no e-mail address can be read back.
    EXECUTE format('GRANT SELECT (%2$s), INSERT, UPDATE (helpfulness, relevance, reported) ON %1$I TO reviewd_server', leaf,
        (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
         WHERE attrelid = 'review'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'email'));
END
$$;

-- An empty database begins with one segment for all products.
SELECT segment_create('review_0001'), segment_attach('review_0001', 1, NULL);

GRANT SELECT, INSERT, UPDATE ON product_meta TO reviewd_server;
GRANT SELECT ON segment TO reviewd_server;
