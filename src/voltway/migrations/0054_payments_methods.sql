-- Ways to pay that somebody saved at a provider, to be charged later without them.

-- One thing that can be charged: a card, by the provider's names for it. Whose it is, the room above
-- knows: a driver's id, or a customer's.
CREATE TABLE payment_method (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    holder       uuid        NOT NULL,
    provider     text        NOT NULL,
    customer_ref text        NOT NULL CHECK (customer_ref <> ''),
    method_ref   text        NOT NULL CHECK (method_ref <> ''),
    card_brand   text,
    card_last4   text        CHECK (card_last4 ~ '^[0-9]{4}$'),   -- never more of a card than this
    card_wallet  text,
    is_default   boolean     NOT NULL DEFAULT false,
    saved_at     timestamptz NOT NULL,
    refused_at   timestamptz,                 -- when its bank last said no
    refused      text,                        -- why, in the provider's words
    forgotten_at timestamptz,                 -- charged no more
    let_go_at    timestamptz,                 -- the provider has forgotten it, too
    CHECK (NOT is_default OR forgotten_at IS NULL)
);
CREATE UNIQUE INDEX payment_method_named ON payment_method (party_id, provider, method_ref);
CREATE UNIQUE INDEX payment_method_default ON payment_method (party_id, holder) WHERE is_default;
CREATE INDEX payment_method_holder ON payment_method (party_id, holder);
CREATE INDEX payment_method_leaving ON payment_method (forgotten_at)
    WHERE forgotten_at IS NOT NULL AND let_go_at IS NULL;
SELECT protect('payment_method');

-- A visit to the provider's page on which a method is saved: noted before the page is asked for.
CREATE TABLE method_saving (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    holder       uuid        NOT NULL,
    provider     text        NOT NULL,
    state        text        NOT NULL
                 CHECK (state IN ('asked', 'awaiting', 'saved', 'declined', 'expired')),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    return_url   text        NOT NULL,
    cancel_url   text        NOT NULL,
    provider_ref text,
    hosted_url   text,
    why          text,
    method_id    uuid        REFERENCES payment_method,
    begun_at     timestamptz NOT NULL,
    looked_at    timestamptz NOT NULL,
    ended_at     timestamptz,
    CHECK ((state = 'saved') = (method_id IS NOT NULL)),
    CHECK ((state IN ('asked', 'awaiting')) = (ended_at IS NULL))
);
CREATE INDEX method_saving_open ON method_saving (looked_at) WHERE ended_at IS NULL;
SELECT protect('method_saving');

CREATE VIEW payment_method_view WITH (security_invoker = true) AS
    SELECT id, party_id, holder, provider, card_brand, card_last4, card_wallet, is_default,
           saved_at, refused_at, refused
      FROM payment_method WHERE forgotten_at IS NULL;

-- A token whose charges one method pays, whatever the holder's default is: the car's own card.
CREATE TABLE token_method (
    token_id  uuid PRIMARY KEY,
    party_id  uuid NOT NULL REFERENCES party,
    method_id uuid NOT NULL REFERENCES payment_method
);
SELECT protect('token_method');

-- A payment by a saved method; where its session began with the driver's own token, that is shown
-- again and again, while a visit's was made for it alone.
ALTER TABLE payment ADD COLUMN method_id uuid REFERENCES payment_method;
ALTER TABLE payment ADD COLUMN own_token boolean NOT NULL DEFAULT false;
ALTER TABLE payment ADD CONSTRAINT payment_own_token CHECK (NOT own_token OR method_id IS NOT NULL);
DROP INDEX payment_token;
CREATE UNIQUE INDEX payment_token ON payment (party_id, lower(token_uid)) WHERE NOT own_token;
CREATE INDEX payment_by_method ON payment (method_id) WHERE method_id IS NOT NULL;
