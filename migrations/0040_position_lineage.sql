-- The post that a post goes on from, after a re-organization: roles that are bound
-- to the earlier one count in the later one.
ALTER TABLE positions ADD COLUMN follows TEXT;

-- Who works in a unit, some people at a time, in the order of their ids.
DROP INDEX IF EXISTS positions_by_unit;
CREATE INDEX positions_by_unit ON positions (unit_id, person_id);
