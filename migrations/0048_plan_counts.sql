-- What was counted of how far plans are prepared; and which of the corrections of units correct nothing.

-- Figures of a plan, or of a stage of it (empty for the whole plan), for which everybody is gone through. basis is the
-- first part of the plan's digest then: with people_version it says of what undecided is, whatever the time. The other
-- figures also rest on accounts and on who signed in, of which no version tells: they are counted again after a while.
CREATE TABLE plan_counts (
    plan           TEXT   NOT NULL REFERENCES plans (name),
    stage          TEXT   NOT NULL,
    basis          TEXT   NOT NULL,
    people_version BIGINT NOT NULL,
    people         BIGINT NOT NULL,
    owners         BIGINT NOT NULL,
    arrived        BIGINT NOT NULL,
    recent         BIGINT NOT NULL,
    accounts       BIGINT NOT NULL,
    linked         BIGINT NOT NULL,
    waiting        BIGINT NOT NULL,
    undecided      BIGINT NOT NULL,
    counted_at     BIGINT NOT NULL,
    PRIMARY KEY (plan, stage)
);

-- is_first: not 0 for what a plan that was applied after its day said of a unit that begins with it. Nothing was said of
-- the unit before, so that this corrects nothing; but until then nobody knew it.
ALTER TABLE registry_corrections ADD COLUMN is_first BIGINT NOT NULL DEFAULT 0;

UPDATE registry_corrections SET is_first = 1
 WHERE way = 'plan' AND about <> 'succession' AND said_before IS NULL
   AND EXISTS (SELECT 1 FROM registry_corrections u
                WHERE u.unit_id = registry_corrections.unit_id AND u.version_after = registry_corrections.version_after
                  AND u.about = 'unit' AND u.said_before IS NULL);

UPDATE registry_corrections SET is_first = 1
 WHERE way = 'plan' AND about = 'succession' AND said_before IS NULL
   AND EXISTS (SELECT 1 FROM registry_corrections u
                WHERE u.unit_id = registry_corrections.other_id AND u.version_after = registry_corrections.version_after
                  AND u.about = 'unit' AND u.said_before IS NULL);
