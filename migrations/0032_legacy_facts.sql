-- What the words of an old account mean, beside the words as they were given, so that it can be asked for. Nothing where
-- nobody has read them yet: the next file, sign-in or matching does.

-- When it was last used there: files write that in several forms, which have no order as texts.
ALTER TABLE legacy_accounts ADD COLUMN last_login_ms BIGINT;

-- Whether it could be used there: active, disabled or unknown.
ALTER TABLE legacy_accounts ADD COLUMN status_read TEXT;

-- The unit that was meant, as it was on the day as of which the source is read. unit_id is what became of it since.
ALTER TABLE legacy_accounts ADD COLUMN unit_from TEXT;
