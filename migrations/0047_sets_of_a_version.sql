-- Several sets of changes may make one version of the people: a plan that is taken back makes it of all its sets at once.
-- Jobs that go through sets one after another say in which of them they are; and what is renewed is found by its person.

-- The last set of the version that was gone through; absent where all of the version was.
ALTER TABLE people_index_cursor ADD COLUMN set_id TEXT;
ALTER TABLE lifecycle_cursor ADD COLUMN set_id TEXT;
ALTER TABLE moves_cursor ADD COLUMN set_id TEXT;

-- Of such a version one set was gone through until now. Everybody is listed anew, and looked at anew for those who have left.
UPDATE people_index_cursor SET swept = NULL, looked_at = 0;
UPDATE lifecycle_cursor SET day = '';

DROP INDEX change_sets_by_undone_version;
CREATE INDEX change_sets_by_undone_version ON change_sets (undone_version, id) WHERE undone_version IS NOT NULL;

-- What somebody gave that outlives the sign-on, of whoever holds the post no more in which they gave it.
CREATE INDEX grants_offline_by_person ON grants (person_id) WHERE offline = 1 AND revoked_at IS NULL;
