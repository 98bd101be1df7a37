-- When somebody was let in again last: no job shuts them out for what was before. The
-- records say so too, but only until they are moved into files.
ALTER TABLE lifecycles ADD COLUMN enabled_at BIGINT;
INSERT INTO lifecycles (person_id, enabled_at)
SELECT e.person_id, MAX(e.at)
  FROM audit e JOIN persons p ON p.id = e.person_id
 WHERE e.event = 'person.enabled'
 GROUP BY e.person_id
    ON CONFLICT (person_id) DO UPDATE SET enabled_at = excluded.enabled_at;

-- Codes that were used: who let whom back in is asked for as a whole.
CREATE INDEX recoveries_used ON recoveries (used_at) WHERE used_at IS NOT NULL;
