-- Where the departments of units that a plan divides sit: rules may go by that.

-- department is empty for the unit's own seat, which stands for departments that have none
-- of their own. told_by counts as one who said where people go, once a rule goes by it.
CREATE TABLE plan_seats (
    plan       TEXT   NOT NULL REFERENCES plans (name),
    from_unit  TEXT   NOT NULL,
    department TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    told_by    TEXT   NOT NULL,
    told_at    BIGINT NOT NULL,
    PRIMARY KEY (plan, from_unit, department)
);

-- Only posts whose department sits at an address with these words.
ALTER TABLE plan_rules ADD COLUMN seat TEXT;
