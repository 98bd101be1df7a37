-- Records that say more, for what the provider has learnt since.

-- The version rises with every change, so that no change undoes another.
ALTER TABLE clients ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- Resources, details and what a grant is bound to. The MAC of a grant is over
-- every column but revoked_at.
ALTER TABLE grants ADD COLUMN extent TEXT;

-- A public client's token is bound to the key that it was given to.
ALTER TABLE refresh_tokens ADD COLUMN confirmation TEXT;
CREATE INDEX IF NOT EXISTS refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE INDEX sign_ons_by_end ON sign_ons (ends_at);

-- Only what is due is looked for every second; only what is done is removed.
DROP INDEX logout_deliveries_due;
CREATE INDEX logout_deliveries_due ON logout_deliveries (next_at) WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX logout_deliveries_done ON logout_deliveries (delivered_at) WHERE delivered_at IS NOT NULL;

-- Nodes read changes on by seq, since their clocks differ; two changes at once
-- may have one number.
ALTER TABLE changes ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
CREATE INDEX changes_by_seq ON changes (seq);

-- One row: raised by every set that is applied, so that sets have one order.
CREATE TABLE people_version (
    version    BIGINT NOT NULL PRIMARY KEY,
    changed_at BIGINT NOT NULL
);
INSERT INTO people_version (version, changed_at) VALUES (0, 0);

-- A set is applied only while based_on is the people's version still: nobody is
-- overwritten unseen. version is the one that the set made.
ALTER TABLE change_sets ADD COLUMN based_on BIGINT NOT NULL DEFAULT 0;
ALTER TABLE change_sets ADD COLUMN version BIGINT;
CREATE INDEX change_sets_by_version ON change_sets (version);
