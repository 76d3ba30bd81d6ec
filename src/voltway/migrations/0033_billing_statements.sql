-- Monthly statements for those who charge on account, and monthly settlements with hosts.

-- Who gets a statement each month: a fleet, or a driver. What they are called and where they live may
-- change; what was issued keeps what it said.
CREATE TABLE customer (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    name        text        NOT NULL CHECK (name <> ''),
    street      text        NOT NULL,
    postal_code text        NOT NULL,
    city        text        NOT NULL,
    country     text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    vat_id      text,
    email       text,
    reference   text,                            -- what they want to read on it
    locale      text        NOT NULL,
    is_business boolean     NOT NULL,            -- net leads on their statements
    due_days    integer     NOT NULL CHECK (due_days BETWEEN 0 AND 120),
    created_at  timestamptz NOT NULL,
    UNIQUE (party_id, name)
);

-- Whose cards they are. A card is one customer's; what was charged with it and stands on no statement
-- yet goes on that of whose it is when the statement is written.
CREATE TABLE customer_token (
    token_id    uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    customer_id uuid        NOT NULL REFERENCES customer,
    since       timestamptz NOT NULL
);
CREATE INDEX customer_token_customer ON customer_token (customer_id);

ALTER TABLE invoice
    DROP CONSTRAINT invoice_kind_check,
    ADD CONSTRAINT invoice_kind_check CHECK (kind IN (
        'receipt', 'simplified_invoice', 'invoice', 'credit_note', 'self_billed_invoice',
        'statement', 'settlement')),
    DROP CONSTRAINT invoice_total_minor_check,
    -- A month's corrections may come to more than its charges.
    ADD CONSTRAINT invoice_total_minor_check CHECK (
        total_minor >= 0 OR kind IN ('statement', 'settlement', 'self_billed_invoice'));
CREATE INDEX invoice_on_account ON invoice (party_id, issued_at)
 WHERE settlement_id IS NOT NULL AND payment_id IS NULL;

-- The month that a statement or settlement is of: one for each month and currency.
CREATE TABLE statement (
    invoice_id  uuid    PRIMARY KEY REFERENCES invoice,
    party_id    uuid    NOT NULL REFERENCES party,
    customer_id uuid    REFERENCES customer,
    host_id     uuid    REFERENCES host,
    month       date    NOT NULL CHECK (extract(day FROM month) = 1),
    currency    text    NOT NULL,
    due_on      date    NOT NULL,
    items       integer NOT NULL CHECK (items > 0),
    UNIQUE (customer_id, month, currency),
    UNIQUE (host_id, month, currency),
    CHECK (num_nonnulls(customer_id, host_id) = 1)
);
CREATE INDEX statement_month ON statement (party_id, month);

-- What stands on which statement: each receipt, credit note and share on one at most.
CREATE TABLE statement_item (
    item_id    uuid PRIMARY KEY,
    party_id   uuid NOT NULL REFERENCES party,
    invoice_id uuid NOT NULL REFERENCES statement
);
CREATE INDEX statement_item_invoice ON statement_item (invoice_id);

CREATE TRIGGER statement_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
CREATE TRIGGER statement_item_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();

SELECT protect('customer');
SELECT protect('customer_token');
SELECT protect('statement');
SELECT protect('statement_item');

CREATE VIEW customer_view WITH (security_invoker = true) AS
    SELECT c.id, c.party_id, c.name, c.street, c.postal_code, c.city, c.country, c.vat_id, c.email,
           c.reference, c.locale, c.is_business, c.due_days, c.created_at,
           (SELECT count(*) FROM customer_token t WHERE t.customer_id = c.id)::int AS tokens
      FROM customer c;

CREATE VIEW customer_token_view WITH (security_invoker = true) AS
    SELECT t.token_id AS id, t.party_id, t.customer_id, t.since, k.uid, k.label, k.kind, k.status
      FROM customer_token t
      JOIN token_view k ON k.id = t.token_id;

CREATE OR REPLACE VIEW host_share_view WITH (security_invoker = true) AS
    SELECT s.id, s.party_id, s.host_id, s.agreement_id, s.kind, s.session_id, s.corrected_by, s.at,
           s.revenue_minor, s.energy_wh, s.percent_minor, s.session_minor, s.energy_minor,
           s.month_minor, s.amount_minor, s.currency, s.kept_at, i.invoice_id AS settled_by
      FROM host_share s
      LEFT JOIN statement_item i ON i.item_id = s.id;

CREATE VIEW statement_view WITH (security_invoker = true) AS
    SELECT s.invoice_id AS id, s.party_id, i.kind, i.number, s.customer_id, s.host_id,
           coalesce(c.name, h.name) AS recipient, s.month, s.due_on, s.items, i.net_minor,
           i.tax_minor, i.total_minor, i.currency, i.rounding, i.sha256, i.issued_at
      FROM statement s
      JOIN invoice i ON i.id = s.invoice_id
      LEFT JOIN customer c ON c.id = s.customer_id
      LEFT JOIN host h ON h.id = s.host_id;

-- Much in one go: the statements of a month, its settlements, or a zip of its documents; how far it
-- is, and what kept it from going on.
CREATE TABLE bulk_run (
    id       uuid        PRIMARY KEY,
    party_id uuid        NOT NULL REFERENCES party,
    kind     text        NOT NULL CHECK (kind IN ('statements', 'settlements', 'archive')),
    month    date        NOT NULL CHECK (extract(day FROM month) = 1),
    locale   text        NOT NULL,
    state    text        NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'stopped')),
    total    integer     NOT NULL CHECK (total >= 0),
    done     integer     NOT NULL CHECK (done >= 0),
    trouble  text,
    asked_by text        NOT NULL,
    asked_at timestamptz NOT NULL,
    moved_at timestamptz NOT NULL,
    done_at  timestamptz
);
CREATE INDEX bulk_run_party ON bulk_run (party_id, asked_at);
SELECT protect('bulk_run');

CREATE VIEW bulk_run_view WITH (security_invoker = true) AS
    SELECT id, party_id, kind, month, locale, state, total, done, trouble, asked_by, asked_at,
           moved_at, done_at
      FROM bulk_run;
