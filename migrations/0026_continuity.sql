-- Whose account of an old system a subject is: the source, for a subject that was
-- kept from there; nothing for one of our own.
ALTER TABLE subjects ADD COLUMN source TEXT;

-- Who still leans on a legacy identifier is asked by source. Units are not of a
-- source but of a former province, so a use of them names the province's code.
CREATE INDEX legacy_uses_by_source ON legacy_uses (source, kind, client_id);
CREATE INDEX legacy_uses_by_person ON legacy_uses (person_id);
