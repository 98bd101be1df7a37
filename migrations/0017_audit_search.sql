-- Searching the records, ten million of them and more, newest first.
--
-- Who did it and to whom have their indexes already. An event, a client and
-- an address are few words over many rows: with the moment behind them, a page
-- of the newest is read from one end. The number of a request is what people
-- read out from an error page. Grants are written on the silent path of every
-- sign-on and get no more than they must have: the moment, and the client
-- before it, where new rows always come last. Their addresses and requests are
-- looked for within the days of a search, which has a bound.

CREATE INDEX audit_by_event ON audit (event, at);
CREATE INDEX audit_by_client ON audit (client_id, at) WHERE client_id IS NOT NULL;
CREATE INDEX audit_by_address ON audit (address, at) WHERE address IS NOT NULL;
CREATE INDEX audit_by_request ON audit (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX grants_by_time ON grants (issued_at);
CREATE INDEX grants_by_client ON grants (client_id, issued_at);

-- How far the chain was told to a collector elsewhere: the last number that is
-- known to have got there.
CREATE TABLE audit_streams (
    name     TEXT   NOT NULL PRIMARY KEY,
    seq      BIGINT NOT NULL,
    moved_at BIGINT NOT NULL
);
INSERT INTO audit_streams (name, seq, moved_at) VALUES ('syslog', 0, 0);
