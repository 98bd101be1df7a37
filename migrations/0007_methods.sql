-- More ways to prove who one is: authenticator apps, recovery codes, passkeys; and
-- passwords that were used before.

-- One authenticator app a person. It counts from confirmed_at on; a code is good
-- once: last_step is the highest time step that was taken (RFC 6238 §5.2).
CREATE TABLE totp_secrets (
    person_id    TEXT   NOT NULL PRIMARY KEY,
    secret       BYTEA  NOT NULL,
    last_step    BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT,
    used_at      BIGINT
);

-- Codes of a printed sheet; a new sheet replaces the old one.
CREATE TABLE recovery_codes (
    person_id  TEXT   NOT NULL,
    digest     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT,
    PRIMARY KEY (person_id, digest)
);

-- credential is the library's own record, with the public key and the counter.
CREATE TABLE passkeys (
    credential_id TEXT   NOT NULL PRIMARY KEY,
    person_id     TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    credential    TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    used_at       BIGINT
);
CREATE INDEX passkeys_by_person ON passkeys (person_id);

-- So that an old password is not taken again.
CREATE TABLE password_history (
    person_id   TEXT   NOT NULL,
    hash        TEXT   NOT NULL,
    replaced_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, hash)
);

-- What a sign-on was made with, in three words (kind, system, browser), for its owner to recognise.
ALTER TABLE sign_ons ADD COLUMN device TEXT NOT NULL DEFAULT '';
