-- Two persons who are one. Whoever was merged stays whole, with their name, their
-- ways to sign in and their history, and cannot sign in while merged_into says whom
-- they were merged into.
ALTER TABLE persons ADD COLUMN merged_into TEXT;

-- Nobody is merged twice at a time.
CREATE UNIQUE INDEX person_merges_open ON person_merges (merged_id) WHERE undone_at IS NULL;

-- version is the one that the people came to by the merge: merges have one order by it.
-- undone_why and stayed (JSON) say why it was undone, and what was changed since and stays.
ALTER TABLE person_merges ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person_merges ADD COLUMN undone_why TEXT NOT NULL DEFAULT '';
ALTER TABLE person_merges ADD COLUMN stayed TEXT NOT NULL DEFAULT '[]';
CREATE INDEX person_merges_by_version ON person_merges (version);
