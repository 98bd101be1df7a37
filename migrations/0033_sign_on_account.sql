-- Which account of its old system a sign-on was made through. That one is asked about, confirmed or disputed, and has
-- to open something still; a person may have several there. Empty for whoever proved themselves here, and for sign-ons
-- from before this was kept.
ALTER TABLE sign_ons ADD COLUMN legacy_id TEXT;
