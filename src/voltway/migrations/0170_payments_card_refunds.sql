-- A part of what a card paid for a bill, given back to it. Noted before the provider is asked, and reserved
-- meanwhile, so that nobody gives it back a second time.

CREATE TABLE card_refund (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    collection_id uuid        NOT NULL REFERENCES collection,  -- by which the bill was paid
    about         text        NOT NULL,        -- what it is taken off: receipt:…
    amount_minor  bigint      NOT NULL CHECK (amount_minor > 0),
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason        text        NOT NULL CHECK (reason <> ''),
    once          text        NOT NULL,        -- the key of who asked
    provider      text        NOT NULL,
    hold_ref      text        NOT NULL,        -- the provider's name for what it took
    asked_by      text        NOT NULL,
    state         text        NOT NULL CHECK (state IN ('asked', 'done', 'declined')),
    provider_ref  text,                        -- the provider's name for what it gave back
    why           text,                        -- why it gave nothing back
    trouble       text,                        -- why there is no answer yet
    asked_at      timestamptz NOT NULL,
    tried_at      timestamptz NOT NULL,
    ended_at      timestamptz,
    document_id   uuid        UNIQUE,          -- the credit note that says it
    entry_id      uuid        UNIQUE,
    UNIQUE (party_id, once),
    CHECK ((state = 'asked') = (ended_at IS NULL)),
    CHECK ((state = 'done') = (entry_id IS NOT NULL)),
    CHECK ((state = 'done') = (provider_ref IS NOT NULL)),
    CHECK (state = 'done' OR document_id IS NULL),
    CHECK ((state = 'declined') = (why IS NOT NULL))
);
CREATE INDEX card_refund_open ON card_refund (tried_at) WHERE ended_at IS NULL;
CREATE INDEX card_refund_of ON card_refund (collection_id);
CREATE INDEX card_refund_about ON card_refund (party_id, about, asked_at);
SELECT protect('card_refund');

CREATE INDEX collection_about ON collection (party_id, about) WHERE purpose = 'debt';

CREATE VIEW card_refund_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.collection_id, c.about AS paid_for, c.description, r.about,
           r.amount_minor, r.currency, r.reason, r.provider, r.asked_by, r.state, r.provider_ref,
           r.why, r.trouble, r.asked_at, r.tried_at, r.ended_at, r.document_id, r.entry_id
      FROM card_refund r JOIN collection c ON c.id = r.collection_id;
