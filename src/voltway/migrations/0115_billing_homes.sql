-- Home charging paid back: at what rate, what of each session, the driver's month, and what was paid.

-- What a company pays its drivers for a kWh that they charge at home: versions that never change.
CREATE TABLE home_rate (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    fleet_id   uuid        NOT NULL,
    version    integer     NOT NULL CHECK (version > 0),
    valid_from date        NOT NULL,          -- by the clock of the home; until a newer version
    per_kwh    numeric     NOT NULL CHECK (per_kwh >= 0),  -- nothing: not paid back any more
    currency   text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    made_at    timestamptz NOT NULL,
    made_by    text        NOT NULL,
    UNIQUE (fleet_id, version)
);

-- To whose account a driver is paid.
CREATE TABLE home_payee (
    driver_id uuid        PRIMARY KEY,
    party_id  uuid        NOT NULL REFERENCES party,
    holder    text        NOT NULL CHECK (holder <> ''),
    iban      text        NOT NULL CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    set_by    text        NOT NULL,
    set_at    timestamptz NOT NULL
);

-- What a driver is owed of one session at home, or of a later correction of it: frozen with its rate.
CREATE TABLE home_credit (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    driver_id    uuid        NOT NULL,
    fleet_id     uuid        NOT NULL,
    customer_id  uuid        NOT NULL REFERENCES customer,
    kind         text        NOT NULL CHECK (kind IN ('session', 'correction')),
    once         text        NOT NULL,
    session_id   uuid        NOT NULL,
    cdr_id       uuid        NOT NULL REFERENCES cdr,
    rate_id      uuid        NOT NULL REFERENCES home_rate,
    began_at     timestamptz NOT NULL,
    ended_at     timestamptz NOT NULL,
    energy_wh    bigint      NOT NULL,
    begin_wh     bigint,                       -- the meter's registers
    end_wh       bigint,
    amount_minor bigint      NOT NULL,
    currency     text        NOT NULL,
    kept_at      timestamptz NOT NULL,
    UNIQUE (party_id, once)
);
CREATE INDEX home_credit_session ON home_credit (session_id);
CREATE INDEX home_credit_driver ON home_credit (driver_id, ended_at);

-- A driver's month: a numbered document that never changes.
CREATE TABLE home_statement (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    driver_id    uuid        NOT NULL,
    customer_id  uuid        NOT NULL REFERENCES customer,
    claim_id     uuid        NOT NULL REFERENCES invoice,  -- the statement by which the customer pays
    month        date        NOT NULL CHECK (extract(day FROM month) = 1),
    number       text        NOT NULL,
    series       text        NOT NULL,
    year         integer     NOT NULL,
    place        integer     NOT NULL,
    energy_wh    bigint      NOT NULL,
    total_minor  bigint      NOT NULL,
    currency     text        NOT NULL,
    document     text        NOT NULL,
    sha256       text        NOT NULL,
    issued_at    timestamptz NOT NULL,
    UNIQUE (driver_id, customer_id, month, currency),
    UNIQUE (party_id, series, year, place),
    CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex'))
);
CREATE TABLE home_statement_item (
    credit_id    uuid PRIMARY KEY REFERENCES home_credit,
    party_id     uuid NOT NULL REFERENCES party,
    statement_id uuid NOT NULL REFERENCES home_statement
);
CREATE INDEX home_statement_item_of ON home_statement_item (statement_id);

-- What was paid to a driver, and of which statements: each is paid once.
CREATE TABLE home_payout (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    driver_id    uuid        NOT NULL,
    holder       text        NOT NULL,
    iban         text        NOT NULL,
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL,
    paid_by      text        NOT NULL,
    paid_at      timestamptz NOT NULL
);
CREATE TABLE home_payout_item (
    statement_id uuid PRIMARY KEY REFERENCES home_statement,
    party_id     uuid NOT NULL REFERENCES party,
    payout_id    uuid NOT NULL REFERENCES home_payout
);

CREATE TRIGGER home_rate_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON home_rate
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
CREATE TRIGGER home_credit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON home_credit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
CREATE TRIGGER home_statement_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON home_statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
CREATE TRIGGER home_statement_item_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON home_statement_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();

SELECT protect('home_rate');
SELECT protect('home_payee');
SELECT protect('home_credit');
SELECT protect('home_statement');
SELECT protect('home_statement_item');
SELECT protect('home_payout');
SELECT protect('home_payout_item');

-- A customer's month may have two statements: of what its cards charged, and of what its drivers are
-- paid back.
ALTER TABLE statement
    ADD COLUMN about text NOT NULL DEFAULT 'charges' CHECK (about IN ('charges', 'home')),
    DROP CONSTRAINT statement_customer_id_month_currency_key,
    ADD UNIQUE (customer_id, month, currency, about);

CREATE OR REPLACE VIEW statement_view WITH (security_invoker = true) AS
    SELECT s.invoice_id AS id, s.party_id, i.kind, i.number, s.customer_id, s.host_id,
           coalesce(c.name, h.name) AS recipient, s.month, s.due_on, s.items, i.net_minor,
           i.tax_minor, i.total_minor, i.currency, i.rounding, i.sha256, i.issued_at, s.about
      FROM statement s
      JOIN invoice i ON i.id = s.invoice_id
      LEFT JOIN customer c ON c.id = s.customer_id
      LEFT JOIN host h ON h.id = s.host_id;

CREATE VIEW home_rate_view WITH (security_invoker = true) AS
    SELECT id, party_id, fleet_id, version, valid_from, per_kwh, currency, made_at, made_by
      FROM home_rate;

CREATE VIEW home_statement_view WITH (security_invoker = true) AS
    SELECT s.id, s.party_id, s.driver_id, d.name AS driver, s.customer_id, c.name AS customer,
           s.claim_id, s.month, s.number, s.energy_wh, s.total_minor, s.currency, s.sha256,
           s.issued_at, p.paid_at, p.paid_by, p.id AS payout_id
      FROM home_statement s
      JOIN driver_view d ON d.id = s.driver_id
      JOIN customer c ON c.id = s.customer_id
      LEFT JOIN home_payout_item i ON i.statement_id = s.id
      LEFT JOIN home_payout p ON p.id = i.payout_id;

CREATE VIEW home_payout_view WITH (security_invoker = true) AS
    SELECT id, party_id, driver_id, holder, iban, amount_minor, currency, paid_by, paid_at
      FROM home_payout;
