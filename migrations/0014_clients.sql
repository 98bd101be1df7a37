-- Receipts of sign-outs are looked through by administrators: the few that were
-- not answered are found among the many that were, and those of one system.
CREATE INDEX logout_deliveries_open ON logout_deliveries (id) WHERE delivered_at IS NULL;
CREATE INDEX logout_deliveries_by_client ON logout_deliveries (client_id, id);
