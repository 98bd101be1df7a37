-- Where legacy accounts come from: an upstream provider, a directory, an export
-- with password hashes. What it needs beyond the columns is JSON by kind; what of
-- it is secret is sealed apart.
CREATE TABLE legacy_sources (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    province   TEXT,
    as_of      TEXT   NOT NULL,
    sunset_on  TEXT,
    settings   TEXT   NOT NULL,
    secret     BYTEA,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    stopped_at BIGINT
);

-- A file of accounts that is being read, or was: where it stands, so that it can go on.
CREATE TABLE legacy_imports (
    id          TEXT   NOT NULL PRIMARY KEY,
    source      TEXT   NOT NULL,
    file_digest BYTEA  NOT NULL,
    encoding    TEXT   NOT NULL,
    actor       TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    touched_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    lines_done  BIGINT NOT NULL,
    added       BIGINT NOT NULL,
    changed     BIGINT NOT NULL,
    same        BIGINT NOT NULL,
    bad         BIGINT NOT NULL
);
CREATE INDEX legacy_imports_by_source ON legacy_imports (source, started_at);

-- One account of an old system: as it was given, for showing, and in the form in
-- which it is compared. decision is empty until matching or a human decided;
-- decided_by is empty for matching. person_id is set for linked and created.
CREATE TABLE legacy_accounts (
    source          TEXT   NOT NULL,
    legacy_id       TEXT   NOT NULL,
    username        TEXT   NOT NULL,
    username_folded TEXT   NOT NULL,
    full_name       TEXT   NOT NULL,
    name_sorted     TEXT   NOT NULL,
    date_of_birth   TEXT,
    born_text       TEXT   NOT NULL,
    number_kind     TEXT   NOT NULL,
    number_born     BIGINT,
    number_digest   BYTEA,
    number_sealed   BYTEA,
    email           TEXT   NOT NULL,
    phone           TEXT   NOT NULL,
    unit_code       TEXT   NOT NULL,
    unit_name       TEXT   NOT NULL,
    district_name   TEXT   NOT NULL,
    title           TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    last_login_at   TEXT   NOT NULL,
    row_digest      BYTEA  NOT NULL,
    import_id       TEXT   NOT NULL,
    added_at        BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    gone_at         BIGINT,
    decision        TEXT   NOT NULL DEFAULT '',
    rule            TEXT   NOT NULL DEFAULT '',
    evidence        TEXT   NOT NULL DEFAULT '',
    person_id       TEXT,
    decided_at      BIGINT,
    decided_by      TEXT,
    decided_why     TEXT   NOT NULL DEFAULT '',
    unit_decision   TEXT   NOT NULL DEFAULT '',
    unit_id         TEXT,
    unit_reason     TEXT   NOT NULL DEFAULT '',
    unit_decided_by TEXT,
    first_used_at   BIGINT,
    last_used_at    BIGINT,
    confirmed_at    BIGINT,
    PRIMARY KEY (source, legacy_id)
);
CREATE INDEX legacy_accounts_by_username ON legacy_accounts (username_folded);
CREATE INDEX legacy_accounts_by_name ON legacy_accounts (name_sorted);
CREATE INDEX legacy_accounts_by_number ON legacy_accounts (number_digest);
CREATE INDEX legacy_accounts_by_person ON legacy_accounts (person_id);
CREATE INDEX legacy_accounts_by_decision ON legacy_accounts (decision, source, legacy_id);
CREATE INDEX legacy_accounts_by_unit_decision ON legacy_accounts (unit_decision, source, legacy_id);

-- The password of a legacy account. state: sealed (a weak hash under AEAD, until
-- the background job wraps it), wrapped ($wrapped$…), strong ($legacy$… sealed too),
-- unknown (a scheme that nobody knows: the person must reset). A retired one opens nothing.
CREATE TABLE legacy_passwords (
    source     TEXT   NOT NULL,
    legacy_id  TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    scheme     TEXT   NOT NULL,
    sealed     BYTEA,
    wrapped    TEXT,
    changed_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (source, legacy_id)
);
CREATE INDEX legacy_passwords_by_state ON legacy_passwords (state, source, legacy_id);

-- What was learnt at a good sign-in with a directory, for days on which it is down.
CREATE TABLE legacy_verifiers (
    source     TEXT   NOT NULL,
    legacy_id  TEXT   NOT NULL,
    hash       TEXT   NOT NULL,
    learnt_at  BIGINT NOT NULL,
    PRIMARY KEY (source, legacy_id)
);

-- Two persons who are one: what moved, so that it can be undone.
CREATE TABLE person_merges (
    id         TEXT   NOT NULL PRIMARY KEY,
    kept_id    TEXT   NOT NULL,
    merged_id  TEXT   NOT NULL,
    journal    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    merged_by  TEXT   NOT NULL,
    merged_at  BIGINT NOT NULL,
    undone_by  TEXT,
    undone_at  BIGINT
);
CREATE INDEX person_merges_by_kept ON person_merges (kept_id);
CREATE INDEX person_merges_by_merged ON person_merges (merged_id);

-- Who still leans on a legacy identifier: the newest use, by client, kind and person.
CREATE TABLE legacy_uses (
    client_id TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    source    TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    used_on   TEXT   NOT NULL,
    PRIMARY KEY (client_id, kind, source, person_id)
);

-- Which sign-on came from which upstream provider, so that a logout there or here finds the other.
CREATE TABLE upstream_sign_ons (
    sign_on_id TEXT   NOT NULL PRIMARY KEY,
    source     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    sid        TEXT   NOT NULL,
    id_token   BYTEA,
    begun_at   BIGINT NOT NULL
);
CREATE INDEX upstream_sign_ons_by_subject ON upstream_sign_ons (source, subject);
CREATE INDEX upstream_sign_ons_by_sid ON upstream_sign_ons (source, sid);

-- Where the scheduled reading of a directory stands.
CREATE TABLE ldap_syncs (
    source      TEXT   NOT NULL PRIMARY KEY,
    started_at  BIGINT,
    ended_at    BIGINT,
    cursor_text TEXT   NOT NULL,
    seen        BIGINT NOT NULL,
    held_back   TEXT   NOT NULL,
    outcome     TEXT   NOT NULL
);
