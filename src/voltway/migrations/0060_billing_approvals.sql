-- Money that is given back only when a second person has agreed.

-- Above what, in the party's currency; a party without a rule needs nobody.
CREATE TABLE refund_rule (
    party_id    uuid        PRIMARY KEY REFERENCES party,
    above_minor bigint      NOT NULL CHECK (above_minor >= 0),
    set_by      text        NOT NULL,
    set_at      timestamptz NOT NULL
);
SELECT protect('refund_rule');

CREATE TABLE refund_request (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    invoice_id   uuid        NOT NULL REFERENCES invoice,   -- the receipt of which something goes back
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason       text        NOT NULL CHECK (reason <> ''),
    asked_by     text        NOT NULL,
    asker_id     uuid        NOT NULL,
    asked_at     timestamptz NOT NULL,
    state        text        NOT NULL
                 CHECK (state IN ('open', 'approved', 'done', 'failed', 'declined', 'withdrawn')),
    decided_by   text,
    decided_at   timestamptz,
    said         text,                        -- why it was declined, or could not be done
    done_at      timestamptz,
    CHECK ((state = 'open') = (decided_by IS NULL)),
    CHECK ((state IN ('done', 'failed')) = (done_at IS NOT NULL))
);
-- Of one receipt one request waits at a time, so that nobody approves the same thing twice.
CREATE UNIQUE INDEX refund_request_open ON refund_request (invoice_id)
    WHERE state IN ('open', 'approved');
CREATE INDEX refund_request_recent ON refund_request (party_id, asked_at DESC);
SELECT protect('refund_request');

CREATE VIEW refund_request_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.invoice_id, i.number, i.total_minor, r.amount_minor, r.currency,
           r.reason, r.asked_by, r.asker_id, r.asked_at, r.state, r.decided_by, r.decided_at,
           r.said, r.done_at
      FROM refund_request r JOIN invoice i ON i.id = r.invoice_id;
