-- The order of the records. Audit rows and grants are written side by side by
-- every node; a job lines them up, once they are old enough that nothing comes
-- before them any more: each entry's link is over the one before it, its
-- number and the digest of its row, and its MAC says which node's key stood by.

CREATE TABLE audit_chain (
    seq    BIGINT NOT NULL PRIMARY KEY,
    kind   TEXT   NOT NULL,
    row_id TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    digest BYTEA  NOT NULL,
    link   BYTEA  NOT NULL,
    mac    BYTEA  NOT NULL,
    UNIQUE (kind, row_id)
);
CREATE INDEX audit_chain_by_time ON audit_chain (at);

-- A signature over the chain as far as seq, one for each time that something
-- was added. Everything before through had been looked for by then.
CREATE TABLE audit_seals (
    seq     BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    through BIGINT NOT NULL,
    kid     TEXT   NOT NULL,
    seal    TEXT   NOT NULL
);

-- What seals are signed with: a key that signs nothing else.
CREATE TABLE audit_keys (
    kid         TEXT   NOT NULL PRIMARY KEY,
    private_key BYTEA  NOT NULL,
    public_jwk  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

-- Months whose entries lie in a file and no longer in the database; seal is
-- signed, and holds the digest of the file.
CREATE TABLE audit_segments (
    month     TEXT   NOT NULL PRIMARY KEY,
    first_seq BIGINT NOT NULL UNIQUE,
    last_seq  BIGINT NOT NULL UNIQUE,
    seal      TEXT   NOT NULL
);
