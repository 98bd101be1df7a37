-- Figures that are kept with a run of a plan: what was shown before it was applied is shown afterwards too.

-- people: how many are gone through, told when the staging begins. tally is a document of what it comes to:
-- units, people by unit and from unit to unit, roles, clients; none until everybody is staged.
CREATE TABLE plan_figures (
    run    TEXT   NOT NULL PRIMARY KEY REFERENCES plan_runs (id),
    people BIGINT NOT NULL,
    tally  TEXT
);
