-- What of a balance is paid back to where it came from. Noted before the provider is asked, and reserved
-- meanwhile, so that no charge spends it.

ALTER TABLE prepaid_move DROP CONSTRAINT prepaid_move_kind_check;
ALTER TABLE prepaid_move ADD CONSTRAINT prepaid_move_kind_check
    CHECK (kind IN ('top_up', 'voucher', 'charge', 'refund', 'correction', 'paid_back'));

CREATE TABLE prepaid_payback (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL,
    holder        uuid        NOT NULL,
    collection_id uuid        NOT NULL REFERENCES collection,  -- the top-up that it gives back
    amount_minor  bigint      NOT NULL CHECK (amount_minor > 0),
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    wanted_minor  bigint      NOT NULL CHECK (wanted_minor > 0),  -- of the whole order
    once          text        NOT NULL,        -- the key of the order; it may reach several top-ups
    provider      text        NOT NULL,
    hold_ref      text        NOT NULL,        -- the provider's name for the top-up
    asked_by      text        NOT NULL,
    state         text        NOT NULL CHECK (state IN ('asked', 'done', 'declined')),
    provider_ref  text,                        -- the provider's name for what it gave back
    why           text,                        -- why it gave nothing back
    trouble       text,                        -- why there is no answer yet
    asked_at      timestamptz NOT NULL,
    tried_at      timestamptz NOT NULL,
    ended_at      timestamptz,
    entry_id      uuid        UNIQUE,
    UNIQUE (party_id, once, collection_id),
    CHECK ((state = 'asked') = (ended_at IS NULL)),
    CHECK ((state = 'done') = (entry_id IS NOT NULL)),
    FOREIGN KEY (party_id, holder) REFERENCES prepaid
);
CREATE INDEX prepaid_payback_open ON prepaid_payback (tried_at) WHERE ended_at IS NULL;
CREATE INDEX prepaid_payback_of ON prepaid_payback (collection_id);
CREATE INDEX prepaid_payback_holder ON prepaid_payback (party_id, holder, asked_at DESC);
SELECT protect('prepaid_payback');

CREATE VIEW prepaid_payback_view WITH (security_invoker = true) AS
    SELECT id, party_id, holder, collection_id, amount_minor, currency, provider, asked_by, state,
           provider_ref, why, trouble, asked_at, tried_at, ended_at, entry_id
      FROM prepaid_payback;

CREATE VIEW prepaid_move_view WITH (security_invoker = true) AS
    SELECT m.id, m.party_id, m.holder, m.kind, m.amount_minor, m.balance_minor, p.currency, m.about,
           m.said, m.entry_id, m.at
      FROM prepaid_move m JOIN prepaid p ON p.party_id = m.party_id AND p.holder = m.holder;
