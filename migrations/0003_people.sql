-- Changes to people arrive in sets. A set's rows are staged in small batches
-- and count for nothing until applied_at is set by one short write.
CREATE TABLE change_sets (
    id           TEXT   NOT NULL PRIMARY KEY,
    origin       TEXT   NOT NULL,
    actor        TEXT   NOT NULL,
    started_at   BIGINT NOT NULL,
    touched_at   BIGINT NOT NULL,
    applied_at   BIGINT,
    abandoned_at BIGINT
);
CREATE INDEX change_sets_open ON change_sets (applied_at, touched_at);

-- A user name belongs to one person for ever, whether or not that person is left.
CREATE TABLE persons (
    id              TEXT   NOT NULL PRIMARY KEY,
    username        TEXT   NOT NULL,
    username_folded TEXT   NOT NULL UNIQUE,
    change_set      TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    disabled_at     BIGINT
);
CREATE INDEX persons_by_change_set ON persons (change_set);

-- What is known of a person, one row for each set that said so; the newest
-- applied one counts.
CREATE TABLE person_facts (
    person_id       TEXT  NOT NULL,
    change_set      TEXT  NOT NULL,
    full_name       TEXT  NOT NULL,
    name_key        TEXT  NOT NULL,
    name_folded     TEXT  NOT NULL,
    date_of_birth   TEXT,
    personal_number BYTEA,
    email           TEXT,
    phone           TEXT,
    employee_code   TEXT,
    claims          TEXT,
    PRIMARY KEY (person_id, change_set)
);
CREATE INDEX person_facts_by_change_set ON person_facts (change_set);

-- The keyed hash of a personal number, for look-up; one account for one person.
CREATE TABLE personal_numbers (
    digest     BYTEA NOT NULL PRIMARY KEY,
    person_id  TEXT  NOT NULL,
    change_set TEXT  NOT NULL
);
CREATE INDEX personal_numbers_by_change_set ON personal_numbers (change_set);

CREATE TABLE positions (
    id           TEXT NOT NULL,
    change_set   TEXT NOT NULL,
    person_id    TEXT NOT NULL,
    unit_id      TEXT NOT NULL,
    department   TEXT NOT NULL,
    title        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    is_primary   BIGINT NOT NULL,
    decision_no  TEXT NOT NULL,
    delegated_by TEXT,
    valid_from   TEXT NOT NULL,
    valid_to     TEXT,
    PRIMARY KEY (id, change_set)
);
CREATE INDEX positions_by_person ON positions (person_id);
CREATE INDEX positions_by_change_set ON positions (change_set);

-- One password per person. The hash names its own scheme.
CREATE TABLE passwords (
    person_id   TEXT   NOT NULL PRIMARY KEY,
    hash        TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL,
    must_change BIGINT NOT NULL
);

-- A role that a client declares, granted to a person or to one of their positions.
CREATE TABLE role_grants (
    id          TEXT   NOT NULL PRIMARY KEY,
    client_id   TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    person_id   TEXT   NOT NULL,
    position_id TEXT,
    granted_at  BIGINT NOT NULL,
    granted_by  TEXT   NOT NULL,
    revoked_at  BIGINT
);
CREATE INDEX role_grants_by_person ON role_grants (person_id);
