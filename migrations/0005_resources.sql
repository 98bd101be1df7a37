-- Protected resources (RFC 8707): APIs that tokens are for. Their settings are
-- one document, read whole; there are dozens, not thousands.
CREATE TABLE resources (
    identifier TEXT   NOT NULL PRIMARY KEY,
    settings   TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);
