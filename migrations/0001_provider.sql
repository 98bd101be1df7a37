-- The provider: keys, clients, sign-ons, grants, refresh tokens, sign-outs.
-- Moments are BIGINT milliseconds UTC, dates TEXT ISO 8601, ids TEXT; no booleans
-- where a nullable moment says more; no triggers.

CREATE TABLE signing_keys (
    kid          TEXT   NOT NULL PRIMARY KEY,
    algorithm    TEXT   NOT NULL,
    private_key  BYTEA  NOT NULL,
    public_jwk   TEXT   NOT NULL,
    announced_at BIGINT NOT NULL,
    active_at    BIGINT NOT NULL,
    retiring_at  BIGINT,
    gone_at      BIGINT,
    revoked_at   BIGINT
);

-- Settings are one document: most are read together and few are ever searched.
CREATE TABLE clients (
    id          TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    settings    TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    disabled_at BIGINT
);

-- Several secrets may be valid side by side while a client changes over.
CREATE TABLE client_secrets (
    client_id  TEXT   NOT NULL REFERENCES clients (id),
    digest     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (client_id, digest)
);

CREATE TABLE sign_ons (
    id               TEXT   NOT NULL PRIMARY KEY,
    cookie_digest    BYTEA  NOT NULL UNIQUE,
    person_id        TEXT   NOT NULL,
    started_at       BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    last_seen_at     BIGINT NOT NULL,
    ends_at          BIGINT NOT NULL,
    level            BIGINT NOT NULL,
    methods          TEXT   NOT NULL,
    address          TEXT   NOT NULL,
    ended_at         BIGINT
);
CREATE INDEX sign_ons_by_person ON sign_ons (person_id);

-- One row for each redeemed code: its UNIQUE digest is what makes a code single
-- use, and the row is the audit record of a silent sign-on too.
CREATE TABLE grants (
    id               TEXT   NOT NULL PRIMARY KEY,
    code_digest      BYTEA  NOT NULL UNIQUE,
    client_id        TEXT   NOT NULL,
    person_id        TEXT   NOT NULL,
    sign_on_id       TEXT   NOT NULL,
    position_id      TEXT,
    sub              TEXT   NOT NULL,
    scope            TEXT   NOT NULL,
    claims           TEXT,
    authenticated_at BIGINT NOT NULL,
    acr              TEXT   NOT NULL,
    methods          TEXT   NOT NULL,
    issued_at        BIGINT NOT NULL,
    address          TEXT   NOT NULL,
    request_id       TEXT   NOT NULL,
    offline          BIGINT NOT NULL,
    mac              BYTEA  NOT NULL,
    revoked_at       BIGINT
);
CREATE INDEX grants_by_sign_on ON grants (sign_on_id);

-- A token of a public client is replaced when used; a replaced one may yield
-- another successor until one of its successors is used.
CREATE TABLE refresh_tokens (
    digest         BYTEA  NOT NULL PRIMARY KEY,
    grant_id       TEXT   NOT NULL,
    parent         BYTEA,
    issued_at      BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    replaced_at    BIGINT,
    used_successor BYTEA
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);

-- What a client knows a person as; fixed when first issued.
CREATE TABLE subjects (
    sector    TEXT NOT NULL,
    person_id TEXT NOT NULL,
    sub       TEXT NOT NULL,
    PRIMARY KEY (sector, person_id),
    UNIQUE (sector, sub)
);

CREATE TABLE consents (
    person_id  TEXT   NOT NULL,
    client_id  TEXT   NOT NULL,
    scope      TEXT   NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, client_id)
);

-- The position that a person acts in at a client: for good, or as long as the
-- named sign-on lasts.
CREATE TABLE position_choices (
    person_id   TEXT   NOT NULL,
    client_id   TEXT   NOT NULL,
    position_id TEXT   NOT NULL,
    sign_on_id  TEXT,
    chosen_at   BIGINT NOT NULL,
    PRIMARY KEY (person_id, client_id)
);

-- The outbox of back-channel logout: written with the sign-out, delivered after.
CREATE TABLE logout_deliveries (
    id           TEXT   NOT NULL PRIMARY KEY,
    client_id    TEXT   NOT NULL,
    sign_on_id   TEXT   NOT NULL,
    sub          TEXT   NOT NULL,
    uri          TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    delivered_at BIGINT,
    dead_at      BIGINT,
    last_answer  TEXT
);
CREATE INDEX logout_deliveries_due ON logout_deliveries (next_at);
CREATE INDEX logout_deliveries_by_sign_on ON logout_deliveries (sign_on_id);

-- Append-only. The MAC shows that a row was written by a node of this install.
CREATE TABLE audit (
    id         TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    actor      TEXT,
    person_id  TEXT,
    client_id  TEXT,
    address    TEXT,
    request_id TEXT,
    detail     TEXT   NOT NULL,
    mac        BYTEA  NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);

-- What other nodes must forget: read by all of them twice a second.
CREATE TABLE changes (
    id      TEXT   NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    kind    TEXT   NOT NULL,
    subject TEXT   NOT NULL
);
CREATE INDEX changes_by_time ON changes (at);

-- A job runs on the node that holds its lease.
CREATE TABLE job_leases (
    name       TEXT   NOT NULL PRIMARY KEY,
    holder     TEXT   NOT NULL,
    held_until BIGINT NOT NULL
);
