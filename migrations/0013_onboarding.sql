-- Units that begin: the template of posts, what its runs gave, and files of codes.

-- The template, one row for each version of it; the newest counts. The posts are
-- one document: they are read and changed together.
CREATE TABLE unit_templates (
    version    BIGINT NOT NULL PRIMARY KEY,
    posts      TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT   NOT NULL
);

-- A run of the template: what it would give is written down first, and exactly
-- that is given later. digest is over all of it, and comes back with the form
-- that applies it. made_role and made_bound say as what somebody made it:
-- whoever holds that no more makes nobody an administrator by it.
CREATE TABLE onboardings (
    id           TEXT   NOT NULL PRIMARY KEY,
    posts        TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    digest       BYTEA  NOT NULL,
    made_at      BIGINT NOT NULL,
    made_by      TEXT   NOT NULL,
    made_role    TEXT   NOT NULL,
    made_bound   TEXT   NOT NULL,
    discarded_at BIGINT
);
CREATE INDEX onboardings_by_time ON onboardings (made_at);

-- One unit of a run, which is given everything at once or nothing. named holds
-- who was named for its posts by hand. changed_at is set when the unit was found
-- to be another than the preview says: then nothing was given.
CREATE TABLE onboarding_units (
    run_id     TEXT   NOT NULL REFERENCES onboardings (id),
    unit_id    TEXT   NOT NULL,
    named      TEXT   NOT NULL,
    plan       TEXT   NOT NULL,
    digest     BYTEA  NOT NULL,
    people     BIGINT NOT NULL,
    rights     BIGINT NOT NULL,
    appoints   BIGINT NOT NULL,
    left_out   BIGINT NOT NULL,
    changed_at BIGINT,
    applied_at BIGINT,
    applied_by TEXT,
    undone_at  BIGINT,
    undone_by  TEXT,
    PRIMARY KEY (run_id, unit_id)
);

-- What a run gave, so that exactly that is taken back. kept_at is set when an
-- undo found it changed by somebody else, and left it.
CREATE TABLE onboarding_gifts (
    run_id    TEXT   NOT NULL,
    unit_id   TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    grant_id  TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    client_id TEXT,
    role      TEXT,
    kept_at   BIGINT,
    PRIMARY KEY (kind, grant_id)
);
CREATE INDEX onboarding_gifts_by_unit ON onboarding_gifts (run_id, unit_id);

-- A file of units' codes: read and checked first, applied as it was shown while
-- the registry is still at based_on, and taken back as a whole. kept lists what
-- an undo found changed since.
CREATE TABLE code_files (
    id           TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,
    digest       BYTEA  NOT NULL,
    based_on     BIGINT NOT NULL,
    changes      TEXT   NOT NULL,
    skipped      BIGINT NOT NULL,
    made_at      BIGINT NOT NULL,
    made_by      TEXT   NOT NULL,
    discarded_at BIGINT,
    applied_at   BIGINT,
    applied_by   TEXT,
    undone_at    BIGINT,
    undone_by    TEXT,
    kept         TEXT
);
CREATE INDEX code_files_by_time ON code_files (made_at);

-- Who works in a unit, and who administers it.
CREATE INDEX IF NOT EXISTS positions_by_unit ON positions (unit_id);
CREATE INDEX IF NOT EXISTS admin_roles_by_unit ON admin_roles (unit_id) WHERE revoked_at IS NULL;
