-- Tokens: what a driver shows.

CREATE TABLE token (
    id                uuid        PRIMARY KEY,
    party_id          uuid        NOT NULL REFERENCES party,
    uid               text        NOT NULL CHECK (uid <> ''),   -- as it was given to us
    sameness          text        NOT NULL,                     -- see drivers.rules.sameness
    kind              text        NOT NULL CHECK (kind IN ('rfid', 'app', 'ad_hoc', 'contract')),
    label             text        NOT NULL DEFAULT '',
    status            text        NOT NULL CHECK (status IN ('active', 'blocked', 'expired')),
    valid_until       timestamptz,
    tariff_version_id uuid,                  -- the price that this driver was shown, if any
    email             text,
    created_at        timestamptz NOT NULL
);
CREATE UNIQUE INDEX token_of_party ON token (party_id, sameness);
SELECT protect('token');

CREATE VIEW token_view WITH (security_invoker = true) AS
SELECT id, party_id, uid, kind, label, status, valid_until, tariff_version_id, email, created_at
  FROM token;
