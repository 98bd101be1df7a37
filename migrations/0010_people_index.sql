-- The list of people as it is searched. Everything here is derived by a job from
-- persons, facts, positions and methods: it may be emptied and made anew.

-- One row for each person who is there. number is short, since the postings below
-- hold it; key_one and key_two sort names as Vietnamese lists do. On due_on the row
-- has to be made again, though nothing changed: a position begins or ends.
CREATE TABLE people_index (
    number          BIGINT NOT NULL PRIMARY KEY,
    person_id       TEXT   NOT NULL UNIQUE,
    key_one         BIGINT NOT NULL,
    key_two         BIGINT NOT NULL,
    full_name       TEXT   NOT NULL,
    username        TEXT   NOT NULL,
    username_folded TEXT   NOT NULL,
    employee_code   TEXT   NOT NULL,
    words           TEXT   NOT NULL,
    title           TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    unit_id         TEXT,
    former_unit_id  TEXT,
    posts           BIGINT NOT NULL,
    state           TEXT   NOT NULL,
    factor          TEXT   NOT NULL,
    due_on          TEXT
);
CREATE INDEX people_index_by_name ON people_index (key_one, key_two, number);
CREATE INDEX people_index_by_username ON people_index (username_folded);
CREATE INDEX people_index_by_code ON people_index (employee_code);
CREATE INDEX people_index_due ON people_index (due_on) WHERE due_on IS NOT NULL;

-- Postings: who has a word in their name or titles, in the order of names, so that
-- a page of a common word is read as fast as one of a rare word. A word that begins
-- with # is a mark: a state, a factor, a kind of employment.
CREATE TABLE people_words (
    word    TEXT   NOT NULL,
    key_one BIGINT NOT NULL,
    key_two BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    PRIMARY KEY (word, key_one, key_two, number)
);

-- The same of units. belongs: 1 where the person belongs now, 0 where they once did.
CREATE TABLE people_units (
    number  BIGINT NOT NULL,
    unit_id TEXT   NOT NULL,
    belongs BIGINT NOT NULL,
    key_one BIGINT NOT NULL,
    key_two BIGINT NOT NULL,
    PRIMARY KEY (number, unit_id)
);
CREATE INDEX people_units_by_unit ON people_units (unit_id, belongs, key_one, key_two, number);

-- How many postings a word (w:) or a unit (u: belonging, p: once) has, and how many
-- people there are (all): what a search begins with, and the list of known words.
CREATE TABLE people_counts (
    subject TEXT   NOT NULL PRIMARY KEY,
    people  BIGINT NOT NULL
);

-- One row: how far the job has read. version and within: sets of changes, and the
-- last person of the set after that version. seq: changes of one person. swept: the
-- last person of a sweep over all, none when no sweep is going on.
CREATE TABLE people_index_cursor (
    version   BIGINT NOT NULL,
    within    TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    swept     TEXT,
    looked_at BIGINT NOT NULL
);
INSERT INTO people_index_cursor (version, within, seq, swept, looked_at) VALUES (0, '', 0, NULL, 0);

-- Filters that an administrator keeps under a name.
CREATE TABLE people_views (
    id         TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    query      TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX people_views_by_person ON people_views (person_id);

-- An act on many people: chosen, looked at, then done one after another, each in a
-- short write, so that it goes on where it was stopped.
CREATE TABLE people_bulks (
    id          TEXT   NOT NULL PRIMARY KEY,
    act         TEXT   NOT NULL,
    detail      TEXT   NOT NULL,
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    reason      TEXT   NOT NULL DEFAULT '',
    approval_id TEXT,
    approved_by TEXT,
    decided_at  BIGINT
);
CREATE INDEX people_bulks_by_creator ON people_bulks (created_by, created_at);

-- outcome is empty until it is this person's turn; mark is what an undo looks at.
CREATE TABLE people_bulk_items (
    bulk_id   TEXT   NOT NULL,
    place     BIGINT NOT NULL,
    person_id TEXT   NOT NULL,
    outcome   TEXT   NOT NULL DEFAULT '',
    mark      TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (bulk_id, place),
    UNIQUE (bulk_id, person_id)
);
