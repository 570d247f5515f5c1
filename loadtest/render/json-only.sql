-- JSON of each review instead of the columns that are in it; to a database that json.sql has changed.
ALTER TABLE review DROP COLUMN summary, DROP COLUMN body, DROP COLUMN response, DROP COLUMN reviewer_name;
VACUUM FULL review;
VACUUM ANALYZE review;
