-- Who is to be told that somebody holds the post no more in which they entered: how far was looked.

-- Two rows. first: at once. again: a minute later, for what a node gave that had not
-- heard of the change yet. version and within: sets of changes, and the last person of
-- the set after that version. day and day_within: the last day on whose beginning posts
-- were over that was looked at, and the last person of the day after it.
CREATE TABLE moves_cursor (
    look       TEXT   NOT NULL PRIMARY KEY,
    version    BIGINT NOT NULL,
    within     TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    day_within TEXT   NOT NULL
);
INSERT INTO moves_cursor (look, version, within, day, day_within)
SELECT 'first', version, '', '', '' FROM people_version;
INSERT INTO moves_cursor (look, version, within, day, day_within)
SELECT 'again', version, '', '', '' FROM people_version;

-- Whoever acts for somebody is looked at when that one is shut out.
CREATE INDEX persons_by_disabling ON persons (disabled_at) WHERE disabled_at IS NOT NULL;
