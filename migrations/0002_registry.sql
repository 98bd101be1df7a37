-- Units have an immutable id; their codes, names and parents are dated.
-- A missing valid_from is an unknown start. A missing valid_to is open, unless
-- ended_by says that the unit was certainly gone before that date.
CREATE TABLE units (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    valid_from TEXT,
    valid_to   TEXT,
    ended_by   TEXT
);

CREATE TABLE unit_codes (
    unit_id    TEXT NOT NULL REFERENCES units (id),
    scheme     TEXT NOT NULL,
    code       TEXT NOT NULL,
    valid_from TEXT,
    valid_to   TEXT,
    ended_by   TEXT
);
CREATE INDEX unit_codes_by_code ON unit_codes (scheme, code);
CREATE INDEX unit_codes_by_unit ON unit_codes (unit_id);

-- usage: official (the name on papers) or variant (another spelling seen).
CREATE TABLE unit_names (
    unit_id    TEXT NOT NULL REFERENCES units (id),
    name       TEXT NOT NULL,
    usage      TEXT NOT NULL,
    valid_from TEXT,
    valid_to   TEXT,
    ended_by   TEXT
);
CREATE INDEX unit_names_by_unit ON unit_names (unit_id);

CREATE TABLE unit_parents (
    unit_id    TEXT NOT NULL REFERENCES units (id),
    parent_id  TEXT NOT NULL REFERENCES units (id),
    valid_from TEXT,
    valid_to   TEXT,
    ended_by   TEXT
);
CREATE INDEX unit_parents_by_unit ON unit_parents (unit_id);

-- relation: whole, part (of a commune); within, cross (of a dissolved district);
-- earlier (a unit of before the 2025 registry, known by weaker evidence).
CREATE TABLE successions (
    from_unit TEXT NOT NULL REFERENCES units (id),
    to_unit   TEXT NOT NULL REFERENCES units (id),
    relation  TEXT NOT NULL,
    effective TEXT,
    source    TEXT NOT NULL,
    PRIMARY KEY (from_unit, to_unit)
);

-- One row: raised by every change of the registry.
CREATE TABLE registry_version (
    version    BIGINT NOT NULL PRIMARY KEY,
    changed_at BIGINT NOT NULL
);
INSERT INTO registry_version (version, changed_at) VALUES (0, 0);
