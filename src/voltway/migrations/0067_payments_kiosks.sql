-- Stand-alone payment terminals, and the platforms that run them (OCPI 2.3.0, module payments).

-- A platform of payment terminals that speaks to us by OCPI. Its key is kept as a hash.
CREATE TABLE terminal_provider (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    name        text        NOT NULL CHECK (name <> ''),
    secret_hash bytea       NOT NULL,
    made_at     timestamptz NOT NULL,
    revoked_at  timestamptz
);
SELECT protect('terminal_provider');

-- One terminal, as its platform told of it, and the bays that may be paid for at it.
CREATE TABLE kiosk (
    provider_id uuid        NOT NULL REFERENCES terminal_provider,
    terminal_id text        NOT NULL CHECK (length(terminal_id) BETWEEN 1 AND 36),
    party_id    uuid        NOT NULL REFERENCES party,
    document    text        NOT NULL,          -- JSON, what we keep of what was told
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (provider_id, terminal_id)
);
SELECT protect('kiosk');

CREATE TABLE kiosk_evse (
    provider_id uuid NOT NULL,
    terminal_id text NOT NULL,
    evse_id     uuid NOT NULL,
    party_id    uuid NOT NULL REFERENCES party,
    PRIMARY KEY (provider_id, terminal_id, evse_id),
    FOREIGN KEY (provider_id, terminal_id) REFERENCES kiosk
);
SELECT protect('kiosk_evse');

-- Each confirmation of what was taken, as it was told, once.
CREATE TABLE terminal_advice (
    provider_id uuid        NOT NULL REFERENCES terminal_provider,
    id          text        NOT NULL CHECK (length(id) BETWEEN 1 AND 36),
    party_id    uuid        NOT NULL REFERENCES party,
    document    text        NOT NULL,
    told_at     timestamptz NOT NULL,
    PRIMARY KEY (provider_id, id)
);
SELECT protect('terminal_advice');

ALTER TABLE terminal_hold ADD COLUMN provider_id uuid REFERENCES terminal_provider;
ALTER TABLE terminal_settlement ALTER COLUMN station_id DROP NOT NULL;
CREATE INDEX terminal_hold_provider ON terminal_hold (provider_id) WHERE provider_id IS NOT NULL;

CREATE OR REPLACE VIEW terminal_hold_view WITH (security_invoker = true) AS
    SELECT id, party_id, station_id, psp_ref, transaction_ref, payment_id, held_minor, state,
           settled_minor, card_brand, card_last4, told_at, ended_at, provider_id
      FROM terminal_hold;

CREATE VIEW kiosk_view WITH (security_invoker = true) AS
    SELECT k.provider_id, k.terminal_id, k.party_id, p.name AS provider, k.document, k.changed_at,
           p.revoked_at,
           (SELECT array_agg(e.evse_id ORDER BY e.evse_id) FROM kiosk_evse e
             WHERE e.provider_id = k.provider_id AND e.terminal_id = k.terminal_id) AS evses
      FROM kiosk k JOIN terminal_provider p ON p.id = k.provider_id;

CREATE VIEW terminal_provider_view WITH (security_invoker = true) AS
    SELECT id, party_id, name, made_at, revoked_at FROM terminal_provider;
