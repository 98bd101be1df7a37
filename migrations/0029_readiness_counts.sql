-- How far the people of each unit have come is counted beside the list of people. ready: empty where the person holds
-- no post there today or may not sign in; else n nothing, e enrolled, s a second factor alone, b both.
ALTER TABLE people_units ADD COLUMN ready TEXT NOT NULL DEFAULT '';

-- The list is derived: it is made anew, with the counts.
DELETE FROM people_units;
DELETE FROM people_words;
DELETE FROM people_index;
DELETE FROM people_counts;
UPDATE people_index_cursor SET version = 0, within = '', seq = 0, swept = NULL, looked_at = 0;
