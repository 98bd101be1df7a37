-- Words about where people go on that counted and do not any more, because somebody else took them back or decided otherwise.

-- word is the id of a rule, or of the post that was decided about; unit the one into which it led. Whoever undid it
-- changed where people go as much as whoever says something, and does not approve that; whoever takes their own word
-- back does not stand here.
CREATE TABLE plan_unsaid (
    plan      TEXT   NOT NULL REFERENCES plans (name),
    word      TEXT   NOT NULL,
    unit      TEXT   NOT NULL,
    undone_by TEXT   NOT NULL,
    undone_at BIGINT NOT NULL,
    PRIMARY KEY (plan, word, unit, undone_by)
);
