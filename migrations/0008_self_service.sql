-- What a sign-on is allowed by the place where it was made: its own idle time
-- (none: the setting's), a computer that is shared by many, and a device on
-- which the second factor was waived until the device's day.
ALTER TABLE sign_ons ADD COLUMN idle_seconds BIGINT;
ALTER TABLE sign_ons ADD COLUMN shared BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_ons ADD COLUMN waived BIGINT NOT NULL DEFAULT 0;

-- Devices on which a person has signed in, by the digest of a cookie of
-- theirs. A row lets its person's sign-ins pass the failures of strangers;
-- with a day, it stands for the second factor until then.
CREATE TABLE devices (
    id               TEXT   NOT NULL PRIMARY KEY,
    cookie_digest    BYTEA  NOT NULL,
    person_id        TEXT   NOT NULL,
    words            TEXT   NOT NULL,
    first_at         BIGINT NOT NULL,
    last_at          BIGINT NOT NULL,
    remembered_until BIGINT,
    UNIQUE (cookie_digest, person_id)
);
CREATE INDEX devices_by_person ON devices (person_id);
CREATE INDEX devices_by_last ON devices (last_at);

-- Mail that waits, was sent, or was given up. What it says is sealed: it may
-- hold an address that opens something. It is wiped when the mail is gone.
CREATE TABLE mails (
    id          TEXT   NOT NULL PRIMARY KEY,
    person_id   TEXT,
    kind        TEXT   NOT NULL,
    sealed      BYTEA,
    created_at  BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    sent_at     BIGINT,
    dead_at     BIGINT,
    last_answer TEXT
);
CREATE INDEX mails_due ON mails (next_at) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX mails_by_time ON mails (created_at);

-- What a person is told of changes to their account, until they say that it
-- was them, or that it was not. The token is the one of the mail's link.
CREATE TABLE notices (
    id           TEXT   NOT NULL PRIMARY KEY,
    person_id    TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    device       TEXT   NOT NULL,
    token_digest BYTEA  NOT NULL UNIQUE,
    seen_at      BIGINT,
    disowned_at  BIGINT
);
CREATE INDEX notices_by_person ON notices (person_id, at);
CREATE INDEX notices_by_time ON notices (at);

-- Somebody said "this was not me": no method changes until an administrator
-- has seen the person.
ALTER TABLE persons ADD COLUMN changes_locked_at BIGINT;

-- Ways back for people who cannot sign in: a link by e-mail, or a code that
-- an administrator tells them in person. Each counts once.
CREATE TABLE recoveries (
    id         TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    digest     BYTEA  NOT NULL UNIQUE,
    issued_by  TEXT   NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    used_at    BIGINT,
    revoked_at BIGINT
);
CREATE INDEX recoveries_by_person ON recoveries (person_id, issued_at);

-- Who administers what, by date: a role, and the unit (with all under it) or
-- the client that it is bound to.
CREATE TABLE admin_roles (
    id         TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL,
    role       TEXT   NOT NULL,
    unit_id    TEXT,
    client_id  TEXT,
    valid_from TEXT   NOT NULL,
    valid_to   TEXT,
    granted_at BIGINT NOT NULL,
    granted_by TEXT   NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX admin_roles_by_person ON admin_roles (person_id);

-- What people say is wrong about themselves, for those who keep the directory.
CREATE TABLE reports (
    id          TEXT   NOT NULL PRIMARY KEY,
    person_id   TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    about       TEXT   NOT NULL,
    words       TEXT   NOT NULL,
    answered_at BIGINT,
    answered_by TEXT,
    answer      TEXT
);
CREATE INDEX reports_by_person ON reports (person_id, at);
CREATE INDEX reports_open ON reports (at) WHERE answered_at IS NULL;

-- What is asked of a sign-in, where and of whom: named, dated, with the legal
-- instrument that asks for it.
CREATE TABLE policies (
    name       TEXT   NOT NULL PRIMARY KEY,
    citation   TEXT   NOT NULL,
    valid_from TEXT,
    valid_to   TEXT,
    settings   TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL
);

-- How far a person has come on the walk that first-timers are taken on.
CREATE TABLE welcomes (
    person_id  TEXT   NOT NULL PRIMARY KEY,
    step       TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    done_at    BIGINT
);

-- What the portal shows a person of themselves.
CREATE INDEX audit_by_person ON audit (person_id, at);

-- What was told about a person to which system, and the end of it. There is one
-- grant for every redeemed code, and no other way to one person's among them.
CREATE INDEX grants_by_person ON grants (person_id, client_id);
CREATE INDEX recoveries_by_end ON recoveries (expires_at);
