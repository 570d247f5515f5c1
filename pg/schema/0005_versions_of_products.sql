-- 0005: no versions of products that there are not.
--
-- A vote or a report for a review that does not exist used to leave a version of its product behind. A product without a row of
-- totals never had a review, so whatever list of it a server keeps, under whichever version, is empty, as it should be; and a
-- review that comes later brings a version that was never before. The lock keeps that from happening meanwhile.
LOCK TABLE product_version IN SHARE ROW EXCLUSIVE MODE;
DELETE FROM product_version
WHERE product_id <> 0
    AND NOT EXISTS (SELECT FROM product_meta WHERE product_meta.product_id = product_version.product_id);
