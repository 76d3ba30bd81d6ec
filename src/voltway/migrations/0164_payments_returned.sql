-- A refund that its bank sends back, days after it was done: the driver is owed the money, until it is refunded
-- again or paid otherwise.

ALTER TABLE payment
    ADD COLUMN returned_minor bigint NOT NULL DEFAULT 0 CHECK (returned_minor >= 0);  -- sent back by banks, ever

-- A refund that is done is looked at again each day for a month: a webhook may be lost.
ALTER TABLE payment_step ADD COLUMN look_at timestamptz;
CREATE INDEX payment_step_look ON payment_step (look_at) WHERE look_at IS NOT NULL;
UPDATE payment_step SET look_at = now()
 WHERE verb = 'refund' AND answer = 'done' AND answered_at > now() - interval '30 days';

CREATE TABLE returned_refund (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    payment_id    uuid        NOT NULL REFERENCES payment,
    step_id       uuid        NOT NULL UNIQUE REFERENCES payment_step,   -- the refund that came back
    amount_minor  bigint      NOT NULL CHECK (amount_minor > 0),
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    why           text        NOT NULL,       -- the provider's word
    returned_at   timestamptz NOT NULL,
    state         text        NOT NULL CHECK (state IN ('owed', 'asked', 'refunded', 'paid')),
    again_step_id uuid        UNIQUE REFERENCES payment_step,            -- the refund in its place
    tries         integer     NOT NULL DEFAULT 0,
    said          text,                       -- why the last refund in its place was declined; how it was paid
    ended_at      timestamptz,
    ended_by      text,
    CHECK ((state IN ('refunded', 'paid')) = (ended_at IS NOT NULL)),
    CHECK ((state IN ('asked', 'refunded')) = (again_step_id IS NOT NULL))
);
CREATE INDEX returned_refund_payment ON returned_refund (payment_id);
CREATE INDEX returned_refund_recent ON returned_refund (party_id, returned_at DESC);
CREATE INDEX returned_refund_owed ON returned_refund (party_id) WHERE state IN ('owed', 'asked');
SELECT protect('returned_refund');

CREATE VIEW returned_refund_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.payment_id, r.step_id, r.amount_minor, r.currency, r.why, r.returned_at,
           r.state, r.again_step_id, r.tries, r.said, r.ended_at, r.ended_by,
           s.reason, s.detail AS ref, s.answered_at AS refunded_at
      FROM returned_refund r JOIN payment_step s ON s.id = r.step_id;
