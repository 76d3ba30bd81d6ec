-- What is written off above a sum only when a second person has agreed.

-- Above what, in the party's currency; a party without a rule needs nobody.
CREATE TABLE write_off_rule (
    party_id    uuid        PRIMARY KEY REFERENCES party,
    above_minor bigint      NOT NULL CHECK (above_minor >= 0),
    set_by      text        NOT NULL,
    set_at      timestamptz NOT NULL
);
SELECT protect('write_off_rule');

CREATE TABLE write_off_request (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    invoice_id   uuid        NOT NULL REFERENCES invoice,   -- the document for which it is owed
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason       text        NOT NULL CHECK (reason <> ''),
    asked_by     text        NOT NULL,
    asker_id     uuid        NOT NULL,
    asked_at     timestamptz NOT NULL,
    state        text        NOT NULL CHECK (state IN ('open', 'done', 'declined', 'withdrawn')),
    decided_by   text,
    decided_at   timestamptz,
    CHECK ((state = 'open') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL))
);
-- Of one debt one request waits at a time.
CREATE UNIQUE INDEX write_off_request_open ON write_off_request (invoice_id) WHERE state = 'open';
CREATE INDEX write_off_request_recent ON write_off_request (party_id, asked_at DESC);
SELECT protect('write_off_request');

CREATE VIEW write_off_request_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.invoice_id, i.number, r.amount_minor, r.currency, r.reason,
           r.asked_by, r.asker_id, r.asked_at, r.state, r.decided_by, r.decided_at
      FROM write_off_request r JOIN invoice i ON i.id = r.invoice_id;
