-- What the reading of a directory that is under way has seen: who is known and
-- not in it when it ends is not there any more. It goes with the next reading.
CREATE TABLE ldap_seen (
    source    TEXT NOT NULL REFERENCES ldap_syncs (source) ON DELETE CASCADE,
    legacy_id TEXT NOT NULL,
    PRIMARY KEY (source, legacy_id)
);

-- Since when the owner of an account wants to sign in, while its directory is
-- away, by what was learnt at an earlier sign-in.
ALTER TABLE legacy_accounts ADD COLUMN offline_since BIGINT;
CREATE INDEX legacy_verifiers_by_time ON legacy_verifiers (learnt_at);
