-- What was said of days that were over already when it was changed: what was said before, and what
-- from then on. The facts themselves stand in their own tables as they are believed now; these rows
-- lead back to what was believed at an earlier moment.
--
-- id begins with the version of the registry that the change led to, so that it tells the order.
-- about: unit, code, name, parent, succession; keys, said_before and said_after are documents.
-- said_before is empty where nothing was said, said_after where nothing is said any more.
-- unit_id and other_id (the unit above, the later unit) may name units that were taken back.
CREATE TABLE registry_corrections (
    id             TEXT   NOT NULL PRIMARY KEY,
    made_at        BIGINT NOT NULL,
    made_by        TEXT   NOT NULL,
    way            TEXT   NOT NULL,
    reason         TEXT   NOT NULL,
    version_before BIGINT NOT NULL,
    version_after  BIGINT NOT NULL,
    about          TEXT   NOT NULL,
    unit_id        TEXT   NOT NULL,
    other_id       TEXT,
    keys           TEXT   NOT NULL,
    said_before    TEXT,
    said_after     TEXT
);
CREATE INDEX registry_corrections_by_moment ON registry_corrections (made_at);
CREATE INDEX registry_corrections_by_unit ON registry_corrections (unit_id, id);
CREATE INDEX registry_corrections_by_other ON registry_corrections (other_id, id) WHERE other_id IS NOT NULL;
