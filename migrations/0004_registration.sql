-- Clients that register themselves: who may, and what they registered.

-- An invitation: good for some registrations, until it ends.
CREATE TABLE initial_access_tokens (
    id         TEXT   NOT NULL PRIMARY KEY,
    digest     BYTEA  NOT NULL UNIQUE,
    uses_left  BIGINT NOT NULL,
    issued_at  BIGINT NOT NULL,
    issued_by  TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

-- One row while a client looks after its own registration; the row goes when
-- the client removes itself, and its token with it.
CREATE TABLE client_registrations (
    client_id     TEXT   NOT NULL PRIMARY KEY REFERENCES clients (id),
    token_digest  BYTEA  NOT NULL,
    metadata      TEXT   NOT NULL,
    registered_at BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL
);

-- Pictures of clients, fetched once so that pages never lead to another site.
CREATE TABLE client_logos (
    client_id    TEXT   NOT NULL PRIMARY KEY REFERENCES clients (id),
    content_type TEXT   NOT NULL,
    image        BYTEA  NOT NULL,
    fetched_at   BIGINT NOT NULL
);
