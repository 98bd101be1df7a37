-- Counts by the hour for the console's first page. A job takes them from the
-- records in the order of the chain; no sign-in waits for it.

-- hour: hours since 1970 of the record's own moment. kind: what is counted, such
-- as sign-ins by unit; name: of which, such as the unit. Of what is looked at and
-- not counted (kind now) only the newest value is kept, under the hour 0.
CREATE TABLE figures (
    kind    TEXT   NOT NULL,
    hour    BIGINT NOT NULL,
    name    TEXT   NOT NULL,
    counted BIGINT NOT NULL,
    PRIMARY KEY (kind, hour, name)
);
CREATE INDEX figures_by_hour ON figures (hour);

-- One row: the place in the chain up to which everything was counted. It moves in
-- the transaction that adds the counts, so that nothing counts twice.
CREATE TABLE figures_cursor (
    seq BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO figures_cursor (seq) VALUES (0);

-- The processes that answer, as each of them says of itself. skew_ms: how far its
-- clock is ahead of the database's.
CREATE TABLE nodes (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    version    TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    skew_ms    BIGINT NOT NULL
);
CREATE INDEX nodes_by_seen ON nodes (seen_at);
