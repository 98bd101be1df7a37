-- What humans decided about accounts of old systems, and what stood there before,
-- so that it can be taken back. what: owner or unit. before_it is JSON.
CREATE TABLE legacy_decisions (
    id         TEXT   NOT NULL PRIMARY KEY,
    source     TEXT   NOT NULL,
    legacy_id  TEXT   NOT NULL,
    what       TEXT   NOT NULL,
    act        TEXT   NOT NULL,
    before_it  TEXT   NOT NULL,
    person_id  TEXT,
    unit_id    TEXT,
    reason     TEXT   NOT NULL,
    decided_by TEXT   NOT NULL,
    decided_at BIGINT NOT NULL,
    undone_by  TEXT,
    undone_at  BIGINT
);
CREATE INDEX legacy_decisions_by_account ON legacy_decisions (source, legacy_id);

-- The worklist of a unit, and the accounts that say one thing of theirs.
CREATE INDEX legacy_accounts_by_unit ON legacy_accounts (unit_id, source, legacy_id);
CREATE INDEX legacy_accounts_by_saying
    ON legacy_accounts (source, unit_code, unit_name, district_name) WHERE unit_decision IN ('review', 'unknown');

-- Files of accounts that were sent to the console. asked_… say who pressed last, as
-- what and from where; the process that works on a file holds it until held_until.
-- state: uploading, checking, checked, importing, done, failed, discarded.
CREATE TABLE legacy_files (
    id            TEXT   NOT NULL PRIMARY KEY,
    source        TEXT   NOT NULL,
    file_name     TEXT   NOT NULL,
    bytes         BIGINT NOT NULL,
    encoding      TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    accept_good   BIGINT NOT NULL,
    created_by    TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    asked_by      TEXT   NOT NULL,
    asked_as      TEXT   NOT NULL,
    asked_address TEXT   NOT NULL,
    asked_request TEXT   NOT NULL,
    asked_at      BIGINT NOT NULL,
    rows_read     BIGINT NOT NULL,
    rows_bad      BIGINT NOT NULL,
    report        TEXT   NOT NULL,
    problem_vi    TEXT   NOT NULL,
    problem_en    TEXT   NOT NULL,
    holder        TEXT,
    held_until    BIGINT
);
CREATE INDEX legacy_files_waiting ON legacy_files (asked_at) WHERE state IN ('checking', 'importing');

-- The file, in pieces, each sealed for its place: it holds hashes of passwords. It
-- goes when it is not needed any more.
CREATE TABLE legacy_file_chunks (
    file_id TEXT   NOT NULL,
    place   BIGINT NOT NULL,
    sealed  BYTEA  NOT NULL,
    PRIMARY KEY (file_id, place)
);
