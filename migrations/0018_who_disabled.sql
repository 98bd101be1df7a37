-- Who ended somebody's access last, and as what: whoever stands below them does not
-- give it back. The row holds while disabled_at is that of the person, and stays when
-- access is given back, so that it is known how many one administrator disabled of
-- late. role and bound are empty where a job did it; alone is 1 where no second
-- person let it happen.
CREATE TABLE disablings (
    person_id   TEXT   NOT NULL PRIMARY KEY,
    disabled_at BIGINT NOT NULL,
    disabled_by TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    bound       TEXT   NOT NULL,
    alone       BIGINT NOT NULL
);
CREATE INDEX disablings_by_doer ON disablings (disabled_by, disabled_at);

-- How many requests of one administrator wait, and what waits or was decided, by time.
CREATE INDEX approvals_of_asker ON approvals (requested_by) WHERE decided_at IS NULL;
CREATE INDEX approvals_decided ON approvals (decided_at, id) WHERE decided_at IS NOT NULL;
