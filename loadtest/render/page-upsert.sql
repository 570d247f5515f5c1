INSERT INTO product_list (product_id, body)
SELECT k.product_id, '{"product":' || k.product_id::text || ',"page":0,"count":10,"results":[' || reviews || ']}'
FROM unnest($1::int4[]) AS k (product_id)
CROSS JOIN LATERAL (
    SELECT string_agg({head} || helpfulness::text || ',"photos":' || coalesce(photos::text, '[]') || '}', ',') AS reviews
    FROM (
        SELECT * FROM {leaf} WHERE product_id = k.product_id AND NOT reported
        ORDER BY relevance DESC, created_at DESC, review_id DESC LIMIT 10
    ) AS best
) AS page
WHERE reviews IS NOT NULL
ON CONFLICT (product_id) DO UPDATE SET body = excluded.body
