-- Money that is charged for something else than one charge: a top-up of a balance, a bill that is owed.
-- Noted before the provider is asked, as a payment is.

CREATE TABLE collection (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    holder       uuid        NOT NULL,         -- who pays: a driver's id, or a customer's
    purpose      text        NOT NULL CHECK (purpose IN ('top_up', 'debt')),
    account      text        NOT NULL,         -- of the books, that it is credited to
    about        text        NOT NULL,         -- what it is for: holder:…, statement:…
    description  text        NOT NULL,         -- as the payer reads it
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    once         text        NOT NULL,         -- the key of who asked
    provider     text        NOT NULL,
    method_id    uuid        REFERENCES payment_method,  -- none: on the provider's page
    return_url   text        NOT NULL,
    cancel_url   text        NOT NULL,
    state        text        NOT NULL
                 CHECK (state IN ('asked', 'awaiting', 'held', 'leaving', 'done', 'declined',
                                  'expired')),
    provider_ref text,
    hosted_url   text,
    why          text,                         -- why nothing was taken
    trouble      text,                         -- why there is no answer yet
    asked_at     timestamptz NOT NULL,
    tried_at     timestamptz NOT NULL,
    ended_at     timestamptz,
    entry_id     uuid        UNIQUE,
    UNIQUE (party_id, once),
    CHECK ((state IN ('done', 'declined', 'expired')) = (ended_at IS NOT NULL)),
    CHECK ((state = 'done') = (entry_id IS NOT NULL))
);
CREATE INDEX collection_open ON collection (tried_at) WHERE ended_at IS NULL;
CREATE INDEX collection_recent ON collection (party_id, asked_at DESC);
CREATE INDEX collection_named ON collection (provider, provider_ref)
    WHERE provider_ref IS NOT NULL;
CREATE INDEX collection_holder ON collection (party_id, holder, asked_at DESC);
SELECT protect('collection');

CREATE VIEW collection_view WITH (security_invoker = true) AS
    SELECT id, party_id, holder, purpose, account, about, description, amount_minor, currency,
           provider, method_id, state, provider_ref, hosted_url, why, trouble, asked_at, tried_at,
           ended_at, entry_id
      FROM collection;
