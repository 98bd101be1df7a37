-- Rights: requests that wait for a second person, grants with days and a reason, and the account for the worst day.

-- A dangerous act that somebody asks for and another one lets happen. It is taken
-- once, in the act's own transaction. requested_role and requested_bound say as
-- what it was asked: whoever holds that no more has asked for nothing.
CREATE TABLE approvals (
    id              TEXT   NOT NULL PRIMARY KEY,
    act             TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    payload         TEXT   NOT NULL,
    digest          BYTEA  NOT NULL,
    reason          TEXT   NOT NULL,
    requested_by    TEXT   NOT NULL,
    requested_role  TEXT   NOT NULL,
    requested_bound TEXT   NOT NULL,
    requested_at    BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    decision        TEXT,
    decided_by      TEXT,
    decided_at      BIGINT,
    decided_reason  TEXT   NOT NULL DEFAULT ''
);
-- The same thing is asked for once at a time; the digest is over act, subject and payload.
CREATE UNIQUE INDEX approvals_open ON approvals (digest) WHERE decided_at IS NULL;
CREATE INDEX approvals_by_time ON approvals (requested_at);

-- Why somebody may enter, and on which days. Both days count; absent ones are open.
-- used_at is when the right last let its owner in, noted by a job.
ALTER TABLE role_grants ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE role_grants ADD COLUMN valid_from TEXT;
ALTER TABLE role_grants ADD COLUMN valid_to TEXT;
ALTER TABLE role_grants ADD COLUMN used_at BIGINT;
CREATE INDEX role_grants_by_client ON role_grants (client_id, role);

-- One row: the last grant that the job which notes uses has read.
CREATE TABLE right_uses (
    read_to TEXT NOT NULL PRIMARY KEY
);
INSERT INTO right_uses (read_to) VALUES ('');

-- 1: an account for the day on which nobody else can come in. All that it does
-- is told to every system administrator, and it needs no second person.
ALTER TABLE admin_roles ADD COLUMN break_glass BIGINT NOT NULL DEFAULT 0;
ALTER TABLE admin_roles ADD COLUMN reason TEXT NOT NULL DEFAULT '';

-- What that account did, each thing once: entry is the row of the records that says so.
CREATE TABLE alarms (
    entry     TEXT   NOT NULL PRIMARY KEY,
    person_id TEXT   NOT NULL,
    event     TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    told_at   BIGINT NOT NULL
);
CREATE INDEX alarms_by_time ON alarms (at);

-- What somebody did, by time.
CREATE INDEX IF NOT EXISTS audit_by_actor ON audit (actor, at);
