-- JSON of each product's first ten reviews by relevance, which is the list that is asked for most: in line, compressed.
CREATE TABLE product_list (product_id integer PRIMARY KEY, body text COMPRESSION lz4 NOT NULL) WITH (fillfactor = 70);
ALTER TABLE product_list ALTER body SET STORAGE MAIN;
{pages}
VACUUM ANALYZE product_list;
