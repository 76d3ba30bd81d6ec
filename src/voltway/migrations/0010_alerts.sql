-- What a person must know, and whether it reached them.

CREATE TABLE alert (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    once         text        NOT NULL UNIQUE,      -- what it is about: told once
    channel      text        NOT NULL CHECK (channel IN ('mail')),
    recipient    text        NOT NULL,
    template     text        NOT NULL CHECK (template IN ('receipt', 'not_charged')),
    locale       text        NOT NULL,
    payment_id   uuid        NOT NULL,
    invoice_id   uuid,
    state        text        NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    tries        integer     NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    next_try_at  timestamptz,
    sent_at      timestamptz,
    last_trouble text,
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((state = 'queued') = (next_try_at IS NOT NULL))
);
CREATE INDEX alert_waiting ON alert (next_try_at) WHERE state = 'queued';
CREATE INDEX alert_party ON alert (party_id, created_at);
CREATE INDEX alert_payment ON alert (payment_id);

SELECT protect('alert');

CREATE VIEW alert_view WITH (security_invoker = true) AS
    SELECT id, party_id, channel, recipient, template, locale, payment_id, invoice_id, state, tries,
           created_at, next_try_at, sent_at, last_trouble
      FROM alert;
