-- Shares that are sent from our balance at a provider to the accounts of others there.

CREATE TABLE transfer (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    provider     text        NOT NULL,
    destination  text        NOT NULL CHECK (destination <> ''),  -- the provider's name for it
    about        uuid        NOT NULL,         -- the document that says what is owed
    number       text        NOT NULL,         -- of that document
    owed         text        NOT NULL,         -- the account of the books that it settles
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    asked_by     text        NOT NULL,
    asked_at     timestamptz NOT NULL,
    tried_at     timestamptz NOT NULL,
    trouble      text,                         -- why there is no answer yet
    state        text        NOT NULL CHECK (state IN ('asked', 'done', 'declined')),
    provider_ref text,
    why          text,                         -- why the provider said no
    entry_id     uuid        UNIQUE,
    ended_at     timestamptz,
    CHECK ((state = 'asked') = (ended_at IS NULL)),
    CHECK ((state = 'done') = (provider_ref IS NOT NULL)),
    CHECK ((state = 'done') = (entry_id IS NOT NULL))
);
-- Nothing is sent twice for one document; after a no it may be tried again.
CREATE UNIQUE INDEX transfer_about ON transfer (about) WHERE state <> 'declined';
CREATE UNIQUE INDEX transfer_named ON transfer (party_id, provider, provider_ref)
    WHERE provider_ref IS NOT NULL;
CREATE INDEX transfer_open ON transfer (tried_at) WHERE state = 'asked';
CREATE INDEX transfer_recent ON transfer (party_id, asked_at DESC);
SELECT protect('transfer');

CREATE VIEW transfer_view WITH (security_invoker = true) AS
    SELECT id, party_id, provider, destination, about, number, owed, amount_minor, currency,
           asked_by, asked_at, tried_at, trouble, state, provider_ref, why, entry_id, ended_at
      FROM transfer;

ALTER TABLE payout_line DROP CONSTRAINT payout_line_kind_check;
ALTER TABLE payout_line ADD CONSTRAINT payout_line_kind_check
    CHECK (kind IN ('capture', 'refund', 'dispute', 'transfer', 'fee', 'other'));
