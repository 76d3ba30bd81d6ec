-- Card readers at a place that we drive through their provider, and who pays at which now.

CREATE TABLE card_reader (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    provider    text        NOT NULL,
    ref         text        NOT NULL CHECK (ref <> ''),      -- the provider's name for it
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    location_id uuid        NOT NULL REFERENCES location,
    set_by      text        NOT NULL,
    set_at      timestamptz NOT NULL,
    removed_at  timestamptz
);
SELECT protect('card_reader');
-- One reader stands at one place, whoever shares the account.
CREATE UNIQUE INDEX card_reader_once ON card_reader (provider, ref) WHERE removed_at IS NULL;
CREATE INDEX card_reader_place ON card_reader (location_id) WHERE removed_at IS NULL;

-- The bays that it serves; without one it serves all of its place.
CREATE TABLE card_reader_evse (
    reader_id uuid NOT NULL REFERENCES card_reader,
    evse_id   uuid NOT NULL REFERENCES evse,
    party_id  uuid NOT NULL REFERENCES party,
    PRIMARY KEY (reader_id, evse_id)
);
SELECT protect('card_reader_evse');

-- A payment at a reader. Until it is over nobody else may pay there: a provider replaces what a
-- reader shows without a word.
CREATE TABLE card_reader_use (
    payment_id uuid        PRIMARY KEY REFERENCES payment,
    reader_id  uuid        NOT NULL REFERENCES card_reader,
    party_id   uuid        NOT NULL REFERENCES party,
    stage      text        NOT NULL CHECK (stage IN ('asking', 'showing', 'stopped', 'leaving')),
    trouble    text,                                         -- why it shows nothing, if it does not
    tells      integer     NOT NULL DEFAULT 0,               -- how often it was told something
    asked_at   timestamptz NOT NULL,
    until      timestamptz NOT NULL,                         -- then the driver is taken to be gone
    over_at    timestamptz
);
SELECT protect('card_reader_use');
CREATE UNIQUE INDEX card_reader_use_one ON card_reader_use (reader_id) WHERE over_at IS NULL;

CREATE VIEW card_reader_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.provider, r.ref, r.name, r.location_id, r.set_by, r.set_at,
           (SELECT array_agg(e.evse_id ORDER BY e.evse_id) FROM card_reader_evse e
             WHERE e.reader_id = r.id) AS evses
      FROM card_reader r
     WHERE r.removed_at IS NULL;
