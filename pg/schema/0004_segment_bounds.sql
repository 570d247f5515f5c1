-- 0004: the segments can be listed while somebody holds one of them.
--
-- pg_get_expr() with a table waits for whoever has that table locked, such as VACUUM FULL; then no server could learn of any
-- segment, and none could connect. A partition's bound names no column, so it needs no table, and waits for nobody. What it
-- tells is as old as the query's snapshot: who goes by a range that was changed since then is told that the table is gone.
CREATE OR REPLACE VIEW segment AS
SELECT
    leaf.relname::text AS leaf,
    coalesce(substring(bound.text FROM $$FROM \('?(\d+)'?\)$$), '1')::bigint AS first_product,
    coalesce(substring(bound.text FROM $$TO \('?(\d+)'?\)$$), '2147483648')::bigint AS end_product,
    CASE WHEN leaf.reltuples >= 0 THEN leaf.reltuples::bigint ELSE pg_stat_get_live_tuples(leaf.oid) END AS reviews
FROM pg_inherits
JOIN pg_class AS leaf ON leaf.oid = pg_inherits.inhrelid
CROSS JOIN LATERAL (SELECT pg_get_expr(leaf.relpartbound, 0) AS text) AS bound
WHERE pg_inherits.inhparent = 'review'::regclass AND leaf.relpartbound IS NOT NULL;
