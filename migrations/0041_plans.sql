-- Re-organization by plan: what becomes of units, and of the people in them, on one day.

-- A plan, as it was registered. author first showed it, and may not approve it.
CREATE TABLE plans (
    name          TEXT   NOT NULL PRIMARY KEY,
    title         TEXT   NOT NULL,
    effective     TEXT   NOT NULL,
    text          TEXT   NOT NULL,
    text_digest   TEXT   NOT NULL,
    author        TEXT   NOT NULL,
    registered_at BIGINT NOT NULL,
    withdrawn_at  BIGINT,
    withdrawn_by  TEXT
);

-- Somebody else let exactly that happen which digest is over. stage is empty for
-- the whole plan. The versions are those at which the effect was looked at.
-- waits_why: its day came, and it could not be applied by itself.
CREATE TABLE plan_approvals (
    id               TEXT   NOT NULL PRIMARY KEY,
    plan             TEXT   NOT NULL REFERENCES plans (name),
    stage            TEXT   NOT NULL,
    digest           TEXT   NOT NULL,
    registry_version BIGINT NOT NULL,
    people_version   BIGINT NOT NULL,
    accept_open      BIGINT NOT NULL,
    approved_by      TEXT   NOT NULL,
    approved_at      BIGINT NOT NULL,
    used_at          BIGINT,
    revoked_at       BIGINT,
    waits_why        TEXT
);
CREATE INDEX plan_approvals_by_plan ON plan_approvals (plan, approved_at);
-- One approval waits at a time: a later one takes the earlier one's place.
CREATE UNIQUE INDEX plan_approvals_waiting ON plan_approvals (plan, stage) WHERE used_at IS NULL AND revoked_at IS NULL;

-- A plan as it is carried out: staged in batches up to cursor, then made to count
-- by one short write, and perhaps taken back by another. edits and scopes are
-- documents: what was done to units and to administrators, for taking it back;
-- ended is one too: what each unit that ended left to whoever worked there.
-- swept: up to this version of the people nobody is in one of those units.
-- restored_at: accounts that were shut because of it are open again.
CREATE TABLE plan_runs (
    id              TEXT   NOT NULL PRIMARY KEY,
    plan            TEXT   NOT NULL REFERENCES plans (name),
    stage           TEXT   NOT NULL,
    approval        TEXT   NOT NULL,
    digest          TEXT   NOT NULL,
    change_set      TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    cursor          TEXT   NOT NULL,
    started_at      BIGINT NOT NULL,
    started_by      TEXT   NOT NULL,
    touched_at      BIGINT NOT NULL,
    holder          TEXT   NOT NULL,
    people          BIGINT NOT NULL,
    posts           BIGINT NOT NULL,
    open_posts      BIGINT NOT NULL,
    edits           TEXT,
    scopes          TEXT,
    ended           TEXT,
    swept           BIGINT NOT NULL DEFAULT 0,
    registry_before BIGINT NOT NULL,
    registry_after  BIGINT,
    applied_at      BIGINT,
    undo_set        TEXT,
    undone_at       BIGINT,
    undone_by       TEXT,
    restored_at     BIGINT,
    reason          TEXT   NOT NULL DEFAULT '',
    lane            BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX plan_runs_by_plan ON plan_runs (plan, started_at);
-- A stage is carried out once, unless it was taken back; and the whole city does
-- one such thing at a time.
CREATE UNIQUE INDEX plan_runs_live ON plan_runs (plan, stage) WHERE state IN ('staging', 'applied', 'undoing');
CREATE UNIQUE INDEX plan_runs_busy ON plan_runs (lane) WHERE state IN ('staging', 'undoing');

-- Where a post goes on whose unit is divided or dissolved: a human said so.
CREATE TABLE plan_decisions (
    plan        TEXT   NOT NULL REFERENCES plans (name),
    person_id   TEXT   NOT NULL,
    position_id TEXT   NOT NULL,
    unit_id     TEXT   NOT NULL,
    decision_no TEXT   NOT NULL,
    decided_by  TEXT   NOT NULL,
    decided_at  BIGINT NOT NULL,
    source      TEXT   NOT NULL,
    PRIMARY KEY (plan, position_id)
);

-- The same for all posts of a department or title of a unit; the first that fits counts.
CREATE TABLE plan_rules (
    id          TEXT   NOT NULL PRIMARY KEY,
    plan        TEXT   NOT NULL REFERENCES plans (name),
    ordinal     BIGINT NOT NULL,
    from_unit   TEXT   NOT NULL,
    department  TEXT,
    title       TEXT,
    to_unit     TEXT   NOT NULL,
    decision_no TEXT   NOT NULL,
    made_by     TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    removed_at  BIGINT
);
CREATE INDEX plan_rules_by_plan ON plan_rules (plan, ordinal);

-- Posts that a run ended and did not let go on, since nobody had said where. They
-- count once the run does; a row goes when somebody decides. candidates is a list of units.
CREATE TABLE plan_open (
    run         TEXT NOT NULL REFERENCES plan_runs (id),
    person_id   TEXT NOT NULL,
    position_id TEXT NOT NULL,
    from_unit   TEXT NOT NULL,
    candidates  TEXT NOT NULL,
    PRIMARY KEY (run, position_id)
);
CREATE INDEX plan_open_by_person ON plan_open (person_id, run);
CREATE INDEX plan_open_by_unit ON plan_open (run, from_unit, position_id);

-- What was decided after a run was applied, each in a set of its own: taken back with the run.
CREATE TABLE plan_late (
    run         TEXT   NOT NULL REFERENCES plan_runs (id),
    change_set  TEXT   NOT NULL,
    person_id   TEXT   NOT NULL,
    position_id TEXT   NOT NULL,
    unit_id     TEXT   NOT NULL,
    decision_no TEXT   NOT NULL,
    decided_by  TEXT   NOT NULL,
    decided_at  BIGINT NOT NULL,
    PRIMARY KEY (run, position_id)
);

-- Sets that let posts go on which were told into a unit after a run had ended it: taken back with the run.
CREATE TABLE plan_latecomers (
    run        TEXT NOT NULL REFERENCES plan_runs (id),
    change_set TEXT NOT NULL,
    PRIMARY KEY (run, change_set)
);

-- Taking a plan back removes units: whatever names them from the other side is found by an index.
CREATE INDEX unit_parents_by_parent ON unit_parents (parent_id);
CREATE INDEX successions_by_to ON successions (to_unit);
