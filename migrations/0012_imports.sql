-- Files of people, positions, grants and decisions: what was sent, what each row
-- would do, and how far the work on it is.

-- A set that was taken back counts no more; undone_version is the people's version
-- that taking it back made, so that whoever stages meanwhile compares anew.
ALTER TABLE change_sets ADD COLUMN undone_at BIGINT;
ALTER TABLE change_sets ADD COLUMN undone_version BIGINT;
CREATE INDEX change_sets_by_undone_version ON change_sets (undone_version) WHERE undone_version IS NOT NULL;

-- Taking a set back walks through its people in order.
DROP INDEX person_facts_by_change_set;
CREATE INDEX person_facts_by_change_set ON person_facts (change_set, person_id);
DROP INDEX positions_by_change_set;
CREATE INDEX positions_by_change_set ON positions (change_set, person_id);

-- One file. asked_… say who pressed last, as what and from where: the work is
-- theirs, and their rights are read again when it is done. The process that works
-- on it holds it until held_until; another one takes it over after that.
CREATE TABLE imports (
    id            TEXT   NOT NULL PRIMARY KEY,
    kind          TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    file_name     TEXT   NOT NULL,
    bytes         BIGINT NOT NULL,
    header        TEXT   NOT NULL,
    mapping       TEXT   NOT NULL,
    created_by    TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    asked_by      TEXT   NOT NULL,
    asked_as      TEXT   NOT NULL,
    asked_address TEXT   NOT NULL,
    asked_request TEXT   NOT NULL,
    asked_at      BIGINT NOT NULL,
    accept_good   BIGINT NOT NULL DEFAULT 0,
    rows_read     BIGINT NOT NULL DEFAULT 0,
    rows_bad      BIGINT NOT NULL DEFAULT 0,
    counts        TEXT   NOT NULL DEFAULT '{}',
    change_set    TEXT,
    undo_set      TEXT,
    checked_at    BIGINT,
    applied_at    BIGINT,
    undone_at     BIGINT,
    problem_vi    TEXT   NOT NULL DEFAULT '',
    problem_en    TEXT   NOT NULL DEFAULT '',
    holder        TEXT,
    held_until    BIGINT
);
CREATE INDEX imports_by_creator ON imports (created_by, id);
CREATE INDEX imports_waiting ON imports (asked_at) WHERE state IN ('checking', 'applying', 'undoing');

-- The file, in pieces, each sealed for its place: it holds personal numbers. It
-- goes when it is not needed any more.
CREATE TABLE import_chunks (
    import_id TEXT   NOT NULL,
    place     BIGINT NOT NULL,
    sealed    BYTEA  NOT NULL,
    PRIMARY KEY (import_id, place)
);

-- What each row would do, or did; or why it does nothing.
CREATE TABLE import_rows (
    import_id  TEXT   NOT NULL,
    line       BIGINT NOT NULL,
    effect     TEXT   NOT NULL,
    username   TEXT   NOT NULL,
    full_name  TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    cell       TEXT   NOT NULL,
    message_vi TEXT   NOT NULL,
    message_en TEXT   NOT NULL,
    PRIMARY KEY (import_id, line)
);
CREATE INDEX import_rows_by_effect ON import_rows (import_id, effect, line);

-- Grants that a file brought, so that they can be taken back.
CREATE TABLE import_grants (
    import_id  TEXT   NOT NULL,
    grant_id   TEXT   NOT NULL,
    line       BIGINT NOT NULL,
    person_id  TEXT   NOT NULL,
    valid_from TEXT,
    valid_to   TEXT,
    undone_at  BIGINT,
    PRIMARY KEY (import_id, grant_id)
);

-- What taking a file back left alone, since somebody changed it later.
CREATE TABLE import_kept (
    import_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    what      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    username  TEXT NOT NULL,
    full_name TEXT NOT NULL,
    PRIMARY KEY (import_id, person_id, what, subject)
);

-- Which column means what in files with a header like this one.
CREATE TABLE import_mappings (
    person_id     TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    header_digest BYTEA  NOT NULL,
    mapping       TEXT   NOT NULL,
    used_at       BIGINT NOT NULL,
    PRIMARY KEY (person_id, kind, header_digest)
);
