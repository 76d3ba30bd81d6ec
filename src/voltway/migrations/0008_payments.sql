-- Payments: one row a visit, one row for each thing asked of a provider, one for each webhook.

CREATE TABLE payment (
    id                uuid        PRIMARY KEY,
    party_id          uuid        NOT NULL REFERENCES party,
    visit_key         text        NOT NULL UNIQUE CHECK (length(visit_key) >= 20),  -- unguessable
    evse_id           uuid        NOT NULL,
    station_id        uuid        NOT NULL,
    token_uid         text        NOT NULL,
    tariff_version_id uuid        NOT NULL,        -- the price that the driver was shown
    locale            text        NOT NULL,
    email             text,                        -- for the receipt only
    session_id        uuid,
    session_ended_at  timestamptz,
    order_id          uuid,
    provider          text        NOT NULL,
    provider_ref      text,
    hosted_url        text,
    return_url        text        NOT NULL,
    cancel_url        text        NOT NULL,
    description       text        NOT NULL,
    state             text        NOT NULL,
    hold_minor        bigint      NOT NULL CHECK (hold_minor > 0),
    captured_minor    bigint      NOT NULL DEFAULT 0,
    refunded_minor    bigint      NOT NULL DEFAULT 0,
    currency          text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    card_brand        text,
    card_last4        text CHECK (card_last4 ~ '^[0-9]{4}$'),   -- never more of a card than this
    card_wallet       text,
    created_at        timestamptz NOT NULL,
    held_at           timestamptz,
    ended_at          timestamptz,
    expires_at        timestamptz,
    hold_open         boolean     NOT NULL DEFAULT false,
    why               text,
    looked_at         timestamptz,                 -- when we last looked at the provider's side
    limit_look_at     timestamptz,                 -- when its running cost is worth a look again
    CHECK (captured_minor BETWEEN 0 AND hold_minor),
    CHECK (refunded_minor BETWEEN 0 AND captured_minor)
);
CREATE UNIQUE INDEX payment_provider_ref ON payment (provider, provider_ref);
CREATE UNIQUE INDEX payment_token ON payment (party_id, lower(token_uid));
CREATE UNIQUE INDEX payment_session ON payment (session_id);
CREATE INDEX payment_evse ON payment (evse_id, created_at);
CREATE INDEX payment_created ON payment (party_id, created_at);
CREATE INDEX payment_moving ON payment (state)
    WHERE state NOT IN ('captured', 'released', 'declined', 'expired') OR hold_open;

-- What was asked of a provider: committed before it is asked, answered after. Nothing is asked
-- without its row, so a crash between the two leaves a trace that the sweep follows.
CREATE TABLE payment_step (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    payment_id   uuid        NOT NULL REFERENCES payment,
    verb         text        NOT NULL CHECK (verb IN ('hold', 'capture', 'release', 'refund')),
    once         text        NOT NULL UNIQUE,      -- the key that the provider honours
    amount_minor bigint      NOT NULL CHECK (amount_minor >= 0),
    reason       text        NOT NULL DEFAULT '',
    asked_at     timestamptz NOT NULL,
    tries        integer     NOT NULL DEFAULT 1,
    tried_at     timestamptz NOT NULL,
    answered_at  timestamptz,
    answer       text,
    detail       text,
    last_trouble text,
    CHECK ((answered_at IS NULL) = (answer IS NULL))
);
CREATE INDEX payment_step_payment ON payment_step (payment_id, asked_at);
CREATE INDEX payment_step_open ON payment_step (tried_at) WHERE answered_at IS NULL;
-- At most one capture of a payment can ever have been done.
CREATE UNIQUE INDEX payment_captured_once ON payment_step (payment_id)
    WHERE verb = 'capture' AND answer = 'done';

CREATE TABLE webhook_event (
    provider    text        NOT NULL,
    event_id    text        NOT NULL,
    party_id    uuid        NOT NULL REFERENCES party,
    payment_id  uuid        NOT NULL REFERENCES payment,
    kind        text        NOT NULL,
    received_at timestamptz NOT NULL,
    acted_at    timestamptz,
    PRIMARY KEY (provider, event_id)
);
CREATE INDEX webhook_event_payment ON webhook_event (payment_id);

SELECT protect('payment');
SELECT protect('payment_step');
SELECT protect('webhook_event');

CREATE VIEW payment_view WITH (security_invoker = true) AS
    SELECT id, party_id, evse_id, station_id, session_id, token_uid, tariff_version_id, locale,
           provider, provider_ref, state, hold_minor, captured_minor, refunded_minor, currency,
           card_brand, card_last4, card_wallet, created_at, held_at, ended_at, hold_open, why,
           email IS NOT NULL AS wants_receipt
      FROM payment;

CREATE VIEW payment_step_view WITH (security_invoker = true) AS
    SELECT id, party_id, payment_id, verb, amount_minor, reason, asked_at, tries, tried_at,
           answered_at, answer, detail, last_trouble
      FROM payment_step;

