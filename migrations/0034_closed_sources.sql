-- When a source was closed, or opened again, last: no sign-on that had begun through it by then counts any more, also
-- once it is open again. Empty for one that was never closed.
ALTER TABLE legacy_sources ADD COLUMN closed_at BIGINT;
UPDATE legacy_sources SET closed_at = stopped_at WHERE stopped_at IS NOT NULL;

-- What is still open of a source that is closed is found by the source.
CREATE INDEX sign_ons_by_source ON sign_ons (legacy_source, ends_at) WHERE legacy_source IS NOT NULL;

-- Through which old system a device became known. While that is so it counts where its person signs in through that
-- system, and nowhere else; empty for a device on which they came in by a way of their own.
ALTER TABLE devices ADD COLUMN legacy_source TEXT;

-- The order in which the passwords of a source stand in for those of names that nobody has: even, whatever its
-- accounts are called. Empty for what was kept before, until it is set, wrapped or rewritten.
ALTER TABLE legacy_passwords ADD COLUMN decoy_order TEXT NOT NULL DEFAULT '';
CREATE INDEX legacy_passwords_by_decoy_order ON legacy_passwords (source, decoy_order)
    WHERE retired_at IS NULL AND state <> 'unknown';
