-- Payments as operators watch them: what is looked for, sums by the quarter of an hour, and alarms.

CREATE INDEX payment_held ON payment (party_id, held_at) WHERE held_at IS NOT NULL;
CREATE INDEX payment_ended ON payment (party_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX payment_card ON payment (party_id, card_last4, created_at) WHERE card_last4 IS NOT NULL;
CREATE INDEX payment_token_tail ON payment (party_id, reverse(lower(token_uid)) text_pattern_ops);
CREATE INDEX payment_step_answered ON payment_step (party_id, answered_at)
    WHERE answered_at IS NOT NULL;

-- What was held, declined and taken in each quarter of an hour that is over. A row never changes.
CREATE TABLE payment_quarter (
    party_id          uuid        NOT NULL REFERENCES party,
    at                timestamptz NOT NULL,    -- when the quarter began
    location_id       uuid        NOT NULL,
    method            text        NOT NULL,    -- the wallet, else the brand of the card
    tariff_version_id uuid        NOT NULL,
    currency          text        NOT NULL,
    held              integer     NOT NULL,
    declined          integer     NOT NULL,
    captured          integer     NOT NULL,
    captured_minor    bigint      NOT NULL,
    PRIMARY KEY (party_id, at, location_id, method, tariff_version_id, currency)
);
SELECT protect('payment_quarter');

-- How far the quarters of a party are summed up.
CREATE TABLE payment_summed (
    party_id uuid        PRIMARY KEY REFERENCES party,
    until    timestamptz NOT NULL
);
SELECT protect('payment_summed');

-- Something about payments that a person should look at, for as long as it is so.
CREATE TABLE payment_alarm (
    id        uuid        PRIMARY KEY,
    party_id  uuid        NOT NULL REFERENCES party,
    kind      text        NOT NULL,
    about     text        NOT NULL,            -- kind:id of what it is about
    said      text        NOT NULL,
    raised_at timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,            -- when it was so last
    closed_at timestamptz
);
CREATE UNIQUE INDEX payment_alarm_open ON payment_alarm (party_id, kind, about)
    WHERE closed_at IS NULL;
CREATE INDEX payment_alarm_recent ON payment_alarm (party_id, seen_at DESC);
SELECT protect('payment_alarm');

CREATE VIEW payment_quarter_view WITH (security_invoker = true) AS
    SELECT party_id, at, location_id, method, tariff_version_id, currency, held, declined, captured,
           captured_minor
      FROM payment_quarter;

CREATE VIEW payment_summed_view WITH (security_invoker = true) AS
    SELECT party_id, until FROM payment_summed;

CREATE VIEW payment_alarm_view WITH (security_invoker = true) AS
    SELECT id, party_id, kind, about, said, raised_at, seen_at, closed_at FROM payment_alarm;

-- A payment with what became of it at the provider afterwards.
CREATE VIEW payment_monitor_view WITH (security_invoker = true) AS
    SELECT p.id, p.party_id, p.visit_key, p.evse_id, p.station_id, p.session_id, p.token_uid,
           p.tariff_version_id, p.provider, p.provider_ref, p.state, p.hold_minor, p.captured_minor,
           p.refunded_minor, p.currency, p.card_brand, p.card_last4, p.card_wallet, p.created_at,
           p.held_at, p.ended_at, p.expires_at, p.hold_open, p.why,
           (SELECT min(o.posted_at)
              FROM payout_line l
              JOIN payout o ON o.party_id = l.party_id AND o.provider = l.provider
                           AND o.ref = l.payout_ref
             WHERE l.payment_id = p.id AND l.kind = 'capture') AS paid_out_at,
           EXISTS (SELECT FROM payout_line l
                    WHERE l.payment_id = p.id AND l.kind = 'dispute') AS disputed
      FROM payment p;

CREATE VIEW webhook_event_view WITH (security_invoker = true) AS
    SELECT provider, event_id, party_id, payment_id, kind, received_at, acted_at FROM webhook_event;

-- The owners are told of alarms.
ALTER TABLE alert
    DROP CONSTRAINT alert_template_check,
    ADD CONSTRAINT alert_template_check CHECK (template ~ '^[a-z_]+$'),
    DROP CONSTRAINT alert_about,
    ADD CONSTRAINT alert_about CHECK (CASE template
        WHEN 'receipt' THEN payment_id IS NOT NULL
        WHEN 'not_charged' THEN payment_id IS NOT NULL
        WHEN 'document' THEN invoice_id IS NOT NULL
        ELSE true END);
