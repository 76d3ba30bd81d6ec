-- Payment terminals of stations: what their own acquirer holds and takes, as the stations tell it.

-- One card that a terminal took, by its acquirer's name for that. To the payments, a hold of the provider
-- “terminal”.
CREATE TABLE terminal_hold (
    id             uuid        PRIMARY KEY,
    party_id       uuid        NOT NULL REFERENCES party,
    station_id     uuid        NOT NULL,
    psp_ref        text        NOT NULL CHECK (length(psp_ref) BETWEEN 1 AND 255),
    token_uid      text        NOT NULL,
    transaction_ref text,                       -- the station's name for its transaction
    payment_id     uuid        UNIQUE REFERENCES payment,  -- none before its transaction began
    held_minor     bigint      NOT NULL CHECK (held_minor > 0),
    state          text        NOT NULL
                   CHECK (state IN ('held', 'settled', 'canceled', 'rejected', 'failed')),
    settled_minor  bigint      NOT NULL DEFAULT 0 CHECK (settled_minor >= 0),
    card_brand     text,
    card_last4     text        CHECK (card_last4 ~ '^[0-9]{4}$'),   -- never more of a card than this
    told_at        timestamptz NOT NULL,
    ended_at       timestamptz,
    UNIQUE (party_id, psp_ref),
    CHECK ((state = 'held') = (ended_at IS NULL)),
    CHECK ((state = 'settled') = (settled_minor > 0))
);
CREATE INDEX terminal_hold_station ON terminal_hold (station_id, told_at DESC);
CREATE INDEX terminal_hold_transaction ON terminal_hold (station_id, transaction_ref)
    WHERE state = 'held';
SELECT protect('terminal_hold');

-- Every settlement that a station told, as it told it, and what became of it.
CREATE TABLE terminal_settlement (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    station_id    uuid        NOT NULL,
    psp_ref       text        NOT NULL,
    status        text        NOT NULL,
    amount        text        NOT NULL,         -- as it was told, in the party's currency
    settled_at    timestamptz,
    said          text        NOT NULL DEFAULT '',
    receipt_id    text        NOT NULL DEFAULT '',
    receipt_url   text        NOT NULL DEFAULT '',
    vat_number    text        NOT NULL DEFAULT '',
    vat_company   text        NOT NULL DEFAULT '',
    verdict       text        NOT NULL,
    told_at       timestamptz NOT NULL
);
CREATE INDEX terminal_settlement_told ON terminal_settlement (party_id, told_at DESC);
CREATE INDEX terminal_settlement_ref ON terminal_settlement (party_id, psp_ref);
SELECT protect('terminal_settlement');

CREATE VIEW terminal_hold_view WITH (security_invoker = true) AS
    SELECT id, party_id, station_id, psp_ref, transaction_ref, payment_id, held_minor, state,
           settled_minor, card_brand, card_last4, told_at, ended_at
      FROM terminal_hold;

CREATE VIEW terminal_settlement_view WITH (security_invoker = true) AS
    SELECT id, party_id, station_id, psp_ref, status, amount, settled_at, said, receipt_id,
           receipt_url, vat_number, vat_company, verdict, told_at
      FROM terminal_settlement;
