-- When a directory was last read to its end, with all that it says. While it is away, what was learnt of people
-- counts for a day from then on: nobody knows for longer whom it has disabled. Empty for one that was never read so.
ALTER TABLE ldap_syncs ADD COLUMN done_at BIGINT;
