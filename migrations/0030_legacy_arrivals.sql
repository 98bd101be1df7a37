-- Somebody who comes through an old system waits while their account is decided: what
-- that asks for is found by indexes, however many people and accounts there are.

-- The words of the name, folded and sorted, as names are compared by. Nothing where
-- nobody has read it yet, which whoever looks for a name does first; and where all that
-- was known of the person was removed.
ALTER TABLE person_facts ADD COLUMN name_sorted TEXT;
CREATE INDEX person_facts_by_name ON person_facts (name_sorted) WHERE name_sorted IS NOT NULL;
CREATE INDEX person_facts_unread ON person_facts (person_id, change_set) WHERE name_sorted IS NULL;

-- Whether an e-mail address stands beside several names.
CREATE INDEX person_facts_by_email ON person_facts (LOWER(email));
CREATE INDEX legacy_accounts_by_email ON legacy_accounts (LOWER(email));

-- The newest accounts of a name of which nothing is decided, also of one that very many have.
DROP INDEX legacy_accounts_by_name;
CREATE INDEX legacy_accounts_by_name ON legacy_accounts (name_sorted, decision, changed_at);
