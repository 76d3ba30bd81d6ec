-- What is owed and how it is asked for: statements of customers, and receipts that a card did not cover.

-- Days after something was due: a reminder, a notice, the last notice, and when its cards open nothing
-- any more. A party without a rule reminds nobody.
CREATE TABLE dunning_rule (
    party_id      uuid        PRIMARY KEY REFERENCES party,
    reminder_days int         NOT NULL CHECK (reminder_days > 0),
    notice_days   int         NOT NULL,
    last_days     int         NOT NULL,
    bar_days      int         NOT NULL,
    set_by        text        NOT NULL,
    set_at        timestamptz NOT NULL,
    CHECK (reminder_days < notice_days AND notice_days < last_days AND last_days < bar_days)
);
SELECT protect('dunning_rule');

CREATE TABLE debt (
    invoice_id        uuid        PRIMARY KEY REFERENCES invoice,
    party_id          uuid        NOT NULL REFERENCES party,
    customer_id       uuid        REFERENCES customer,
    payment_id        uuid,                         -- of a guest, whose card did not cover it
    account           text        NOT NULL,         -- of the books, on which it is owed
    number            text        NOT NULL,
    total_minor       bigint      NOT NULL CHECK (total_minor > 0),
    currency          text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    due_on            date        NOT NULL,
    email             text,
    locale            text        NOT NULL,
    pay_key           text        NOT NULL UNIQUE,  -- opens its page, for who was mailed it
    settled_minor     bigint      NOT NULL DEFAULT 0,   -- paid, or credited
    written_off_minor bigint      NOT NULL DEFAULT 0,
    stage             int         NOT NULL DEFAULT 0 CHECK (stage BETWEEN 0 AND 4),
    stage_at          timestamptz,
    paused_why        text,
    charged           int         NOT NULL DEFAULT 0,   -- how often a saved card was tried
    charged_at        timestamptz,
    opened_at         timestamptz NOT NULL,
    closed_at         timestamptz,
    CHECK (settled_minor >= 0 AND written_off_minor >= 0),
    CHECK (settled_minor + written_off_minor <= total_minor),
    CHECK ((settled_minor + written_off_minor = total_minor) = (closed_at IS NOT NULL))
);
CREATE INDEX debt_open ON debt (party_id, due_on) WHERE closed_at IS NULL;
CREATE INDEX debt_customer ON debt (customer_id) WHERE customer_id IS NOT NULL;
SELECT protect('debt');

CREATE TABLE debt_move (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    invoice_id   uuid        NOT NULL REFERENCES debt,
    kind         text        NOT NULL CHECK (kind IN ('bank', 'card', 'credit', 'write_off', 'back')),
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    said         text        NOT NULL DEFAULT '',
    by           text        NOT NULL,
    once         text        NOT NULL,
    at           timestamptz NOT NULL,
    UNIQUE (party_id, once)
);
CREATE INDEX debt_move_of ON debt_move (invoice_id, at);
SELECT protect('debt_move');

-- Whether what a customer is billed is charged to a card that was saved for it.
ALTER TABLE customer ADD COLUMN pays_by_card boolean NOT NULL DEFAULT false;

CREATE VIEW debt_view WITH (security_invoker = true) AS
    SELECT d.invoice_id, d.party_id, d.customer_id, d.payment_id, d.account, d.number,
           d.total_minor, d.currency, d.due_on, d.email, d.locale, d.settled_minor,
           d.written_off_minor, d.total_minor - d.settled_minor - d.written_off_minor AS owed_minor,
           d.stage, d.stage_at, d.paused_why, d.charged, d.charged_at, d.opened_at, d.closed_at,
           c.name AS customer_name, c.pays_by_card, i.kind, i.issued_at
      FROM debt d
      JOIN invoice i ON i.id = d.invoice_id
      LEFT JOIN customer c ON c.id = d.customer_id;
