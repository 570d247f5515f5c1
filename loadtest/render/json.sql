-- JSON of each review beside its columns: what a list shows of it, up to the number of votes, so that votes need not touch it.
-- The server gives it with each new review.
ALTER TABLE review ADD COLUMN head text;
ALTER TABLE review ALTER COLUMN head TYPE text USING {head};
VACUUM ANALYZE review;
