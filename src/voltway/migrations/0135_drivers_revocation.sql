-- What issuers say of contract certificates (OCSP), and which certificates cars showed.

-- The authorities between the roots and the contracts, as they were seen in chains that held.
CREATE TABLE contract_authority (
    party_id  uuid        NOT NULL REFERENCES party,
    sha256    text        NOT NULL,
    pem       text        NOT NULL,
    subject   text        NOT NULL,
    not_after timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,
    PRIMARY KEY (party_id, sha256)
);
SELECT protect('contract_authority');

-- Contract certificates that cars showed, named as OCSP names them: by the hash (SHA-256) of their
-- issuer's key, and their number.
CREATE TABLE contract_certificate (
    id         uuid        NOT NULL UNIQUE,
    party_id   uuid        NOT NULL REFERENCES party,
    key_hash   text        NOT NULL,
    serial     text        NOT NULL,
    emaid      text        NOT NULL,            -- without gaps and check digit
    issuer     text        NOT NULL,
    not_after  timestamptz NOT NULL,
    first_at   timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    station_id uuid        NOT NULL,            -- where it was seen last
    state      text        NOT NULL CHECK (state IN ('good', 'revoked', 'unchecked')),
    checked_at timestamptz,                     -- when its issuer said so
    PRIMARY KEY (party_id, key_hash, serial)
);
CREATE INDEX contract_certificate_ends ON contract_certificate (not_after);
SELECT protect('contract_certificate');

-- What issuers said last. An answer counts until next_update; one that says revoked counts always.
CREATE TABLE ocsp_answer (
    party_id    uuid        NOT NULL REFERENCES party,
    algorithm   text        NOT NULL,
    name_hash   text        NOT NULL,
    key_hash    text        NOT NULL,
    serial      text        NOT NULL,
    word        text        NOT NULL CHECK (word IN ('good', 'revoked', 'unknown')),
    said_at     timestamptz NOT NULL,
    next_update timestamptz,
    asked_at    timestamptz NOT NULL,
    der         bytea       NOT NULL,
    PRIMARY KEY (party_id, name_hash, key_hash, serial)
);
CREATE INDEX ocsp_answer_asked ON ocsp_answer (asked_at);
SELECT protect('ocsp_answer');

CREATE VIEW contract_authority_view WITH (security_invoker = true) AS
    SELECT party_id, sha256, subject, not_after, seen_at FROM contract_authority;

CREATE VIEW contract_certificate_view WITH (security_invoker = true) AS
    SELECT c.id, c.party_id, c.key_hash, c.serial, c.emaid, c.issuer, c.not_after, c.first_at, c.seen_at,
           c.station_id, c.state, c.checked_at, s.identity, s.location_name
      FROM contract_certificate c LEFT JOIN station_view s ON s.id = c.station_id;
