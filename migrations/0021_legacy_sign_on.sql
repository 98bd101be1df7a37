-- Through which old system a sign-on was made. While that is so it opens the
-- systems of that source and no other; empty for whoever proved themselves here.
ALTER TABLE sign_ons ADD COLUMN legacy_source TEXT;

-- Since when an account of an old system opens nothing any more: its person has
-- a way to sign in of their own.
ALTER TABLE legacy_accounts ADD COLUMN retired_at BIGINT;
