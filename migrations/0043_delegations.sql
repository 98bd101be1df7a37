-- A post whose powers its holder handed to somebody else for a time. The post of
-- whoever acts for them is told as every post is; what is here says whether it
-- counts: while ended_at is empty, on these days, and as long as the one who
-- handed it over still holds the post.
CREATE TABLE delegations (
    position_id TEXT   NOT NULL PRIMARY KEY,
    of_position TEXT   NOT NULL,
    of_person   TEXT   NOT NULL,
    to_person   TEXT   NOT NULL,
    valid_from  TEXT   NOT NULL,
    valid_to    TEXT   NOT NULL,
    decision_no TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT
);
CREATE INDEX delegations_by_giver ON delegations (of_person);
CREATE INDEX delegations_by_taker ON delegations (to_person);
CREATE INDEX delegations_by_end ON delegations (ended_at) WHERE ended_at IS NOT NULL;
