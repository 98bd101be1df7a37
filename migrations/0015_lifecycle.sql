-- Accounts follow posts: who left, who has not been here for long, whose data is gone, and who
-- still needs what they may enter.

-- One row for each person who ever signed in, or whose account a job has shut. disabled_at is the
-- moment at which that was done: while persons.disabled_at is the same, nobody did anything since.
-- It stands apart from persons, which a sign-in holds but does not write.
CREATE TABLE lifecycles (
    person_id         TEXT   NOT NULL PRIMARY KEY,
    last_signed_in_at BIGINT,
    warned_at         BIGINT,
    disabled_at       BIGINT,
    disabled_why      TEXT,
    erased_at         BIGINT
);
CREATE INDEX lifecycles_by_sign_in ON lifecycles (last_signed_in_at, person_id) WHERE last_signed_in_at IS NOT NULL;
INSERT INTO lifecycles (person_id, last_signed_in_at)
SELECT seen.person_id, MAX(seen.at)
  FROM (SELECT person_id, authenticated_at AS at FROM sign_ons
         UNION ALL
        SELECT person_id, last_at AS at FROM devices) AS seen
 GROUP BY seen.person_id;

-- One row: how far the job has looked for people without a post. version and within: sets of
-- changes, and the last person of the set after that version. day and day_within: the last day
-- whose ends were looked at, and the last person of the day after it. grace_days is what it
-- looked with: with another grace it begins anew.
CREATE TABLE lifecycle_cursor (
    grace_days BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    within     TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    day_within TEXT   NOT NULL
);
INSERT INTO lifecycle_cursor (grace_days, version, within, day, day_within) VALUES (0, 0, '', '', '');

-- Whose post ends on a day.
CREATE INDEX positions_by_end ON positions (valid_to, person_id) WHERE valid_to IS NOT NULL;

-- A round in which units say who keeps what they may enter: one a quarter. What there is to answer
-- is written down first; step and after say how far that is, listed_at when it was done.
CREATE TABLE access_reviews (
    id        TEXT   NOT NULL PRIMARY KEY,
    quarter   TEXT   NOT NULL UNIQUE,
    begun_at  BIGINT NOT NULL,
    begun_by  TEXT   NOT NULL,
    begun_on  TEXT   NOT NULL,
    due_on    TEXT   NOT NULL,
    step      TEXT   NOT NULL,
    after     TEXT   NOT NULL,
    listed_at BIGINT,
    closed_at BIGINT
);
CREATE INDEX access_reviews_open ON access_reviews (begun_at) WHERE closed_at IS NULL;

-- One right of one person. answer is absent until somebody says something; removing stands while
-- the right is taken back, and is gone on with when that was stopped in the middle.
CREATE TABLE access_review_items (
    id          TEXT   NOT NULL PRIMARY KEY,
    review_id   TEXT   NOT NULL,
    unit_id     TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    grant_id    TEXT   NOT NULL,
    person_id   TEXT   NOT NULL,
    client_id   TEXT,
    role        TEXT   NOT NULL,
    bound_unit  TEXT,
    granted_at  BIGINT NOT NULL,
    used_at     BIGINT,
    answer      TEXT,
    answered_by TEXT,
    answered_at BIGINT,
    reason      TEXT   NOT NULL DEFAULT '',
    UNIQUE (review_id, kind, grant_id)
);
CREATE INDEX access_review_items_by_unit ON access_review_items (review_id, unit_id, person_id, id);

-- Who was written to about a round, each time once.
CREATE TABLE access_review_letters (
    review_id TEXT   NOT NULL,
    person_id TEXT   NOT NULL,
    step      BIGINT NOT NULL,
    sent_at   BIGINT NOT NULL,
    PRIMARY KEY (review_id, person_id, step)
);
