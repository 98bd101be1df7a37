-- People are told when their e-mail address becomes another one, by a job that
-- goes through the sets of changes in their order.

-- One row: the version of the people up to which everybody was told. What was
-- changed before there was this table is told nobody.
CREATE TABLE address_changes_cursor (
    version BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO address_changes_cursor (version) SELECT version FROM people_version;
