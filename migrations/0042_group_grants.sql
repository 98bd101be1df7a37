-- Roles for whoever has a post in a unit, and what a role asks of the sign-on in which it counts.

-- below 1: in every unit under it too. title is as typed, title_key as compared;
-- both are empty where any title counts. Both days count; absent ones are open.
-- What was taken back, or is over, stays as a record of who could enter what, and when.
CREATE TABLE group_grants (
    id          TEXT   NOT NULL PRIMARY KEY,
    client_id   TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    unit_id     TEXT   NOT NULL,
    below       BIGINT NOT NULL,
    title       TEXT   NOT NULL,
    title_key   TEXT   NOT NULL,
    least_level BIGINT,
    office_only BIGINT NOT NULL,
    valid_from  TEXT,
    valid_to    TEXT,
    reason      TEXT   NOT NULL,
    granted_at  BIGINT NOT NULL,
    granted_by  TEXT   NOT NULL,
    revoked_at  BIGINT,
    revoked_by  TEXT
);
-- The same is given once at a time, also by two at once.
CREATE UNIQUE INDEX group_grants_open
    ON group_grants (client_id, role, unit_id, below, title_key, COALESCE(least_level, 0), office_only,
                     COALESCE(valid_from, ''), COALESCE(valid_to, ''))
    WHERE revoked_at IS NULL;
CREATE INDEX group_grants_by_unit ON group_grants (unit_id);

-- The level that the sign-on must have reached, and 1: only from the network of an office.
ALTER TABLE role_grants ADD COLUMN least_level BIGINT;
ALTER TABLE role_grants ADD COLUMN office_only BIGINT NOT NULL DEFAULT 0;
