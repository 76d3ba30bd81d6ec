-- Drivers, fleets, and the contracts that say for whom a token stands.

CREATE TABLE driver (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    name       text        NOT NULL CHECK (name <> ''),
    email      text,
    created_at timestamptz NOT NULL
);
CREATE INDEX driver_party ON driver (party_id, id);

CREATE TABLE fleet (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    name       text        NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL,
    UNIQUE (party_id, name)
);

-- A contract of a driver, of a fleet, or of a driver of a fleet (OCPI: the token's contract_id).
CREATE TABLE contract (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    ident      text        NOT NULL CHECK (ident <> ''),
    driver_id  uuid        REFERENCES driver,
    fleet_id   uuid        REFERENCES fleet,
    created_at timestamptz NOT NULL,
    UNIQUE (party_id, ident)
);

ALTER TABLE token ADD COLUMN contract_id uuid REFERENCES contract;
CREATE INDEX token_contract ON token (contract_id) WHERE contract_id IS NOT NULL;

SELECT protect('driver');
SELECT protect('fleet');
SELECT protect('contract');

CREATE OR REPLACE VIEW token_view WITH (security_invoker = true) AS
SELECT id, party_id, uid, kind, label, status, valid_until, tariff_version_id, email, created_at,
       contract_id
  FROM token;

CREATE VIEW driver_view WITH (security_invoker = true) AS
SELECT id, party_id, name, email, created_at FROM driver;

CREATE VIEW fleet_view WITH (security_invoker = true) AS
SELECT id, party_id, name, created_at FROM fleet;

CREATE VIEW contract_view WITH (security_invoker = true) AS
SELECT c.id, c.party_id, c.ident, c.driver_id, c.fleet_id, c.created_at,
       d.name AS driver_name, f.name AS fleet_name,
       (SELECT count(*) FROM token t WHERE t.contract_id = c.id)::int AS tokens
  FROM contract c
  LEFT JOIN driver d ON d.id = c.driver_id
  LEFT JOIN fleet f ON f.id = c.fleet_id;
