-- Roles of groups may ask for a title: which spellings of it there are, and who has such a post in a unit, is looked up
-- without reading all posts.
CREATE INDEX positions_by_title ON positions (title, unit_id, person_id);
