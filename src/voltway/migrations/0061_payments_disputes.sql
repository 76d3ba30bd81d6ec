-- What drivers' banks want back, as the provider told it last.

CREATE TABLE dispute (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    payment_id   uuid        NOT NULL REFERENCES payment,
    provider     text        NOT NULL,
    ref          text        NOT NULL CHECK (ref <> ''),   -- the provider's name for it
    state        text        NOT NULL CHECK (state IN ('asks', 'judged', 'won', 'lost')),
    is_warning   boolean     NOT NULL,        -- a question of the bank; it has taken nothing yet
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason       text        NOT NULL,
    opened_at    timestamptz NOT NULL,
    answer_by    timestamptz,
    looked_at    timestamptz NOT NULL,
    taken_at     timestamptz,                 -- the books have that the bank took it
    returned_at  timestamptz,                 -- the books have that it came back
    sent_at      timestamptz,                 -- our evidence went
    sent_by      text,
    UNIQUE (party_id, provider, ref)
);
CREATE INDEX dispute_open ON dispute (looked_at) WHERE state IN ('asks', 'judged');
CREATE INDEX dispute_recent ON dispute (party_id, opened_at DESC);
CREATE INDEX dispute_payment ON dispute (payment_id);
SELECT protect('dispute');

CREATE VIEW dispute_view WITH (security_invoker = true) AS
    SELECT id, party_id, payment_id, provider, ref, state, is_warning, amount_minor, currency,
           reason, opened_at, answer_by, looked_at, taken_at, returned_at, sent_at, sent_by
      FROM dispute;
